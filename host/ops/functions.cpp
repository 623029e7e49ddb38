#include "ops/functions.hpp"

#include "ops/bfloat16.hpp"

namespace atelier::ops {
namespace {

Value apply(std::string_view name, std::initializer_list<Value> inputs, Attributes attributes = {}) {
  return inputs.begin()->graph->apply(name, inputs, std::move(attributes));
}

Attribute flag(bool value) {
  return Attribute::of(static_cast<int64_t>(value));
}

}  // namespace

Value scalar(Graph& graph, double value) {
  return scalar(graph, Attribute::of(value));
}
Value scalar(Graph& graph, const Attribute& value) {
  return graph.apply("scalar/1", {}, {value});
}

Value broadcast_to(Value x, const Shape& shape) {
  return x.shape() == shape ? x : apply("broadcast_to/1", {x}, {Attribute::of(dims_of(shape))});
}

Value zeros_like(Value x) {
  return broadcast_to(scalar(*x.graph, 0), x.shape());
}

Value operator+(Value a, Value b) {
  return apply("add/1", {a, b});
}
Value operator-(Value a, Value b) {
  return apply("sub/1", {a, b});
}
Value operator*(Value a, Value b) {
  return apply("mul/1", {a, b});
}
Value operator/(Value a, Value b) {
  return apply("div/1", {a, b});
}
Value operator-(Value x) {
  return apply("neg/1", {x});
}
Value operator+(Value a, double b) {
  return a + scalar(*a.graph, b);
}
Value operator-(double a, Value b) {
  return scalar(*b.graph, a) - b;
}
Value operator*(double a, Value b) {
  return scalar(*b.graph, a) * b;
}

Value less(Value a, Value b) {
  return apply("less/1", {a, b});
}
Value greater_equal(Value a, Value b) {
  return apply("greater_equal/1", {a, b});
}
Value less_equal(Value a, Value b) {
  return apply("less_equal/1", {a, b});
}
Value greater(Value a, Value b) {
  return apply("greater/1", {a, b});
}
Value select(Value mask, Value a, Value b) {
  return apply("select/1", {mask, a, b});
}

Value sign(Value x) {
  return apply("sign/1", {x});
}
Value square(Value x) {
  return apply("square/1", {x});
}
Value rsqrt(Value x) {
  return apply("rsqrt/1", {x});
}
Value exp(Value x) {
  return apply("exp/1", {x});
}
Value log(Value x) {
  return apply("log/1", {x});
}
Value sigmoid(Value x) {
  return apply("sigmoid/1", {x});
}
Value softplus(Value x) {
  return apply("softplus/1", {x});
}
Value erf(Value x) {
  return apply("erf/1", {x});
}
Value sin(Value x) {
  return apply("sin/1", {x});
}
Value cos(Value x) {
  return apply("cos/1", {x});
}
Value step(Value x) {
  return apply("step/1", {x});
}

Value sum(Value x, Axes axes, bool keep) {
  return apply("sum/1", {x}, {Attribute::of(std::move(axes)), flag(keep)});
}
Value mean(Value x, Axes axes, bool keep) {
  return apply("mean/1", {x}, {Attribute::of(std::move(axes)), flag(keep)});
}
Value max(Value x, Axes axes, bool keep) {
  return apply("max/1", {x}, {Attribute::of(std::move(axes)), flag(keep)});
}
Value argmax(Value x, int64_t axis) {
  return apply("argmax/1", {x}, {Attribute::of(axis)});
}

Value sum_to(Value x, const Shape& shape) {
  if (x.shape() == shape) {
    return x;
  }
  const size_t added = x.shape().rank() - shape.rank();
  Axes axes;
  for (size_t axis = 0; axis < x.shape().rank(); ++axis) {
    if (axis < added || (shape[axis - added] == 1 && x.shape()[axis] != 1)) {
      axes.push_back(static_cast<int64_t>(axis));
    }
  }
  return reshape(axes.empty() ? x : sum(x, std::move(axes)), shape);
}

Value reshape(Value x, const Shape& shape) {
  return x.shape() == shape ? x : apply("reshape/1", {x}, {Attribute::of(dims_of(shape))});
}
Value permute(Value x, Axes axes) {
  return apply("permute/1", {x}, {Attribute::of(std::move(axes))});
}
Value detach(Value x) {
  return apply("detach/1", {x});
}

Value slice(Value x, int64_t axis, const Attribute& start, int64_t length) {
  return apply("slice/1", {x}, {Attribute::of(axis), start, Attribute::of(length)});
}
Value update_slice(Value base, Value block, int64_t axis, const Attribute& start) {
  return apply("update_slice/1", {base, block}, {Attribute::of(axis), start});
}
Value gemm(Value a, Value b, bool transpose_a, bool transpose_b) {
  const Shape& x = a.shape();
  const Shape& y = b.shape();
  const int64_t rows = x[x.rank() - (transpose_a ? 1 : 2)];
  const int64_t inner = x[x.rank() - (transpose_a ? 2 : 1)];
  if (is_reduced_product(*a.graph, rows, y[y.rank() - (transpose_b ? 2 : 1)], inner)) {
    a = product_input(a);
    b = product_input(b);
  }
  return exact_gemm(a, b, transpose_a, transpose_b);
}
Value exact_gemm(Value a, Value b, bool transpose_a, bool transpose_b) {
  return apply("gemm/1", {a, b}, {flag(transpose_a), flag(transpose_b)});
}
Value log_softmax(Value x, int64_t axis) {
  return apply("log_softmax/1", {x}, {Attribute::of(axis)});
}
Value one_hot(Value indices, int64_t classes) {
  return apply("one_hot/1", {indices}, {Attribute::of(classes)});
}
Value take(Value x, Value indices) {
  return apply("take/1", {x, indices});
}

Value random_uniform(Graph& graph, const Shape& shape, const Attribute& ordinal) {
  return graph.apply("random_uniform/1", {}, {Attribute::of(dims_of(shape)), ordinal});
}

}  // namespace atelier::ops
