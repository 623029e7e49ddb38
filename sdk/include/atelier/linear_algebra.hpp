// Linear algebra of square matrices (..., N, N), each for itself, in double precision inside. Of a singular matrix, or
// one that is not positive definite where it has to be, the result is not finite.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

inline Tensor trace(At a) {
  return detail::call<"trace/1">({a});
}
inline Tensor determinant(At a) {
  return detail::call<"determinant/1">({a});
}
struct LogDeterminant {
  Tensor sign, logarithm;  // (...), of the absolute value
};
inline LogDeterminant log_determinant(At a) {
  const atl_tensor input = a.tensor.handle();
  atl_tensor outputs[2] = {};
  atl_context* context = a.tensor.context();
  detail::apply(context, detail::resolved<"log_determinant/1">(), &input, 1, nullptr, 0, outputs, 2, a.location());
  return {{context, outputs[0]}, {context, outputs[1]}};
}
inline Tensor inverse(At a) {
  return detail::call<"inverse/1">({a});
}
inline Tensor solve(At a, At b) {  // x with a x = b, b and x (..., N, K)
  return detail::call<"solve/1">({a, b});
}
struct TriangularEquations {
  bool upper = false;       // which triangle of a is read
  bool transposed = false;  // a^T x = b
};
inline Tensor triangular_solve(At a, At b, TriangularEquations e = {}) {
  return detail::call<"triangular_solve/1">(
      {a, b}, {detail::attribute(int64_t{e.upper}), detail::attribute(int64_t{e.transposed})});
}
inline Tensor cholesky(At a) {  // the lower triangle L with L L^T = a, of a's symmetric part
  return detail::call<"cholesky/1">({a});
}
struct SymmetricEigen {
  Tensor values;   // (..., N), ascending
  Tensor vectors;  // (..., N, N), in columns; of each the first of the largest entries is positive
};
inline SymmetricEigen symmetric_eigen(At a) {  // of a's symmetric part
  const atl_tensor input = a.tensor.handle();
  atl_tensor outputs[2] = {};
  atl_context* context = a.tensor.context();
  detail::apply(context, detail::resolved<"symmetric_eigen/1">(), &input, 1, nullptr, 0, outputs, 2, a.location());
  return {{context, outputs[0]}, {context, outputs[1]}};
}

// Of any matrices (..., M, N): what is on and below (above) a diagonal, 0 elsewhere. `diagonal` counts from the main
// one to the right.
inline Tensor lower_triangle(At x, int64_t diagonal = 0) {
  return detail::call<"lower_triangle/1">({x}, {detail::attribute(diagonal)});
}
inline Tensor upper_triangle(At x, int64_t diagonal = 0) {
  return detail::call<"upper_triangle/1">({x}, {detail::attribute(diagonal)});
}

}  // namespace atelier
