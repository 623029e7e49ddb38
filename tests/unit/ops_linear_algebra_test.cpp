// Linear algebra against NumPy 2.4.6.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops_result.hpp"

namespace atelier::ops::test {
namespace {

const Leaf symmetric{{3, 3}, {4, 2, 1, 2, 5, 3, 1, 3, 6}};
const Leaf square{{3, 3}, {0, 2, 1, 3, -1, 2, 1, 4, -2}};
const Leaf right{{3, 2}, {1, 0, 2, 1, -1, 3}};

// The results of an operation with several, float64.
std::vector<Numbers> results(const std::string& name, const Leaf& leaf, DType real = DType::f64) {
  Bench bench(Mode::evaluate, real);
  bench.begin();
  const uint32_t first = bench.apply(name, {bench.input(leaf.shape, leaf.values)});
  return bench.run({first, first + 1});
}

}  // namespace

TEST_CASE("linear algebra: determinants") {
  check_close(result("determinant", {square}), {29.000000000000004});
  check_close(result("determinant", {{{2, 2, 2}, {1, 2, 3, 4, 0, 0, 0, 1}}}), {-2, 0});
  CHECK(result("determinant", {{{0, 0}, {}}}) == Numbers{1});
  CHECK(result("trace", {square}) == Numbers{-3});
  const std::vector<Numbers> logarithm = results("log_determinant", square);
  CHECK(logarithm[0] == Numbers{1.0});
  check_close(logarithm[1], {3.367295829986474});
  const std::vector<Numbers> singular = results("log_determinant", {{2, 2}, {1, 2, 2, 4}});
  CHECK(singular[0] == Numbers{0});
  CHECK(singular[1] == Numbers{-std::numeric_limits<double>::infinity()});
}

TEST_CASE("linear algebra: the logarithm of a determinant that no number can hold") {
  Leaf large{{200, 200}, Numbers(40000)};
  for (size_t i = 0; i < 200; ++i) {
    large.values[i * 200 + i] = i == 7 ? -1000 : 1000;
  }
  for (const DType real : {DType::f32, DType::f64}) {
    const std::vector<Numbers> found = results("log_determinant", large, real);
    CHECK(found[0] == Numbers{-1});
    check_close(found[1], {1381.5510557964287}, real == DType::f32 ? 1e-6 : 1e-12);
  }
}

TEST_CASE("linear algebra: inverses and equations") {
  check_close(result("inverse", {square}), {-0.20689655172413793, 0.27586206896551724, 0.1724137931034483,
                                            0.27586206896551724, -0.034482758620689655, 0.10344827586206898,
                                            0.4482758620689655, 0.06896551724137931, -0.20689655172413796});
  check_close(result("solve", {square, right}), {0.1724137931034483, 0.7931034482758621, 0.10344827586206902,
                                                 0.27586206896551724, 0.7931034482758621, -0.5517241379310345});
  check_close(result("solve", {{{2, 2, 2}, {2, 0, 0, 4, 0, 1, 1, 0}}, {{2, 1}, {8, 4}}}), {4, 1, 4, 8});
  check_close(result("triangular_solve", {symmetric, right}),
              {0.25, 0.0, 0.30000000000000004, 0.2, -0.3583333333333334, 0.39999999999999997});
  check_close(result("triangular_solve", {symmetric, right}, {1}),
              {0.041666666666666685, -0.075, 0.5, -0.1, -0.16666666666666666, 0.5});
  check_close(result("triangular_solve", {symmetric, right}, {0, 1}),
              {0.041666666666666685, -0.075, 0.5, -0.1, -0.16666666666666666, 0.5});
  for (const double x : result("inverse", {{{2, 2}, {1, 2, 2, 4}}})) {
    CHECK(!std::isfinite(x));
  }
}

TEST_CASE("linear algebra: symmetric matrices") {
  check_close(result("cholesky", {symmetric}), {2.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.5, 1.25, 2.0463381929681126});
  check_close(result("cholesky", {{{2, 2}, {4, 0, 4, 5}}}), {2, 0, 1, 2});  // of the symmetric part
  CHECK(std::isnan(result("cholesky", {{{1, 1}, {-1}}})[0]));
  const std::vector<Numbers> eigen = results("symmetric_eigen", symmetric);
  check_close(eigen[0], {1.9213469419616904, 3.7301591236882587, 9.348493934350051});
  check_close(eigen[1],
              {-0.5145402984640696, 0.7758758589993785, 0.3650546982008077, 0.7460845086298188, 0.1952709472855943,
               0.636574554258013, -0.4226182523733541, -0.5999049162727065, 0.6793437305169812});
  const std::vector<Numbers> lost = results("symmetric_eigen", {{2, 2}, {0, std::nan(""), 1, 0}});
  CHECK(std::isnan(lost[0][0]));
}

TEST_CASE("linear algebra: eigenvectors are orthogonal, turn the matrix into its values, and have their sign") {
  for (const int64_t n : {1, 2, 5, 40, 130}) {
    Leaf a{{n, n}, Numbers(static_cast<size_t>(n * n))};
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) {  // every third value is the one before it
        a.values[static_cast<size_t>(i * n + j)] =
            i == j ? static_cast<double>(i / 3) : 1.0 / static_cast<double>(i + j + 1);
      }
    }
    const std::vector<Numbers> found = results("symmetric_eigen", a);
    const auto vector = [&](int64_t i, int64_t k) { return found[1][static_cast<size_t>(i * n + k)]; };
    double worst = 0;
    for (int64_t k = 0; k < n; ++k) {
      double largest = 0;
      for (int64_t i = 0; i < n; ++i) {
        double product = 0;
        double overlap = 0;
        for (int64_t j = 0; j < n; ++j) {
          product += a.values[static_cast<size_t>(i * n + j)] * vector(j, k);
          overlap += vector(j, i) * vector(j, k);
        }
        worst = std::max(worst, std::abs(product - found[0][static_cast<size_t>(k)] * vector(i, k)));
        worst = std::max(worst, std::abs(overlap - (i == k ? 1 : 0)));
        largest = std::abs(vector(i, k)) > std::abs(largest) ? vector(i, k) : largest;
      }
      CHECK(largest > 0);
    }
    CHECK(worst < 1e-12);
    CHECK(std::is_sorted(found[0].begin(), found[0].end()));
  }
}

TEST_CASE("linear algebra: triangles of matrices that are not square") {
  CHECK(result("lower_triangle", {{{2, 3}, ramp(6, 1)}}) == Numbers{1, 0, 0, 4, 5, 0});
  CHECK(result("lower_triangle", {{{2, 3}, ramp(6, 1)}}, {1}) == Numbers{1, 2, 0, 4, 5, 6});
  CHECK(result("upper_triangle", {{{3, 2}, ramp(6, 1)}}, {-1}) == Numbers{1, 2, 3, 4, 0, 6});
}

}  // namespace atelier::ops::test
