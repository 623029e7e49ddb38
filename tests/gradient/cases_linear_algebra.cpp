// Matrices that are far from singular, and none of whose eigenvalues are alike.
#include "cases.hpp"

namespace atelier::gradient_test {

namespace {

using tensor::Shape;

Input matrices(const Shape& shape, double diagonal) {
  return {shape, -1, 1, 0, diagonal};
}

}  // namespace

std::vector<Case> linear_algebra_cases() {
  std::vector<Case> cases;
  for (const auto* name : {"lower_triangle/1", "upper_triangle/1"}) {
    for (const int64_t diagonal : {0, 1, -2}) {
      cases.push_back({name, {{{2, 3, 4}}}, {whole(diagonal)}});
    }
  }
  cases.push_back({"trace/1", {{{2, 3, 3}}}});
  for (const auto* name : {"determinant/1", "scaled_determinant/1", "log_determinant/1", "inverse/1"}) {
    cases.push_back({name, {matrices({3, 3}, 2)}});
    cases.push_back({name, {matrices({2, 2, 2}, -2)}});
    cases.push_back({name, {matrices({1, 1}, 2)}});
  }
  cases.push_back({"cholesky/1", {matrices({3, 3}, 3)}});
  cases.push_back({"cholesky/1", {matrices({2, 4, 4}, 4)}});
  cases.push_back({"symmetric_eigen/1", {matrices({3, 3}, 0)}});
  cases.push_back({"symmetric_eigen/1", {matrices({2, 2, 2}, 0)}});
  cases.push_back({"symmetric_eigen/1", {matrices({1, 1}, 0)}});
  cases.push_back({"solve/1", {matrices({3, 3}, 2), {{3, 2}}}});
  cases.push_back({"solve/1", {matrices({2, 1, 3, 3}, 2), {{4, 3, 1}}}});
  for (const int64_t upper : {0, 1}) {
    for (const int64_t transposed : {0, 1}) {
      cases.push_back({"triangular_solve/1", {matrices({3, 3}, 2), {{2, 3, 2}}}, {whole(upper), whole(transposed)}});
      cases.push_back(
          {"triangular_solve_each/1", {matrices({2, 2, 2}, 2), {{2, 2, 3}}}, {whole(upper), whole(transposed)}});
    }
    cases.push_back({"solve_each/1", {matrices({2, 3, 3}, 2), {{2, 3, 2}}}, {whole(upper)}});
  }
  return cases;
}

void add_large_linear_algebra(std::vector<Case>& cases) {
  for (const auto& [batch, n] : {std::pair<int64_t, int64_t>{1009, 11}, {5, 71}}) {
    const Input a = matrices({batch, n, n}, static_cast<double>(n));
    for (const auto* name : {"determinant/1", "log_determinant/1", "inverse/1", "cholesky/1", "symmetric_eigen/1"}) {
      cases.push_back({name, {a}, {}, false});
    }
    cases.push_back({"solve/1", {a, {{batch, n, 3}}}, {}, false});
    cases.push_back({"triangular_solve/1", {a, {{batch, n, 3}}}, {whole(1), whole(1)}, false});
    cases.push_back({"lower_triangle/1", {a}, {whole(0)}, false});
  }
}

}  // namespace atelier::gradient_test
