// Matrix products. All are made of gemm, C = op(A) op(B), whose gradients are gemms again: no transpose is ever stored.
#include "kernels/gemm.hpp"
#include "ops/bfloat16.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

// Rows and columns of op(A).
std::pair<int64_t, int64_t> sides(const Shape& shape, bool transpose) {
  const int64_t rows = shape[shape.rank() - 2];
  const int64_t columns = shape[shape.rank() - 1];
  return transpose ? std::pair(columns, rows) : std::pair(rows, columns);
}

int64_t batch_of(const Shape& shape) {
  return shape.rank() == 3 ? shape[0] : 1;
}

// a (M, K) or (G, M, K), b (K, N) or (G, K, N), each stored the other way round where transposed. A G of 1 serves all.
Types infer_gemm(const Inference& in) {
  const Shape& a = in.shape(0);
  const Shape& b = in.shape(1);
  require_product_input(in, 0);
  require_product_input(in, 1);
  in.require(a.rank() == b.rank() && (a.rank() == 2 || a.rank() == 3),
             "got {} times {}, expected two tensors of 2 or of 3 axes", to_string(a), to_string(b));
  const auto [m, k] = sides(a, in.integer(0) != 0);
  const auto [inner, n] = sides(b, in.integer(1) != 0);
  in.require(k == inner, "got {}{} times {}{}, expected the inner lengths to be equal, got {} and {}", to_string(a),
             in.integer(0) != 0 ? " transposed" : "", to_string(b), in.integer(1) != 0 ? " transposed" : "", k, inner);
  if (a.rank() == 2) {
    return {{Shape{m, n}, in.real()}};
  }
  in.require(a[0] == b[0] || a[0] == 1 || b[0] == 1, "got {} times {}, expected equally many matrices, or one",
             to_string(a), to_string(b));
  return {{Shape{a[0] == 1 ? b[0] : a[0], m, n}, in.real()}};
}

std::unique_ptr<kernels::Kernel> make_gemm_kernel(const KernelRequest& request) {
  const Shape& a = request.inputs[0].shape;
  const Shape& b = request.inputs[1].shape;
  kernels::GemmSpec spec;
  spec.transpose_a = request.integer(0) != 0;
  spec.transpose_b = request.integer(1) != 0;
  std::tie(spec.m, spec.k) = sides(a, spec.transpose_a);
  spec.n = sides(b, spec.transpose_b).second;
  spec.batch = batch_of(request.outputs[0].shape);
  spec.batch_stride_a = batch_of(a) == 1 ? 0 : spec.m * spec.k;
  spec.batch_stride_b = batch_of(b) == 1 ? 0 : spec.k * spec.n;
  spec.batch_stride_c = spec.m * spec.n;
  return kernels::make_gemm(spec, request.inputs[0].dtype);
}

// C = op(A) op(B):  d op(A) = dC op(B)^T,  d op(B) = op(A)^T dC.
Values gemm_gradient(const GradientRequest& r) {
  const Value a = r.inputs[0];
  const Value b = r.inputs[1];
  const Value g = r.output_gradients[0];
  const bool ta = r.attributes[0].scalar.constant.integer != 0;
  const bool tb = r.attributes[1].scalar.constant.integer != 0;
  const auto product = is_rounded(a) ? gemm : exact_gemm;
  Values out(2);
  if (r.needed[0] != 0) {
    out[0] = sum_to(ta ? product(b, g, tb, true) : product(g, b, false, !tb), a.shape());
  }
  if (r.needed[1] != 0) {
    out[1] = sum_to(tb ? product(g, a, true, ta) : product(a, g, !ta, false), b.shape());
  }
  return out;
}

Shape leading(const Shape& shape) {
  return Shape(shape.dims().first(shape.rank() - 2));
}

Shape with_sides(Shape shape, int64_t rows, int64_t columns) {
  shape.append(rows);
  shape.append(columns);
  return shape;
}

Types infer_matmul(const Inference& in) {
  const Shape& a = in.shape(0);
  const Shape& b = in.shape(1);
  in.require_real(0);
  in.require_real(1);
  in.require(a.rank() >= 2 && b.rank() >= 2,
             "got {} times {}, expected tensors of at least 2 axes; hint: reshape a vector to a "
             "row or a column",
             to_string(a), to_string(b));
  const int64_t k = a[a.rank() - 1];
  const int64_t inner = b[b.rank() - 2];
  const bool would_fit = k == b[b.rank() - 1];
  in.require(k == inner, "got {} times {}, expected the inner lengths to be equal; hint: {}", to_string(a),
             to_string(b),
             would_fit ? "transpose the second one" : "the columns of the first meet the rows of the second");
  return {{with_sides(broadcast(in, leading(a), leading(b)), a[a.rank() - 2], b[b.rank() - 1]), in.real()}};
}

Values compose_matmul(Graph&, std::span<const Value> inputs, const Attributes&) {
  const Value a = inputs[0];
  const Value b = inputs[1];
  const Shape& x = a.shape();
  const Shape& y = b.shape();
  const int64_t m = x[x.rank() - 2];
  const int64_t k = x[x.rank() - 1];
  const int64_t n = y[y.rank() - 1];
  const Shape batch_a = leading(x);
  const Shape batch_b = leading(y);
  const Shape batch = *broadcast(batch_a, batch_b);
  const Shape result = with_sides(batch, m, n);
  if (batch_b.elements() == 1) {  // one matrix for all rows: a single product
    return {reshape(gemm(reshape(a, {batch.elements() * m, k}), reshape(b, {k, n}), false, false), result)};
  }
  const Value left = batch_a.elements() == 1
                         ? reshape(a, {1, m, k})
                         : reshape(broadcast_to(a, with_sides(batch, m, k)), {batch.elements(), m, k});
  const Value right = reshape(broadcast_to(b, with_sides(batch, k, n)), {batch.elements(), k, n});
  return {reshape(gemm(left, right, false, false), result)};
}

Types infer_linear(const Inference& in) {
  for (size_t i = 0; i < in.count(); ++i) {
    in.require_real(i);
  }
  in.require_rank(1, 2, "a weight (O, I)");
  const Shape& weight = in.shape(1);
  Shape out = in.shape(0);
  in.require(
      out.rank() >= 1 && out[out.rank() - 1] == weight[1],
      "got x of {} and a weight of {}, expected the last axes to be equal; hint: the weight is (outputs, inputs)",
      to_string(out), to_string(weight));
  if (in.count() == 3) {
    in.require(in.shape(2) == Shape{weight[0]}, "got a bias of {}, expected {}", to_string(in.shape(2)),
               to_string(Shape{weight[0]}));
  }
  out[out.rank() - 1] = weight[0];
  return {{out, in.real()}};
}

Values compose_linear(Graph&, std::span<const Value> inputs, const Attributes&) {
  const Value weight = inputs[1];
  Shape out = inputs[0].shape();
  const int64_t features = weight.shape()[1];
  const int64_t rows = product(out, 0, out.rank() - 1);
  out[out.rank() - 1] = weight.shape()[0];
  const Value y = reshape(gemm(reshape(inputs[0], {rows, features}), weight, false, true), out);
  return {inputs.size() == 3 ? y + inputs[2] : y};
}

}  // namespace

void register_matrices(OperationRegistry& registry) {
  Operation plain{.name = "gemm/1", .min_inputs = 2, .max_inputs = 2};
  plain.attributes = {integer("transpose_a", 0), integer("transpose_b", 0)};
  plain.infer = infer_gemm;
  plain.kernel = make_gemm_kernel;
  plain.gradient = gemm_gradient;
  plain.flops = [](const KernelRequest& request) {
    const Shape& a = request.inputs[0].shape;
    const int64_t inner = a[a.rank() - (request.integer(0) != 0 ? 2 : 1)];
    return 2.0 * static_cast<double>(request.outputs[0].shape.elements() * inner);
  };
  registry.add(std::move(plain));
  registry.add({.name = "matmul/1",
                .summary = "a (..., M, K), b (..., K, N) -> (..., M, N): matrix products; leading axes are broadcast",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_matmul,
                .composed = compose_matmul});
  registry.add({.name = "linear/1",
                .summary = "x (..., I), weight (O, I), [bias (O)] -> (..., O): x weight^T + bias",
                .min_inputs = 2,
                .max_inputs = 3,
                .infer = infer_linear,
                .composed = compose_linear});
}

}  // namespace atelier::ops
