// Linear algebra of square matrices (..., N, N), each for itself. Gradients: Giles 2008, Collected matrix derivative
// results for forward and reverse mode algorithmic differentiation; of Cholesky's triangle Murray 2016, Differentiation
// of the Cholesky decomposition.
#include "kernels/linear_algebra.hpp"

#include <numbers>
#include <utility>

#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

using kernels::SquareMatrices;

// ---- Matrices in gradients

// In the run's own type, whatever precision its other products have: what is solved or decomposed needs its digits.
Value matmul(Value a, Value b) {
  const Shape& x = a.shape();
  const Shape& y = b.shape();
  const int64_t matrices = product(x, 0, x.rank() - 2);
  if (matrices != product(y, 0, y.rank() - 2)) {
    return a.graph->apply("matmul/1", {a, b});
  }
  const auto stacked = [matrices](const Shape& shape) {
    const int64_t rows = shape[shape.rank() - 2];
    const int64_t columns = shape[shape.rank() - 1];
    return matrices == 1 ? Shape{rows, columns} : Shape{matrices, rows, columns};
  };
  Shape result = x;
  result[result.rank() - 1] = y[y.rank() - 1];
  return reshape(exact_gemm(reshape(a, stacked(x)), reshape(b, stacked(y)), false, false), result);
}
Value transposed(Value x) {
  const auto rank = static_cast<int64_t>(x.shape().rank());
  Axes axes(x.shape().rank());
  for (int64_t axis = 0; axis < rank; ++axis) {
    axes[static_cast<size_t>(axis)] = axis < rank - 2 ? axis : 2 * rank - 3 - axis;
  }
  return permute(x, axes);
}
Value inverse(Value x) {
  return x.graph->apply("inverse/1", {x});
}
Value lower(Value x, int64_t diagonal = 0) {
  return x.graph->apply("lower_triangle/1", {x}, {Attribute::of(diagonal)});
}
Value upper(Value x, int64_t diagonal = 0) {
  return x.graph->apply("upper_triangle/1", {x}, {Attribute::of(diagonal)});
}
Value diagonal_of(Value x) {  // (..., N, N), and 0 beside the diagonal
  return lower(upper(x));
}
Value solve(Value a, Value b, bool is_transposed) {
  return a.graph->apply("solve_each/1", {a, b}, {Attribute::of(static_cast<int64_t>(is_transposed))});
}
Value triangular_solve(Value a, Value b, bool is_upper, bool is_transposed) {
  return a.graph->apply(
      "triangular_solve_each/1", {a, b},
      {Attribute::of(static_cast<int64_t>(is_upper)), Attribute::of(static_cast<int64_t>(is_transposed))});
}
Value symmetric_part(Value x) {
  return 0.5 * (x + transposed(x));
}
Value with_axes(Value x, bool rows, bool columns) {  // (..., N) or (...) to (..., N, 1), (..., 1, N) or (..., 1, 1)
  Axes dims = dims_of(x.shape());
  const auto before_last = dims.end() - (rows || columns ? 1 : 0);
  if (rows) {
    dims.push_back(1);
  } else if (columns) {
    dims.insert(before_last, 1);
  } else {
    dims.insert(dims.end(), {1, 1});
  }
  return reshape(x, Shape(dims));
}

// ---- Shapes

void require_square(const Inference& in) {
  in.require_real(0);
  const Shape& a = in.shape(0);
  in.require(a.rank() >= 2 && a[a.rank() - 1] == a[a.rank() - 2], "got {}, expected square matrices (..., N, N)",
             to_string(a));
}

Shape leading(const Shape& shape, size_t axes) {
  return Shape(shape.dims().first(shape.rank() - axes));
}

SquareMatrices matrices_of(const Shape& a) {
  return {leading(a, 2).elements(), a[a.rank() - 1]};
}

Types infer_square(const Inference& in) {
  require_square(in);
  return {in.input(0)};
}

Types infer_number(const Inference& in) {
  require_square(in);
  return {{leading(in.shape(0), 2), in.real()}};
}

using MakeKernel = std::unique_ptr<kernels::Kernel> (*)(const SquareMatrices&, DType);

void use_kernel(Operation& operation, MakeKernel make) {
  operation.kernel = [make](const KernelRequest& request) {
    return make(matrices_of(request.inputs[0].shape), request.dtype());
  };
}

// ---- Triangles

void register_triangle(OperationRegistry& registry, const char* name, bool is_upper, const char* summary) {
  Operation triangle{.name = name, .summary = summary, .attributes = {integer("diagonal", 0)}};
  triangle.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require(in.shape(0).rank() >= 2, "got {}, expected matrices (..., M, N)", to_string(in.shape(0)));
    return {in.input(0)};
  };
  triangle.kernel = [is_upper](const KernelRequest& request) {
    const Shape& x = request.inputs[0].shape;
    return kernels::make_triangle(leading(x, 2).elements(), x[x.rank() - 2], x[x.rank() - 1], is_upper,
                                  request.integer(0), request.dtype());
  };
  triangle.gradient = [name](const GradientRequest& r) -> Values {
    return {r.graph.apply(name, {r.output_gradients[0]}, r.attributes)};
  };
  registry.add(std::move(triangle));
}

void register_trace(OperationRegistry& registry) {
  Operation trace{.name = "trace/1",
                  .summary = "a (..., N, N) -> (...): the sum of the diagonal",
                  .infer = infer_number,
                  .composed = [](Graph&, std::span<const Value> inputs, const Attributes&) -> Values {
                    return {sum(diagonal_of(inputs[0]), {-2, -1})};
                  }};
  registry.add(std::move(trace));
}

// ---- Determinants

// d det = det tr(a^-1 da)
void register_determinant(OperationRegistry& registry) {
  Operation determinant{.name = "determinant/1",
                        .summary = "a (..., N, N) -> (...): the determinant; the gradient is finite where it is not 0",
                        .infer = infer_number};
  use_kernel(determinant, kernels::make_determinant);
  determinant.gradient = [](const GradientRequest& r) -> Values {
    const Value g = with_axes(r.output_gradients[0] * r.outputs[0], false, false);
    return {g * transposed(inverse(r.inputs[0]))};
  };
  registry.add(std::move(determinant));
}

// a -> m, e with det a = m 2^e. Where it changes, m does.
void register_scaled_determinant(OperationRegistry& registry) {
  Operation scaled{.name = "scaled_determinant/1", .outputs = 2};
  scaled.infer = [](const Inference& in) -> Types { return {infer_number(in)[0], infer_number(in)[0]}; };
  use_kernel(scaled, kernels::make_scaled_determinant);
  scaled.gradient = [](const GradientRequest& r) -> Values {
    if (!r.output_gradients[0]) {
      return {{}};
    }
    const Value g = with_axes(r.output_gradients[0] * r.outputs[0], false, false);
    return {g * transposed(inverse(r.inputs[0]))};
  };
  registry.add(std::move(scaled));
}

void register_log_determinant(OperationRegistry& registry) {
  Operation log_determinant{.name = "log_determinant/1",
                            .summary =
                                "a (..., N, N) -> sign (...), logarithm (...): of the determinant -1, 0 or 1, "
                                "and log of its absolute value, which no size of a matrix takes out of range; "
                                "-infinity of 0",
                            .outputs = 2};
  log_determinant.infer = [](const Inference& in) -> Types { return {infer_number(in)[0], infer_number(in)[0]}; };
  log_determinant.composed = [](Graph& graph, std::span<const Value> inputs, const Attributes&) -> Values {
    const Values scaled = graph.apply(OperationRegistry::instance().get("scaled_determinant/1"), inputs);
    const Value size = graph.apply("abs/1", {scaled[0]});
    return {sign(scaled[0]), log(size) + std::numbers::ln2 * scaled[1]};
  };
  registry.add(std::move(log_determinant));
}

// ---- Equations

void register_inverse(OperationRegistry& registry) {
  Operation operation{.name = "inverse/1",
                      .summary = "a (..., N, N) -> (..., N, N): the inverse; of a singular matrix it is not finite",
                      .infer = infer_square};
  use_kernel(operation, kernels::make_inverse);
  operation.gradient = [](const GradientRequest& r) -> Values {
    const Value y = transposed(r.outputs[0]);
    return {-matmul(matmul(y, r.output_gradients[0]), y)};
  };
  registry.add(std::move(operation));
}

// a (..., N, N), b (..., N, K), whose leading axes are equal, or broadcast.
Types infer_equations(const Inference& in, bool broadcasts) {
  require_square(in);
  in.require_real(1);
  const Shape& a = in.shape(0);
  const Shape& b = in.shape(1);
  in.require(b.rank() >= 2 && b[b.rank() - 2] == a[a.rank() - 1],
             "got a of {} and b of {}, expected b (..., {}, K); hint: reshape a vector to a column", to_string(a),
             to_string(b), a[a.rank() - 1]);
  Shape out = broadcasts ? broadcast(in, leading(a, 2), leading(b, 2)) : leading(b, 2);
  in.require(broadcasts || out == leading(a, 2), "got a of {} and b of {}, expected equal leading axes", to_string(a),
             to_string(b));
  out.append(b[b.rank() - 2]);
  out.append(b[b.rank() - 1]);
  return {{out, in.real()}};
}

int64_t columns_of(const Shape& b) {
  return b[b.rank() - 1];
}

// a and b with equal leading axes.
std::pair<Value, Value> broadcast_leading(Value a, Value b) {
  const Shape batch = *broadcast(leading(a.shape(), 2), leading(b.shape(), 2));
  const auto stretched = [&](Value x) {
    Shape target = batch;
    target.append(x.shape()[x.shape().rank() - 2]);
    target.append(x.shape()[x.shape().rank() - 1]);
    return broadcast_to(x, target);
  };
  return {stretched(a), stretched(b)};
}

// Of x with op(a) x = b: db = op(a)^-T dx, d op(a) = -db x^T.
Values equation_gradients(Value b_gradient, Value x, bool is_transposed) {
  const Value by_a = is_transposed ? matmul(x, transposed(b_gradient)) : matmul(b_gradient, transposed(x));
  return {-by_a, b_gradient};
}

void register_solve(OperationRegistry& registry) {
  Operation each{.name = "solve_each/1", .min_inputs = 2, .max_inputs = 2, .attributes = {integer("transposed")}};
  each.infer = [](const Inference& in) { return infer_equations(in, false); };
  each.kernel = [](const KernelRequest& r) {
    return kernels::make_solve(matrices_of(r.inputs[0].shape), columns_of(r.inputs[1].shape), r.integer(0) != 0,
                               r.dtype());
  };
  each.gradient = [](const GradientRequest& r) {
    const bool is_transposed = r.attributes[0].scalar.constant.integer != 0;
    return equation_gradients(solve(r.inputs[0], r.output_gradients[0], !is_transposed), r.outputs[0], is_transposed);
  };
  registry.add(std::move(each));

  Operation whole{.name = "solve/1",
                  .summary = "a (..., N, N), b (..., N, K) -> x (..., N, K): a x = b; leading axes are broadcast",
                  .min_inputs = 2,
                  .max_inputs = 2};
  whole.infer = [](const Inference& in) { return infer_equations(in, true); };
  whole.composed = [](Graph&, std::span<const Value> inputs, const Attributes&) -> Values {
    const auto [a, b] = broadcast_leading(inputs[0], inputs[1]);
    return {solve(a, b, false)};
  };
  registry.add(std::move(whole));
}

void register_triangular_solve(OperationRegistry& registry) {
  const std::vector settings{integer("upper", 0), integer("transposed", 0)};
  Operation each{.name = "triangular_solve_each/1", .min_inputs = 2, .max_inputs = 2, .attributes = settings};
  each.infer = [](const Inference& in) { return infer_equations(in, false); };
  each.kernel = [](const KernelRequest& r) {
    return kernels::make_triangular_solve(matrices_of(r.inputs[0].shape), columns_of(r.inputs[1].shape),
                                          r.integer(0) != 0, r.integer(1) != 0, r.dtype());
  };
  each.gradient = [](const GradientRequest& r) {
    const bool is_upper = r.attributes[0].scalar.constant.integer != 0;
    const bool is_transposed = r.attributes[1].scalar.constant.integer != 0;
    const Value b_gradient = triangular_solve(r.inputs[0], r.output_gradients[0], is_upper, !is_transposed);
    Values out = equation_gradients(b_gradient, r.outputs[0], is_transposed);
    out[0] = is_upper ? upper(out[0]) : lower(out[0]);
    return out;
  };
  registry.add(std::move(each));

  Operation whole{.name = "triangular_solve/1",
                  .summary =
                      "a (..., N, N), b (..., N, K) -> x (..., N, K): a x = b, or a^T x = b where transposed is 1, "
                      "of the lower triangle of a, or of the upper one where upper is 1; leading axes are broadcast",
                  .min_inputs = 2,
                  .max_inputs = 2,
                  .attributes = settings};
  whole.infer = [](const Inference& in) { return infer_equations(in, true); };
  whole.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const auto [a, b] = broadcast_leading(inputs[0], inputs[1]);
    return {a.graph->apply("triangular_solve_each/1", {a, b}, attributes)};
  };
  registry.add(std::move(whole));
}

// ---- Symmetric matrices

// With P(x) the lower triangle and half of the diagonal, da = L^-T P(L^T dL) L^-1, of which the symmetric part counts.
void register_cholesky(OperationRegistry& registry) {
  Operation cholesky{.name = "cholesky/1",
                     .summary =
                         "a (..., N, N) -> L (..., N, N): the lower triangle with L L^T = (a + a^T) / 2; nan where "
                         "that is not positive definite",
                     .infer = infer_square};
  use_kernel(cholesky, kernels::make_cholesky);
  cholesky.gradient = [](const GradientRequest& r) -> Values {
    const Value l = r.outputs[0];
    const Value product = matmul(transposed(l), lower(r.output_gradients[0]));
    const Value half = 0.5 * (lower(product) + lower(product, -1));
    const Value left = triangular_solve(l, half, false, true);              // L^-T P
    const Value both = triangular_solve(l, transposed(left), false, true);  // its transpose times L^-1, transposed
    return {symmetric_part(both)};
  };
  registry.add(std::move(cholesky));
}

// With F_ij = 1 / (w_j - w_i), and 0 on the diagonal, da = V (dw + F * (V^T dV)) V^T, of which the symmetric part
// counts.
void register_symmetric_eigen(OperationRegistry& registry) {
  Operation eigen{.name = "symmetric_eigen/1",
                  .summary =
                      "a (..., N, N) -> values (..., N), vectors (..., N, N): eigenvalues of (a + a^T) / 2, "
                      "ascending, and eigenvectors of length 1 in columns, the first of the largest entries of "
                      "each positive; vectors of equal values have no gradient",
                  .outputs = 2};
  eigen.infer = [](const Inference& in) -> Types {
    require_square(in);
    return {{leading(in.shape(0), 1), in.real()}, in.input(0)};
  };
  eigen.kernel = [](const KernelRequest& r) {
    return kernels::make_symmetric_eigen(matrices_of(r.inputs[0].shape), r.dtype());
  };
  eigen.gradient = [](const GradientRequest& r) -> Values {
    const Value w = r.outputs[0];
    const Value v = r.outputs[1];
    const Value ones = broadcast_to(scalar(r.graph, 1), v.shape());
    const Value identity = diagonal_of(ones);
    Value inner;
    if (r.output_gradients[0]) {
      inner = identity * with_axes(r.output_gradients[0], false, true);
    }
    if (r.output_gradients[1]) {
      const Value gaps = with_axes(w, false, true) - with_axes(w, true, false);
      const Value turned = (ones - identity) / (gaps + identity) * matmul(transposed(v), r.output_gradients[1]);
      inner = inner ? inner + turned : turned;
    }
    return {symmetric_part(matmul(matmul(v, inner), transposed(v)))};
  };
  registry.add(std::move(eigen));
}

}  // namespace

void register_linear_algebra(OperationRegistry& registry) {
  register_triangle(registry, "lower_triangle/1", false,
                    "x (..., M, N) -> (..., M, N): x where column - row is at most `diagonal`, 0 above");
  register_triangle(registry, "upper_triangle/1", true,
                    "x (..., M, N) -> (..., M, N): x where column - row is at least `diagonal`, 0 below");
  register_trace(registry);
  register_determinant(registry);
  register_scaled_determinant(registry);
  register_log_determinant(registry);
  register_inverse(registry);
  register_solve(registry);
  register_triangular_solve(registry);
  register_cholesky(registry);
  register_symmetric_eigen(registry);
}

}  // namespace atelier::ops
