// Figures of this room beside SciPy's, and what it says where there are none.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "statistics/bootstrap.hpp"
#include "statistics/effect.hpp"
#include "statistics/multiple.hpp"
#include "statistics/permutation.hpp"
#include "statistics_scipy.hpp"

using namespace atelier::statistics;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// To twelve digits.
doctest::Approx near(double value) {
  return doctest::Approx(value).epsilon(1e-12).scale(0);
}

std::vector<double> differences_of(const scipy::Case& of) {
  std::vector<double> out;
  for (size_t i = 0; i < std::min(of.a.size(), of.b.size()); ++i) {
    out.push_back(of.a[i] - of.b[i]);
  }
  return out;
}

}  // namespace

TEST_CASE("means, deviations, correlations and areas are SciPy's") {
  for (const scipy::Case& one : scipy::cases) {
    CAPTURE(one.name);
    CHECK(mean(one.a).value == near(one.values.mean));
    CHECK(deviation(one.a).value == near(one.values.deviation));
    const size_t pairs = std::min(one.a.size(), one.b.size());
    CHECK(correlation(std::span(one.a).first(pairs), std::span(one.b).first(pairs)).value ==
          near(one.values.correlation));
    std::vector<double> squares(one.a.size());
    for (size_t i = 0; i < squares.size(); ++i) {
      squares[i] = static_cast<double>(i * i);
    }
    CHECK(mean_height(squares, one.a).value == near(one.values.height));
  }
}

TEST_CASE("of the same resamples, intervals are SciPy's") {
  for (const scipy::Case& one : scipy::cases) {
    CAPTURE(one.name);
    const Interval mean = bca_interval(one.a, 0.95);
    CHECK(mean.low == near(one.values.low));
    CHECK(mean.high == near(one.values.high));
    const Interval narrower = bca_interval(one.a, 0.9);
    CHECK(narrower.low == near(one.values.low_90));
    CHECK(narrower.high == near(one.values.high_90));
    const Interval difference = bca_interval(one.a, one.b, 0.95);
    CHECK(difference.low == near(one.values.low_of_difference));
    CHECK(difference.high == near(one.values.high_of_difference));
  }
}

TEST_CASE("exact permutation tests and effects are SciPy's") {
  for (const scipy::Case& one : scipy::cases) {
    CAPTURE(one.name);
    const std::vector<double> differences = differences_of(one);
    const Test pairs = sign_flip_test(differences);
    CHECK(pairs.exact);
    CHECK(pairs.arrangements == size_t{1} << differences.size());
    CHECK(pairs.p == near(one.values.sign_flip));
    const Test labels = label_test(one.a, one.b);
    CHECK(labels.exact);
    CHECK(labels.p == near(one.values.label));
    constexpr double cancelled = 1e-10;  // of a million, more or less ten
    CHECK(paired_effect(differences).value == doctest::Approx(one.values.paired_effect).epsilon(cancelled));
    CHECK(unpaired_effect(one.a, one.b).value == doctest::Approx(one.values.unpaired_effect).epsilon(cancelled));
  }
}

TEST_CASE("power and Hedges' correction are SciPy's") {
  for (const scipy::Power& one : scipy::powers) {
    CAPTURE(one.effect);
    CAPTURE(one.n);
    constexpr double close = 1e-8;
    CHECK(paired_power(one.effect, one.n, one.alpha) == doctest::Approx(one.paired).epsilon(close));
    CHECK(paired_power(-one.effect, one.n, one.alpha) == doctest::Approx(one.paired).epsilon(close));
    CHECK(unpaired_power(one.effect, one.n, one.alpha) == doctest::Approx(one.unpaired).epsilon(close));
  }
  for (const scipy::Correction& one : scipy::corrections) {
    CHECK(hedges_correction(one.degrees) == near(one.value));
  }
}

TEST_CASE("what values cannot tell has a reason instead of a figure") {
  const std::vector<double> none;
  const std::vector<double> one{1}, two{1, 2}, equal{0.1, 0.1, 0.1};
  CHECK(mean(none).lack == Lack::too_few);
  CHECK(mean(one).value == 1);
  CHECK(deviation(one).lack == Lack::too_few);
  CHECK(deviation(equal).value == 0);
  CHECK(bca_interval(one, 0.95).lack == Lack::too_few);
  CHECK(bca_interval(two, 0.95).lack == Lack::too_few);
  CHECK(bca_interval(equal, 0.95).lack == Lack::all_equal);
  CHECK(bca_interval(two, equal, 0.95).lack == Lack::too_few);
  CHECK(bca_interval(equal, equal, 0.95).lack == Lack::all_equal);
  CHECK(sign_flip_test(none).lack == Lack::too_few);
  CHECK(label_test(none, two).lack == Lack::too_few);
  CHECK(paired_effect(two).lack == Lack::too_few);
  CHECK(paired_effect(equal).lack == Lack::all_equal);
  CHECK(unpaired_effect(equal, equal).lack == Lack::all_equal);
  CHECK(correlation(equal, std::vector<double>{1, 2, 3}).lack == Lack::all_equal);
  CHECK(mean_height(one, one).lack == Lack::too_few);
  for (const std::vector<double>& values : {std::vector<double>{1, unknown, 2}, std::vector<double>{1, infinite, 2}}) {
    CHECK(mean(values).lack == Lack::not_finite);
    CHECK(std::isnan(mean(values).value));
    CHECK(bca_interval(values, 0.95).lack == Lack::not_finite);
    CHECK(std::isnan(bca_interval(values, 0.95).low));
    CHECK(sign_flip_test(values).lack == Lack::not_finite);
    CHECK(label_test(values, two).lack == Lack::not_finite);
    CHECK(std::isnan(label_test(values, two).p));
  }
  constexpr double largest = std::numeric_limits<double>::max();
  CHECK(mean(std::array{largest, largest}).lack == Lack::not_finite);  // as their sum is too large
}

TEST_CASE("sums that are equal but for rounding count as equal") {
  // 0.1 + 0.2 - 0.3 is 5.6e-17, and in another order 2.8e-17 or 0: all eight sums are one of four values.
  CHECK(sign_flip_test(std::array{0.1, 0.2, -0.3}).p == 1);
  const std::array tenths{0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
  const std::array whole{1.0, 2.0, 3.0, 4.0, 5.0, 6.0};
  std::array<double, 6> some_tenths{}, some_whole{};
  for (size_t flipped = 0; flipped < 6; ++flipped) {
    some_tenths = tenths;
    some_whole = whole;
    some_tenths[flipped] *= -1;
    some_whole[flipped] *= -1;
    CHECK(sign_flip_test(some_tenths).p == sign_flip_test(some_whole).p);
    CHECK(label_test(some_tenths, tenths).p == label_test(some_whole, whole).p);
  }
  CHECK(sign_flip_test(std::array{0.0, 0.0, 0.0}).p == 1);
}

TEST_CASE("the smallest p is the one that values in one direction have") {
  std::vector<double> differences;
  for (size_t pairs = 1; pairs <= most_exact_pairs + 1; ++pairs) {
    differences.push_back(1 + 1 / static_cast<double>(pairs));
    const Test found = sign_flip_test(differences);
    CHECK(found.exact == (pairs <= most_exact_pairs));
    CHECK(found.p == near(smallest_sign_flip_p(pairs)));
  }
  CHECK(smallest_sign_flip_p(3) == 0.25);
  CHECK(smallest_sign_flip_p(5) == 0.0625);
  CHECK(smallest_label_p(3, 3) == near(0.1));
  CHECK(label_test(std::array{1.0, 2.0, 3.0}, std::array{4.0, 5.0, 6.0}).p == near(0.1));
  CHECK(label_test(std::array{1.0}, std::array{4.0}).p == 1);
  CHECK(pairs_to_reach(0.05) == 6);
  CHECK(pairs_to_reach(0.0625) == 5);
}

TEST_CASE("drawn arrangements come close to all of them, and are the same each time") {
  std::vector<double> a(14), b(14);
  for (size_t i = 0; i < a.size(); ++i) {
    a[i] = std::sin(static_cast<double>(i * i)) + 0.2;
    b[i] = std::cos(static_cast<double>(3 * i * i));
  }
  const Test labels = label_test(a, b);  // of 40 million arrangements
  CHECK(!labels.exact);
  CHECK(labels.p == label_test(a, b).p);
  std::vector<double> differences;
  for (const double sign : {1.0, -0.9}) {
    for (size_t i = 0; i < 12; ++i) {
      differences.push_back(sign * a[i] + 0.05);
    }
  }
  const Test drawn = sign_flip_test(differences);
  CHECK(!drawn.exact);
  // By the normal approximation, whose error is small for 24 pairs.
  const double sum = std::accumulate(differences.begin(), differences.end(), 0.0);
  const double squares = std::inner_product(differences.begin(), differences.end(), differences.begin(), 0.0);
  CHECK(drawn.p == doctest::Approx(std::erfc(sum / std::sqrt(2 * squares))).epsilon(0.02));
}

TEST_CASE("Holm's correction") {
  CHECK(holm(std::array{0.01, 0.04, 0.03, 0.005}) == std::vector<double>{0.03, 0.06, 0.06, 0.02});
  const std::vector<double> with_none = holm(std::array{0.5, unknown, 0.6});
  CHECK(with_none[0] == 1);
  CHECK(std::isnan(with_none[1]));
  CHECK(holm(std::vector<double>()).empty());
}

TEST_CASE("the seeds that it takes have the power, and one fewer has not") {
  for (const double effect : {0.3, 0.8, 1.5, 4.0, 40.0}) {
    CAPTURE(effect);
    const auto pairs = pairs_needed(effect, 0.05, 0.8, 1000);
    REQUIRE(pairs);
    CHECK(*pairs >= 6);  // fewer cannot reach 0.05
    CHECK(paired_power(effect, *pairs, 0.05) >= 0.8);
    CHECK((*pairs == 6 || paired_power(effect, *pairs - 1, 0.05) < 0.8));
    const auto each = values_needed(effect, 0.05, 0.8, 1000);
    REQUIRE(each);
    CHECK(*each >= 4);  // 2 / 70
    CHECK(unpaired_power(effect, *each, 0.05) >= 0.8);
  }
  CHECK(!pairs_needed(0.01, 0.05, 0.8, 1000));
  CHECK(!pairs_needed(0, 0.05, 0.8, 1000));
}
