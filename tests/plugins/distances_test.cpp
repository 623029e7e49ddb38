// Distances between sets of points: known answers, and what torch-fidelity, prdc and SciPy say of the same points
// (distances_values.py).
#include <doctest/doctest.h>

#include "../../plugins/metrics/distances/copying.hpp"
#include "../../plugins/metrics/distances/frechet.hpp"
#include "../../plugins/metrics/distances/kernel.hpp"
#include "../../plugins/metrics/distances/neighbours.hpp"
#include "../../plugins/metrics/distances/sliced.hpp"

using namespace distances;

namespace {

// As in distances_values.py.
Points points(Index count, Index dimensions, uint64_t seed, double scale = 1, double shift = 0) {
  uint64_t x = seed;
  Points out(count, dimensions);
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < dimensions; ++j) {
      double sum = 0;
      for (int draw = 0; draw < 3; ++draw) {
        x = (x * 1103515245 + 12345) % (uint64_t{1} << 31);
        sum += static_cast<double>(x) / 0x1p31;
      }
      out(i, j) = (sum - 1.5) * scale * (1 + 0.25 * static_cast<double>(j)) + shift;
    }
  }
  return out;
}

View view(const Points& points) {
  return {points.data(), points.rows(), points.cols()};
}

// The corners of a box around `middle`, `half` from it along each axis: covariances are diagonal.
Points box(const Eigen::RowVector3d& middle, const Eigen::RowVector3d& half) {
  Points out(8, 3);
  for (Index i = 0; i < 8; ++i) {
    for (Index j = 0; j < 3; ++j) {
      out(i, j) = middle[j] + ((i >> j) % 2 == 0 ? -half[j] : half[j]);
    }
  }
  return out;
}

const Points real = points(80, 5, 1);
const Points generated = points(80, 5, 2, 1.25, 0.125);

}  // namespace

TEST_CASE("frechet distance: as torch-fidelity has it, and in closed form") {
  CHECK(frechet_distance(view(real), view(generated)) == doctest::Approx(0.24719722612177808).epsilon(1e-9));
  const Points a = box({0, 1, 2}, {1, 2, 3});
  const Points b = box({1, 1, 0}, {2, 2, 1});
  // Of diagonal covariances s^2: the squared differences of the means and of the deviations; n / (n - 1) = 8 / 7.
  CHECK(frechet_distance(view(a), view(b)) == doctest::Approx(1 + 4 + (1 + 0 + 4) * 8.0 / 7));
  CHECK(frechet_distance(view(a), view(a)) == doctest::Approx(0).epsilon(1e-9));
}

// Two classes, `apart` from each other along the first axis: the box around 0, and the same box moved.
TEST_CASE("distances: equal sets, and a set with one of two classes missing") {
  constexpr double apart = 1000;  // so far that a class is one place to sliced distances
  const Points one = box({0, 0, 0}, {1, 2, 3});
  const Points other = box({apart, 0, 0}, {1, 2, 3});
  Points both(16, 3), first_twice(16, 3);
  both << one, other;
  first_twice << one, one;
  // Along the first axis the means differ by half of `apart`; variances over n - 1 are 16 / 15 of those over n, which
  // are 1 + (apart / 2)^2 of both classes and 1 of the first.
  const double moved = apart * apart / 4;
  CHECK(frechet_distance(view(both), view(first_twice)) ==
        doctest::Approx(moved + std::pow(std::sqrt(1 + moved) - 1, 2) * 16 / 15));
  CHECK(frechet_distance(view(both), view(both)) == doctest::Approx(0).epsilon(1e-6));
  // Of a set and itself: 2 / n of what a point's kernel with itself is less than with another, on average.
  const auto kernel_of = [&](Index i, Index j) { return std::pow(both.row(i).dot(both.row(j)) / 3 + 1, 3); };
  double with_itself = 0, with_others = 0;
  for (Index i = 0; i < 16; ++i) {
    for (Index j = 0; j < 16; ++j) {
      (i == j ? with_itself : with_others) += kernel_of(i, j) / (i == j ? 16 : 16 * 15);
    }
  }
  CHECK(kernel_distance(view(both), view(both)) == doctest::Approx((with_others - with_itself) * 2 / 16));
  CHECK(kernel_distance(view(both), view(first_twice)) > 100);
  // Half of the points move by `apart` along one of three axes: apart^2 / 2 / 3 in the mean over directions.
  CHECK(sliced_wasserstein_distance(view(both), view(first_twice), 8000, 1) ==
        doctest::Approx(std::sqrt(apart * apart / 6)).epsilon(0.02));
}

TEST_CASE("frechet distance: fewer points than dimensions, and points that are all one") {
  const Points few = points(3, 5, 4);
  CHECK(frechet_distance(view(few), view(few)) == doctest::Approx(0).epsilon(1e-7));
  const Points one = Points::Constant(4, 5, 2);
  CHECK(frechet_distance(view(one), view(one)) == 0);
  CHECK(frechet_distance(view(one), view(real)) == frechet_distance(view(one), view(real)));  // a number
}

TEST_CASE("kernel distance: as torch-fidelity has it; of halves of one set it is about 0") {
  CHECK(kernel_distance(view(real), view(generated)) == doctest::Approx(0.013659540723325314).epsilon(1e-9));
  const Points many = points(2000, 5, 7);
  const View first(many.data(), 1000, 5);
  const View second(many.data() + 5000, 1000, 5);
  CHECK(std::abs(kernel_distance(first, second)) < 0.01);
}

TEST_CASE("precision, recall, density, coverage: as prdc has them") {
  const Overlap three = overlap(view(real), view(generated), 3);
  CHECK(three.precision == doctest::Approx(0.775));
  CHECK(three.recall == doctest::Approx(0.925));
  CHECK(three.density == doctest::Approx(0.7125));
  CHECK(three.coverage == doctest::Approx(0.8875));
  const Overlap five = overlap(view(real), view(generated), 5);
  CHECK(five.precision == doctest::Approx(0.8625));
  CHECK(five.recall == doctest::Approx(0.9875));
  CHECK(five.density == doctest::Approx(0.77));
  CHECK(five.coverage == doctest::Approx(0.9875));
}

TEST_CASE("precision, recall, density, coverage: equal sets, and a set without one of two clusters") {
  const Overlap same = overlap(view(real), view(real), 5);
  CHECK(same.precision == 1);
  CHECK(same.recall == 1);
  CHECK(same.coverage == 1);
  CHECK(same.density == doctest::Approx(1));
  Points clusters(200, 5);
  clusters << points(100, 5, 1), points(100, 5, 2, 1, 100);
  const Points half = points(200, 5, 3);
  const Overlap missing = overlap(view(clusters), view(half), 5);
  CHECK(missing.precision > 0.8);
  CHECK(missing.recall <= 0.5);
  CHECK(missing.coverage <= 0.5);
}

TEST_CASE("neighbours are found over several blocks as by the definition") {
  const Points many = points(1100, 3, 5);
  const Points others = points(700, 3, 6);
  const std::vector<double> found = nearest_in(view(many), view(others));
  const std::vector<double> own = nearest_of_own(view(many), 2);
  for (const Index i : {0, 511, 512, 1099}) {
    CHECK(found[static_cast<size_t>(i)] ==
          doctest::Approx((others.rowwise() - many.row(i)).rowwise().squaredNorm().minCoeff()));
    std::vector<double> distances;
    for (Index j = 0; j < many.rows(); ++j) {
      distances.push_back((many.row(j) - many.row(i)).squaredNorm());
    }
    std::sort(distances.begin(), distances.end());
    CHECK(own[static_cast<size_t>(i)] == doctest::Approx(distances[2]));
  }
}

TEST_CASE("sliced Wasserstein distance: a shift along one axis") {
  const Points line = points(50, 1, 1);
  const Points moved = (line.array() + 0.75).matrix();
  CHECK(sliced_wasserstein_distance(view(line), view(moved), 8, 1) == doctest::Approx(0.75));
  // In D dimensions the mean of the squared cosine is 1 / D.
  const Points cloud = points(50, 4, 1);
  Points shifted = cloud;
  shifted.col(2).array() += 2;
  CHECK(sliced_wasserstein_distance(view(cloud), view(shifted), 4000, 1) == doctest::Approx(1).epsilon(0.03));
  CHECK(sliced_wasserstein_distance(view(cloud), view(cloud), 16, 1) == 0);
}

TEST_CASE("copying: the rank test as SciPy has it, copies, and ties") {
  const Points training = points(200, 5, 3);
  const Copying found = copying(nearest_in(view(real), view(training)), nearest_in(view(generated), view(training)));
  CHECK(found.z == doctest::Approx(0.39586370701816237).epsilon(1e-9));
  CHECK(found.nearer == doctest::Approx(0.481875));
  CHECK(found.copies == doctest::Approx(0.025));
  const View copied(training.data(), 80, 5);
  const Copying copies = copying(nearest_in(view(real), view(training)), nearest_in(copied, view(training)));
  CHECK(copies.nearer == 1);
  CHECK(copies.copies == 1);
  CHECK(copies.z < -10);
  const Copying tied = copying({1, 1, 1}, {1, 1});
  CHECK(tied.z == 0);
  CHECK(tied.nearer == 0.5);
}
