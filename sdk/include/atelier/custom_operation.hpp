// How to write an operation of one's own, on raw memory, and how to use one. docs/plugins.md has a whole one.
#pragma once

#include <atelier/plugin.hpp>
#include <atelier/tensor.hpp>
#include <cstddef>
#include <span>

namespace atelier {

// A tensor's values in memory, row-major, without gaps; valid for the call.
template <typename T>
class Values {
 public:
  explicit Values(const atl_buffer& buffer) : buffer_(&buffer) {}
  [[nodiscard]] T* data() const {
    return reinterpret_cast<T*>(static_cast<char*>(buffer_->data) + buffer_->byte_offset);
  }
  [[nodiscard]] size_t rank() const { return static_cast<size_t>(buffer_->rank); }
  [[nodiscard]] int64_t dim(int axis) const { return buffer_->dims[axis < 0 ? axis + buffer_->rank : axis]; }
  [[nodiscard]] size_t size() const {
    size_t product = 1;
    for (size_t axis = 0; axis < rank(); ++axis) {
      product *= static_cast<size_t>(buffer_->dims[axis]);
    }
    return product;
  }
  [[nodiscard]] T* begin() const { return data(); }
  [[nodiscard]] T* end() const { return data() + size(); }
  T& operator[](size_t i) const { return data()[i]; }
  [[nodiscard]] const atl_buffer& buffer() const { return *buffer_; }  // for whoever reads DLPack

 private:
  const atl_buffer* buffer_;
};

// An operation's attributes, in their declared order.
class OperationAttributes {
 public:
  OperationAttributes(const atl_attribute* attributes, uint64_t count) : attributes_(attributes, count) {}
  [[nodiscard]] int64_t integer(size_t i) const { return attributes_[i].value.integer; }
  [[nodiscard]] double number(size_t i) const { return attributes_[i].value.number; }
  [[nodiscard]] std::span<const int64_t> integers(size_t i) const {
    return {attributes_[i].value.integers, attributes_[i].count};
  }

 private:
  std::span<const atl_attribute> attributes_;
};

// The shapes of the inputs, to give those of the outputs. Batch axes included.
class OperationShapes : public OperationAttributes {
 public:
  OperationShapes(atl_context* context, const atl_attribute* attributes, uint64_t attribute_count,
                  const atl_tensor_info* inputs, uint64_t input_count, atl_tensor_info* outputs)
      : OperationAttributes(attributes, attribute_count),
        context_(context),
        inputs_(inputs),
        input_count_(input_count),
        outputs_(outputs) {}
  [[nodiscard]] size_t input_count() const { return input_count_; }
  [[nodiscard]] std::span<const int64_t> input(size_t i) const {
    const auto* const info = reinterpret_cast<const atl_tensor_info*>(  // at the host's stride
        reinterpret_cast<const char*>(inputs_) + i * inputs_->size);
    return {info->dims, info->rank};
  }
  void output(size_t i, std::span<const int64_t> dims) const {
    if (dims.size() > ATL_MAX_RANK) {
      fail("got an output of " + std::to_string(dims.size()) + " axes, expected at most " +
           std::to_string(int{ATL_MAX_RANK}));
    }
    auto* const info = reinterpret_cast<atl_tensor_info*>(reinterpret_cast<char*>(outputs_) + i * outputs_->size);
    info->rank = static_cast<uint32_t>(dims.size());
    for (size_t axis = 0; axis < dims.size() && axis < ATL_MAX_RANK; ++axis) {
      info->dims[axis] = dims[axis];
    }
  }
  // Inputs that do not fit: say what was found and what was expected. Ends the function.
  void fail(std::string_view message) const {
    detail::fail(context_, ATL_ERROR_SHAPE, message, detail::nowhere);
    detail::stop();
  }

 private:
  atl_context* context_;
  const atl_tensor_info* inputs_;
  size_t input_count_;
  atl_tensor_info* outputs_;
};

// One call: some samples of the per-sample operands, and the shared ones whole.
template <typename Real>
class OperationCall : public OperationAttributes {
 public:
  explicit OperationCall(const atl_operation_call& call)
      : OperationAttributes(call.attributes, call.attribute_count), call_(call) {}
  [[nodiscard]] Values<const Real> input(size_t i) const { return Values<const Real>(call_.inputs[i]); }
  [[nodiscard]] Values<const int64_t> indices(size_t i) const { return Values<const int64_t>(call_.inputs[i]); }
  // In `forward` to be written; in `gradient` as forward has written it.
  [[nodiscard]] Values<Real> output(size_t i) const { return Values<Real>(call_.outputs[i]); }
  [[nodiscard]] Values<int64_t> index_output(size_t i) const { return Values<int64_t>(call_.outputs[i]); }
  // In `gradient`: that of the loss towards an output, and to be written, that towards an input; of a shared one, the
  // share of these samples.
  [[nodiscard]] Values<const Real> output_gradient(size_t i) const {
    return Values<const Real>(call_.output_gradients[i]);
  }
  [[nodiscard]] Values<Real> input_gradient(size_t i) const { return Values<Real>(call_.input_gradients[i]); }
  // Whether anybody wants it; where not, it has no elements.
  [[nodiscard]] bool needs_gradient(size_t i) const { return input_gradient(i).size() > 0; }

 private:
  const atl_operation_call& call_;
};

// What an operation consists of.
class OperationDescription : public Description {
 public:
  enum class How : int32_t {
    per_sample = ATL_PER_SAMPLE,  // the first axis is the batch's
    shared = ATL_SHARED           // whole in every call
  };
  void input(const char* name, How how = How::per_sample) {
    inputs_.push_back({sizeof(atl_operand), detail::string(name), ATL_REAL, static_cast<int32_t>(how)});
  }
  void index_input(const char* name, How how = How::per_sample) {  // int64
    inputs_.push_back({sizeof(atl_operand), detail::string(name), ATL_INT64, static_cast<int32_t>(how)});
  }
  void output(const char* name) {
    outputs_.push_back({sizeof(atl_operand), detail::string(name), ATL_REAL, ATL_PER_SAMPLE});
  }
  void index_output(const char* name) {
    outputs_.push_back({sizeof(atl_operand), detail::string(name), ATL_INT64, ATL_PER_SAMPLE});
  }
  // Attributes: numbers that an author of models gives. One that may change can have another value in every step.
  void integer_attribute(const char* name, int64_t value, bool may_change = false) {
    atl_operation_attribute& out = attribute(name, ATL_INTEGER, may_change);
    out.default_value.integer = value;
  }
  void number_attribute(const char* name, double value, bool may_change = false) {
    atl_operation_attribute& out = attribute(name, ATL_NUMBER, may_change);
    out.default_value.number = value;
  }
  void integers_attribute(const char* name) { attribute(name, ATL_INTEGERS, false); }

  void fill(atl_operation_v1& table) const {
    table.inputs = inputs_.data();
    table.input_count = inputs_.size();
    table.outputs = outputs_.data();
    table.output_count = outputs_.size();
    table.attributes = attributes_.data();
    table.attribute_count = attributes_.size();
  }

 private:
  atl_operation_attribute& attribute(const char* name, atl_value_type type, bool may_change) {
    atl_operation_attribute out{};
    out.size = sizeof out;
    out.name = detail::string(name);
    out.default_value.type = type;
    out.default_value.text = detail::string("");
    out.may_change = may_change ? 1 : 0;
    attributes_.push_back(out);
    return attributes_.back();
  }
  std::vector<atl_operand> inputs_, outputs_;
  std::vector<atl_operation_attribute> attributes_;
};

// An operation is a class T of functions without state, all of them called from many threads at once:
//   static void describe(OperationDescription& d);                       // operands, attributes, summary
//   static void infer(const OperationShapes& shapes);                    // shapes.output(i, ...) for each output
//   template <typename Real> static void forward(const OperationCall<Real>& call);
//   template <typename Real> static void gradient(const OperationCall<Real>& call);    // may be left out
// forward and gradient are called with float, in gradient checks with double. A sample's values must not depend on what
// stands beside it in the call. The gradient is no operation, so it has none itself: the gradient of a gradient through
// such an operation is an error. Ends with ATELIER_OPERATION("my_operation/1", T); a change of what it computes takes
// another number.
namespace detail {

template <typename T, typename Real>
concept HasGradient = requires(const OperationCall<Real>& call) {
  T::gradient(call);
};

inline bool is_double(const atl_operation_call* call) {
  const auto any = [](const atl_buffer* buffers, uint64_t count) {
    constexpr uint8_t real = 2, wide = 64;
    for (uint64_t i = 0; i < count; ++i) {
      if (buffers[i].type_code == real) {
        return buffers[i].bits == wide;
      }
    }
    return false;
  };
  return any(call->outputs, call->output_count) || any(call->inputs, call->input_count);
}

template <typename T>
struct ATELIER_OWN OperationTable {
  static inline OperationDescription described;
  static inline atl_operation_v1 table = [] {
    atl_operation_v1 out{};
    out.size = sizeof out;
    out.infer = [](atl_context* context, const atl_attribute* attributes, uint64_t attribute_count,
                   const atl_tensor_info* inputs, uint64_t input_count, atl_tensor_info* outputs,
                   uint64_t) -> atl_status {
      return guard(context, [&] {
        T::infer(OperationShapes(context, attributes, attribute_count, inputs, input_count, outputs));
      });
    };
    out.forward = [](atl_context* context, const atl_operation_call* call) -> atl_status {
      return guard(context, [&] {
        if (is_double(call)) {
          T::forward(OperationCall<double>(*call));
        } else {
          T::forward(OperationCall<float>(*call));
        }
      });
    };
    out.gradient = [](atl_context* context, const atl_operation_call* call) -> atl_status {
      if constexpr (HasGradient<T, float>) {
        return guard(context, [&] {
          if (is_double(call)) {
            T::gradient(OperationCall<double>(*call));
          } else {
            T::gradient(OperationCall<float>(*call));
          }
        });
      } else {
        (void)context, (void)call;
        return ATL_ERROR_UNSUPPORTED;
      }
    };
    out.has_gradient = HasGradient<T, float> ? 1 : 0;
    return out;
  }();
  static void describe(Description& d) {
    T::describe(described);
    described.fill(table);
    d.summary = described.summary;
    d.reference = described.reference;
  }
};

}  // namespace detail

// An operation by its versioned name, to be used in a model: one that a plugin brings, or one of atelier's own that
// this wrapper has no function for.
class NamedOperation {
 public:
  explicit NamedOperation(std::string_view name) : operation_(detail::operation(name)) {}

  Tensor operator()(std::initializer_list<Tensor> inputs, std::initializer_list<atl_attribute> attributes = {},
                    Location at = {}) const {
    return apply(inputs, attributes, 1, at).front();
  }
  [[nodiscard]] std::vector<Tensor> apply(std::initializer_list<Tensor> inputs,
                                          std::initializer_list<atl_attribute> attributes, size_t output_count,
                                          Location at = {}) const {
    std::vector<atl_tensor> handles;
    for (const Tensor& input : inputs) {
      handles.push_back(input.handle());
    }
    atl_context* context = inputs.size() == 0 ? nullptr : inputs.begin()->context();
    std::vector<atl_tensor> made(output_count);
    detail::apply(context, operation_, handles.data(), handles.size(), attributes.begin(), attributes.size(),
                  made.data(), made.size(), at);
    std::vector<Tensor> out;
    for (const atl_tensor handle : made) {
      out.emplace_back(context, handle);
    }
    return out;
  }
  static atl_attribute attribute(int64_t value) { return detail::attribute(value); }
  static atl_attribute attribute(double value) { return detail::attribute(value); }
  static atl_attribute attribute(Integers values) { return detail::attribute(values); }  // borrowed for the call

 private:
  atl_operation operation_;
};

}  // namespace atelier

#define ATELIER_OPERATION(name, type)                                                                          \
  namespace {                                                                                                  \
  atelier::detail::Registration atelier_registration_##type(ATL_OPERATION_V1, name, "",                        \
                                                            &atelier::detail::OperationTable<type>::table,     \
                                                            &atelier::detail::OperationTable<type>::describe); \
  }
