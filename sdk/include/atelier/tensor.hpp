// Tensors and the operations on them. All of it records; nothing is computed until the host runs the recording.
// Shapes follow NumPy's broadcasting rules. (B, C, H, W) are batch, channels, rows and columns of images.
#pragma once

#include <algorithm>
#include <atelier/core.hpp>
#include <initializer_list>
#include <iterator>

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
      found.rank = std::size(found.dims);
      std::fill(std::begin(found.dims), std::end(found.dims), 1);
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
  [[nodiscard]] atl_tensor_info info() const {
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

inline void apply(atl_context* context, atl_operation operation, const atl_tensor* inputs, size_t input_count,
                  const atl_attribute* attributes, size_t attribute_count, atl_tensor* outputs, size_t output_count,
                  Location at) {
  atl_call call{};
  call.size = sizeof call;
  call.operation = operation;
  call.inputs = inputs;
  call.input_count = static_cast<uint32_t>(input_count);
  call.attributes = attributes;
  call.attribute_count = static_cast<uint32_t>(attribute_count);
  call.outputs = outputs;
  call.output_count = static_cast<uint32_t>(output_count);
  call.file = at.file;
  call.line = at.line;
  core->apply(context, &call);
}

inline Tensor apply(atl_context* context, atl_operation operation, std::initializer_list<atl_tensor> inputs,
                    std::initializer_list<atl_attribute> attributes, Location at) {
  atl_tensor output = 0;
  apply(context, operation, inputs.begin(), inputs.size(), attributes.begin(), attributes.size(), &output, 1, at);
  return {context, output};
}

inline Tensor scalar(atl_context* context, double value, Location at) {
  static const atl_operation resolved = operation("scalar/1");
  return apply(context, resolved, {}, {attribute(value)}, at);
}

}  // namespace detail

// ---- Elementwise

#define ATELIER_UNARY(function, name)                                                          \
  inline Tensor function(At x) {                                                               \
    static const atl_operation resolved = detail::operation(name);                             \
    return detail::apply(x.tensor.context(), resolved, {x.tensor.handle()}, {}, x.location()); \
  }
ATELIER_UNARY(operator-, "neg/1")
ATELIER_UNARY(abs, "abs/1")
ATELIER_UNARY(sign, "sign/1")
ATELIER_UNARY(square, "square/1")
ATELIER_UNARY(sqrt, "sqrt/1")
ATELIER_UNARY(reciprocal, "reciprocal/1")
ATELIER_UNARY(exp, "exp/1")
ATELIER_UNARY(log, "log/1")
ATELIER_UNARY(log1p, "log1p/1")
ATELIER_UNARY(tanh, "tanh/1")
ATELIER_UNARY(sigmoid, "sigmoid/1")
ATELIER_UNARY(softplus, "softplus/1")
ATELIER_UNARY(relu, "relu/1")
ATELIER_UNARY(gelu, "gelu/1")
ATELIER_UNARY(erf, "erf/1")
ATELIER_UNARY(sin, "sin/1")
ATELIER_UNARY(cos, "cos/1")
ATELIER_UNARY(floor, "floor/1")
ATELIER_UNARY(to_real, "cast/1")  // int64 to the run's real type
#undef ATELIER_UNARY

#define ATELIER_BINARY(function, name)                                                                            \
  inline Tensor function(At a, At b) {                                                                            \
    static const atl_operation resolved = detail::operation(name);                                                \
    return detail::apply(a.tensor.context(), resolved, {a.tensor.handle(), b.tensor.handle()}, {}, a.location()); \
  }                                                                                                               \
  inline Tensor function(At a, double b) {                                                                        \
    return function(a, At(detail::scalar(a.tensor.context(), b, a.location()), a.location()));                    \
  }                                                                                                               \
  inline Tensor function(double a, At b) {                                                                        \
    return function(At(detail::scalar(b.tensor.context(), a, b.location()), b.location()), b);                    \
  }
ATELIER_BINARY(operator+, "add/1")
ATELIER_BINARY(operator-, "sub/1")
ATELIER_BINARY(operator*, "mul/1")
ATELIER_BINARY(operator/, "div/1")
ATELIER_BINARY(maximum, "maximum/1")
ATELIER_BINARY(minimum, "minimum/1")
// Comparisons give 1 where true and 0 elsewhere.
ATELIER_BINARY(less, "less/1")
ATELIER_BINARY(less_equal, "less_equal/1")
ATELIER_BINARY(greater, "greater/1")
ATELIER_BINARY(greater_equal, "greater_equal/1")
ATELIER_BINARY(equal, "equal/1")
ATELIER_BINARY(not_equal, "not_equal/1")
#undef ATELIER_BINARY

#define ATELIER_FUNCTION(name, at, inputs, attributes)           \
  static const atl_operation resolved = detail::operation(name); \
  return detail::apply((at).tensor.context(), resolved, inputs, attributes, (at).location())
#define ATELIER_LIST(...) \
  { __VA_ARGS__ }

inline Tensor select(At mask, At where_true, At where_false) {
  ATELIER_FUNCTION("select/1", mask,
                   ATELIER_LIST(mask.tensor.handle(), where_true.tensor.handle(), where_false.tensor.handle()), {});
}
inline Tensor leaky_relu(At x, double slope = 0.01) {
  ATELIER_FUNCTION("leaky_relu/1", x, {x.tensor.handle()}, {detail::attribute(slope)});
}
inline Tensor elu(At x, double alpha = 1.0) {
  ATELIER_FUNCTION("elu/1", x, {x.tensor.handle()}, {detail::attribute(alpha)});
}
inline Tensor clamp(At x, double low, double high) {
  ATELIER_FUNCTION("clamp/1", x, {x.tensor.handle()}, ATELIER_LIST(detail::attribute(low), detail::attribute(high)));
}
inline Tensor power(At x, double exponent) {
  ATELIER_FUNCTION("power/1", x, {x.tensor.handle()}, {detail::attribute(exponent)});
}

// ---- Reductions. `axes` empty: all. `keep`: reduced axes stay with length 1.

#define ATELIER_REDUCTION(function, name)                                                             \
  inline Tensor function(At x, Integers axes = std::initializer_list<int64_t>{}, bool keep = false) { \
    ATELIER_FUNCTION(name, x, {x.tensor.handle()},                                                    \
                     ATELIER_LIST(detail::attribute(axes), detail::attribute(int64_t{keep})));        \
  }
ATELIER_REDUCTION(sum, "sum/1")
ATELIER_REDUCTION(mean, "mean/1")
ATELIER_REDUCTION(max, "max/1")
ATELIER_REDUCTION(min, "min/1")
#undef ATELIER_REDUCTION

inline Tensor argmax(At x, int64_t axis = -1) {  // int64
  ATELIER_FUNCTION("argmax/1", x, {x.tensor.handle()}, {detail::attribute(axis)});
}
inline Tensor argmin(At x, int64_t axis = -1) {  // int64
  ATELIER_FUNCTION("argmin/1", x, {x.tensor.handle()}, {detail::attribute(axis)});
}
inline Tensor softmax(At x, int64_t axis = -1) {
  ATELIER_FUNCTION("softmax/1", x, {x.tensor.handle()}, {detail::attribute(axis)});
}
inline Tensor log_softmax(At x, int64_t axis = -1) {
  ATELIER_FUNCTION("log_softmax/1", x, {x.tensor.handle()}, {detail::attribute(axis)});
}
// Euclidean. The gradient at 0 is 0, one of the subgradients there.
inline Tensor norm(At x, Integers axes = std::initializer_list<int64_t>{}) {
  const auto here = [&](const Tensor& value) { return At(value, x.location()); };
  const At squares = here(sum(here(square(x)), axes));
  const At one_at_zero =
      here(equal(squares, 0.0));  // a constant: there the root is that of 1, and x itself ends the gradient
  return here(sqrt(here(squares + one_at_zero))) - one_at_zero;
}

// ---- Products

inline Tensor matmul(At a, At b) {  // (..., M, K) times (..., K, N)
  ATELIER_FUNCTION("matmul/1", a, ATELIER_LIST(a.tensor.handle(), b.tensor.handle()), {});
}
inline Tensor linear(At x, At weight, At bias) {  // (..., I), (O, I), (O) to (..., O)
  ATELIER_FUNCTION("linear/1", x, ATELIER_LIST(x.tensor.handle(), weight.tensor.handle(), bias.tensor.handle()), {});
}
inline Tensor linear(At x, At weight) {
  ATELIER_FUNCTION("linear/1", x, ATELIER_LIST(x.tensor.handle(), weight.tensor.handle()), {});
}

// ---- Joining and looking up

inline Tensor concatenate(const std::vector<Tensor>& parts, int64_t axis, Location at = {}) {
  static const atl_operation resolved = detail::operation("concatenate/1");
  std::vector<atl_tensor> handles;
  for (const Tensor& part : parts) {
    handles.push_back(part.handle());
  }
  const atl_attribute attribute = detail::attribute(axis);
  atl_tensor output = 0;
  atl_context* context = parts.empty() ? nullptr : parts.front().context();
  detail::apply(context, resolved, handles.data(), handles.size(), &attribute, 1, &output, 1, at);
  return {context, output};
}
inline Tensor concatenate(std::initializer_list<Tensor> parts, int64_t axis, Location at = {}) {
  return concatenate(std::vector<Tensor>(parts), axis, at);
}
inline Tensor pad(At x, Integers low, Integers high) {  // zeros before and after, for each axis
  ATELIER_FUNCTION("pad/1", x, {x.tensor.handle()}, ATELIER_LIST(detail::attribute(low), detail::attribute(high)));
}
inline Tensor broadcast_to(At x, Integers dims) {
  ATELIER_FUNCTION("broadcast_to/1", x, {x.tensor.handle()}, {detail::attribute(dims)});
}
// Each row so often after itself, (N, ...) to (N times, ...). An empty tensor stays one.
inline Tensor repeated(At x, int64_t times) {
  if (times == 1) {
    return x.tensor;
  }
  if (x.tensor.handle() == 0) {
    return x.tensor;
  }
  std::vector<int64_t> dims = x.tensor.shape();
  const Tensor rows = x.tensor.reshape({dims[0], 1, -1}, x.location());
  const Tensor all = broadcast_to(At(rows, x.location()), {dims[0], times, rows.dim(2)});
  dims[0] *= times;
  return all.reshape(dims, x.location());
}
inline Tensor gather(At table, At indices) {  // rows of (N, ...)
  ATELIER_FUNCTION("gather/1", table, ATELIER_LIST(table.tensor.handle(), indices.tensor.handle()), {});
}
inline Tensor take(At x, At indices) {  // (B, C), (B) to (B): x[b, indices[b]]
  ATELIER_FUNCTION("take/1", x, ATELIER_LIST(x.tensor.handle(), indices.tensor.handle()), {});
}
inline Tensor one_hot(At indices, int64_t classes) {
  ATELIER_FUNCTION("one_hot/1", indices, {indices.tensor.handle()}, {detail::attribute(classes)});
}

// ---- Losses as plain operations

inline Tensor bce_with_logits(At logits, At targets) {  // elementwise: max(x, 0) - x t + log(1 + exp(-|x|))
  ATELIER_FUNCTION("bce_with_logits/1", logits, ATELIER_LIST(logits.tensor.handle(), targets.tensor.handle()), {});
}
inline Tensor bce_with_logits(At logits, double target) {
  return bce_with_logits(logits,
                         At(detail::scalar(logits.tensor.context(), target, logits.location()), logits.location()));
}
inline Tensor cross_entropy(At logits, At labels) {  // (B, C), (B) to (B)
  ATELIER_FUNCTION("cross_entropy/1", logits, ATELIER_LIST(logits.tensor.handle(), labels.tensor.handle()), {});
}

// ---- Random draws, counted: a sample's draws depend on the seed, the step and its place in the batch, on nothing
// else.

inline Tensor dropout(At x, double rate) {  // x m / (1 - rate), m from Bernoulli(1 - rate)
  ATELIER_FUNCTION("dropout/1", x, {x.tensor.handle()}, {detail::attribute(rate)});
}
inline Tensor bernoulli(At probability) {  // 1 or 0
  ATELIER_FUNCTION("bernoulli/1", probability, {probability.tensor.handle()}, {});
}
inline Tensor categorical(At logits) {  // (..., C) to int64 (...)
  ATELIER_FUNCTION("categorical/1", logits, {logits.tensor.handle()}, {});
}

// The gradient of the sum of `output`'s elements with respect to `input`; differentiable again.
inline Tensor gradient(At output, Tensor input) {
  const atl_tensor handle = input.handle();
  atl_tensor found = 0;
  detail::core->gradient(output.tensor.context(), output.tensor.handle(), &handle, 1, output.location(), &found);
  return {output.tensor.context(), found};
}
// The same for several inputs at once.
inline std::vector<Tensor> gradients(At output, const std::vector<Tensor>& inputs) {
  std::vector<atl_tensor> handles;
  for (const Tensor& input : inputs) {
    handles.push_back(input.handle());
  }
  std::vector<atl_tensor> found(handles.size());
  detail::core->gradient(output.tensor.context(), output.tensor.handle(), handles.data(), handles.size(),
                         output.location(), found.data());
  std::vector<Tensor> out;
  for (const atl_tensor handle : found) {
    out.emplace_back(output.tensor.context(), handle);
  }
  return out;
}

// ---- Members

inline Tensor Tensor::reshape(std::initializer_list<int64_t> dims, Location at) const {
  static const atl_operation resolved = detail::operation("reshape/1");
  return detail::apply(context_, resolved, {handle_}, {detail::attribute(Integers(dims))}, at);
}
inline Tensor Tensor::reshape(const std::vector<int64_t>& dims, Location at) const {
  static const atl_operation resolved = detail::operation("reshape/1");
  return detail::apply(context_, resolved, {handle_}, {detail::attribute(Integers(dims))}, at);
}
inline Tensor Tensor::flatten(Location at) const {
  return reshape({dim(0), -1}, at);
}
inline Tensor Tensor::permute(std::initializer_list<int64_t> axes, Location at) const {
  static const atl_operation resolved = detail::operation("permute/1");
  return detail::apply(context_, resolved, {handle_}, {detail::attribute(Integers(axes))}, at);
}
inline Tensor Tensor::detach(Location at) const {
  static const atl_operation resolved = detail::operation("detach/1");
  return detail::apply(context_, resolved, {handle_}, {}, at);
}
inline Tensor Tensor::slice(int64_t axis, int64_t start, int64_t length, Location at) const {
  static const atl_operation resolved = detail::operation("slice/1");
  return detail::apply(context_, resolved, {handle_},
                       {detail::attribute(axis), detail::attribute(start), detail::attribute(length)}, at);
}
inline Tensor Tensor::update_slice(int64_t axis, int64_t start, Tensor block, Location at) const {
  static const atl_operation resolved = detail::operation("update_slice/1");
  return detail::apply(context_, resolved, {handle_, block.handle_},
                       {detail::attribute(axis), detail::attribute(start)}, at);
}

#undef ATELIER_FUNCTION
#undef ATELIER_LIST

}  // namespace atelier
