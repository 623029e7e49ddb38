// Operations in functional notation, so that gradients and composed operations read like their formulas. Each adds to
// the graph of its operands; shapes and errors are the operations'.
#pragma once

#include "ops/declare.hpp"
#include "record/layout.hpp"

namespace atelier::ops {

using record::channels_first;
using record::channels_last;

Value scalar(Graph& graph, double value);  // rank 0
Value scalar(Graph& graph, const Attribute& value);
Value broadcast_to(Value x, const Shape& shape);
Value zeros_like(Value x);

Value operator+(Value a, Value b);
Value operator-(Value a, Value b);
Value operator*(Value a, Value b);
Value operator/(Value a, Value b);
Value operator-(Value x);
Value operator+(Value a, double b);
Value operator-(double a, Value b);
Value operator*(double a, Value b);

Value less(Value a, Value b);
Value greater_equal(Value a, Value b);
Value less_equal(Value a, Value b);
Value greater(Value a, Value b);
Value select(Value mask, Value a, Value b);

Value sign(Value x);
Value square(Value x);
Value rsqrt(Value x);
Value exp(Value x);
Value log(Value x);
Value sigmoid(Value x);
Value softplus(Value x);
Value erf(Value x);
Value sin(Value x);
Value cos(Value x);
Value step(Value x);

// Axes count from 0, or from the end where negative; none given means all. `keep` leaves them with length 1.
Value sum(Value x, Axes axes = {}, bool keep = false);
Value mean(Value x, Axes axes = {}, bool keep = false);
Value max(Value x, Axes axes = {}, bool keep = false);
Value argmax(Value x, int64_t axis);
// The gradient of broadcasting `shape` to x's: sums the axes that were stretched or added.
Value sum_to(Value x, const Shape& shape);

Value reshape(Value x, const Shape& shape);
Value permute(Value x, Axes axes);
Value detach(Value x);
Value slice(Value x, int64_t axis, const Attribute& start, int64_t length);
Value update_slice(Value base, Value block, int64_t axis, const Attribute& start);
Value gemm(Value a, Value b, bool transpose_a, bool transpose_b);
// In the run's own type, whatever precision its other products have; so are its gradients.
Value exact_gemm(Value a, Value b, bool transpose_a, bool transpose_b);
Value log_softmax(Value x, int64_t axis);
Value one_hot(Value indices, int64_t classes);
Value take(Value x, Value indices);
Value random_uniform(Graph& graph, const Shape& shape, const Attribute& ordinal);

}  // namespace atelier::ops
