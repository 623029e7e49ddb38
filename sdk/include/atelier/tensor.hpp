// Tensors, and how an operation on them is recorded. Nothing is computed until the host runs the recording. The
// operations themselves are in a header for each family; operations.hpp has them all.
#pragma once

#include <atelier/core.hpp>
#include <cstddef>
#include <initializer_list>

namespace atelier {

// A value of the step being recorded. Copyable, nothing to release, stale after the step. After a failure all results
// are "poison": they may be used as any other, and the host reports the first failure with the author's file and line.
// They have no shape: to ask for it ends the author's code there.
class Tensor {
 public:
  Tensor() = default;
  Tensor(atl_context* context, atl_tensor handle) : context_(context), handle_(handle) {}

  [[nodiscard]] atl_context* context() const { return context_; }
  [[nodiscard]] atl_tensor handle() const { return handle_; }

  [[nodiscard]] size_t rank() const { return info().rank; }
  [[nodiscard]] int64_t dim(int axis) const {  // negative counts from the end; 1 outside the tensor
    const atl_tensor_info shape = info();
    const int64_t at = axis < 0 ? axis + static_cast<int64_t>(shape.rank) : axis;
    return at >= 0 && at < static_cast<int64_t>(shape.rank) ? shape.dims[at] : 1;
  }
  [[nodiscard]] int64_t elements() const {
    const atl_tensor_info found = info();
    int64_t product = 1;
    for (uint32_t axis = 0; axis < found.rank && axis < 8; ++axis) {
      product *= found.dims[axis];
    }
    return product;
  }
  [[nodiscard]] std::vector<int64_t> shape() const {
    atl_tensor_info found = info();
    if (handle_ == 0) {  // of no tensor, or poison where nothing ends the code: any axis may be asked for
      found.rank = ATL_MAX_RANK;
      for (int64_t& length : found.dims) {
        length = 1;
      }
    }
    return {found.dims, found.dims + found.rank};
  }

  [[nodiscard]] Tensor reshape(std::initializer_list<int64_t> dims, Location at = {}) const;  // one length may be -1
  [[nodiscard]] Tensor reshape(const std::vector<int64_t>& dims, Location at = {}) const;
  [[nodiscard]] Tensor flatten(Location at = {}) const;  // (B, ...) to (B, rest)
  [[nodiscard]] Tensor permute(std::initializer_list<int64_t> axes, Location at = {}) const;
  [[nodiscard]] Tensor detach(Location at = {}) const;  // the same values; gradients stop here
  [[nodiscard]] Tensor slice(int64_t axis, int64_t start, int64_t length,
                             Location at = {}) const;  // `start` may change freely
  [[nodiscard]] Tensor update_slice(int64_t axis, int64_t start, Tensor block, Location at = {}) const;

 private:
  [[nodiscard]] ATELIER_ONCE atl_tensor_info info() const {
    atl_tensor_info found{};
    found.size = sizeof found;
    if (context_ != nullptr && detail::core->describe(context_, handle_, &found) != ATL_OK) {
      detail::stop();
      found.rank = 0;
    }
    return found;
  }

  atl_context* context_ = nullptr;
  atl_tensor handle_ = 0;
};

// A tensor as an argument: takes the caller's file and line along, so that operators have them too.
struct At {
  Tensor tensor;
  const char* file;
  uint32_t line;
  At(Tensor value, const char* at_file = __builtin_FILE(),
     uint32_t at_line = __builtin_LINE())  // NOLINT: implicit by design
      : tensor(value), file(at_file), line(at_line) {}
  At(Tensor value, Location at) : tensor(value), file(at.file), line(at.line) {}
  [[nodiscard]] Location location() const { return {file, line}; }
  operator Location() const { return location(); }
};

// A list attribute. Only ever a parameter: it borrows the list for the call.
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Winit-list-lifetime"
#endif
struct Integers {
  const int64_t* data;
  size_t size;
  Integers(const std::vector<int64_t>& values)
      : data(values.data()), size(values.size()) {}  // NOLINT: implicit by design
  Integers(std::initializer_list<int64_t> values) : data(values.begin()), size(values.size()) {}
};
#pragma GCC diagnostic pop

namespace detail {

inline atl_attribute attribute(int64_t value) {
  atl_attribute out{};
  out.type = ATL_INTEGER;
  out.value.integer = value;
  return out;
}
inline atl_attribute attribute(double value) {
  atl_attribute out{};
  out.type = ATL_NUMBER;
  out.value.number = value;
  return out;
}
inline atl_attribute attribute(Integers values) {
  atl_attribute out{};
  out.type = ATL_INTEGERS;
  out.count = static_cast<uint32_t>(values.size);
  out.value.integers = values.data;
  return out;
}

ATELIER_ONCE inline void apply(atl_context* context, atl_operation operation, const atl_tensor* inputs,
                               size_t input_count, const atl_attribute* attributes, size_t attribute_count,
                               atl_tensor* outputs, size_t output_count, Location at) {
  atl_call call{};
  call.size = sizeof call;
  call.operation = operation;
  call.inputs = inputs;
  call.input_count = static_cast<uint32_t>(input_count);
  call.attributes = attributes;
  call.attribute_count = static_cast<uint32_t>(attribute_count);
  call.outputs = outputs;
  call.output_count = static_cast<uint32_t>(output_count);
  const atl_location place = at;
  call.file = place.file;
  call.line = place.line;
  core->apply(context, &call);
}

ATELIER_ONCE inline Tensor apply(atl_context* context, atl_operation operation,
                                 std::initializer_list<atl_tensor> inputs,
                                 std::initializer_list<atl_attribute> attributes, Location at) {
  atl_tensor output = 0;
  apply(context, operation, inputs.begin(), inputs.size(), attributes.begin(), attributes.size(), &output, 1, at);
  return {context, output};
}

// At the first input's line; `handles` has room for the inputs'.
ATELIER_ONCE inline Tensor apply(atl_operation operation, const At* inputs, atl_tensor* handles, size_t input_count,
                                 std::initializer_list<atl_attribute> attributes) {
  for (size_t i = 0; i < input_count; ++i) {
    handles[i] = inputs[i].tensor.handle();
  }
  atl_context* const context = inputs[0].tensor.context();
  atl_tensor output = 0;
  apply(context, operation, handles, input_count, attributes.begin(), attributes.size(), &output, 1,
        inputs[0].location());
  return {context, output};
}
// On a list of tensors, which may be empty.
ATELIER_ONCE inline Tensor apply(atl_operation operation, const std::vector<Tensor>& inputs,
                                 std::initializer_list<atl_attribute> attributes, Location at) {
  std::vector<atl_tensor> handles;
  for (const Tensor& input : inputs) {
    handles.push_back(input.handle());
  }
  atl_context* const context = inputs.empty() ? nullptr : inputs.front().context();
  atl_tensor output = 0;
  apply(context, operation, handles.data(), handles.size(), attributes.begin(), attributes.size(), &output, 1, at);
  return {context, output};
}

// The name of an operation as a template's argument. What depends on it is instantiated for each operation that the
// headers have, whether a plugin uses it or not, and so is as little as can be.
struct OperationName {
  char text[40]{};
  consteval OperationName(const char* name) {  // NOLINT: implicit by design
    for (size_t i = 0; name[i] != '\0'; ++i) {
      text[i] = name[i];
    }
  }
};

// Looked up once. Hidden, so that every plugin has this for itself.
template <OperationName name>
ATELIER_OWN atl_operation resolved() {
  static const atl_operation found = operation(name.text);
  return found;
}

// An operation with one result, recorded at the first input's line: call<"add/1">({a, b}).
template <OperationName name, size_t count>
ATELIER_OWN ATELIER_ONCE Tensor call(const At (&inputs)[count], std::initializer_list<atl_attribute> attributes = {}) {
  atl_tensor handles[count];
  return apply(resolved<name>(), inputs, handles, count, attributes);
}
template <OperationName name>
ATELIER_OWN ATELIER_ONCE Tensor call(const std::vector<Tensor>& inputs, std::initializer_list<atl_attribute> attributes,
                                     Location at) {
  return apply(resolved<name>(), inputs, attributes, at);
}

}  // namespace detail

// ---- Members

inline Tensor Tensor::reshape(std::initializer_list<int64_t> dims, Location at) const {
  return detail::call<"reshape/1">({{*this, at}}, {detail::attribute(Integers(dims))});
}
inline Tensor Tensor::reshape(const std::vector<int64_t>& dims, Location at) const {
  return detail::call<"reshape/1">({{*this, at}}, {detail::attribute(Integers(dims))});
}
inline Tensor Tensor::flatten(Location at) const {
  return reshape({dim(0), -1}, at);
}
inline Tensor Tensor::permute(std::initializer_list<int64_t> axes, Location at) const {
  return detail::call<"permute/1">({{*this, at}}, {detail::attribute(Integers(axes))});
}
inline Tensor Tensor::detach(Location at) const {
  return detail::call<"detach/1">({{*this, at}});
}
inline Tensor Tensor::slice(int64_t axis, int64_t start, int64_t length, Location at) const {
  return detail::call<"slice/1">({{*this, at}},
                                 {detail::attribute(axis), detail::attribute(start), detail::attribute(length)});
}
inline Tensor Tensor::update_slice(int64_t axis, int64_t start, Tensor block, Location at) const {
  return detail::call<"update_slice/1">({{*this, at}, {block, at}},
                                        {detail::attribute(axis), detail::attribute(start)});
}

}  // namespace atelier
