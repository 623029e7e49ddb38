#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "decision/confidence_sequence.hpp"

namespace atelier::decision {
namespace {

// Normal numbers that are the same on every machine (G. E. P. Box and M. E. Muller 1958).
class Normal {
 public:
  explicit Normal(uint64_t seed) : bits_(seed) {}
  double operator()() {
    constexpr double two_pi = 6.283185307179586;
    const double radius = std::sqrt(-2 * std::log(1 - share()));
    return radius * std::cos(two_pi * share());
  }

 private:
  double share() { return static_cast<double>(bits_() >> 11U) * 0x1p-53; }
  std::mt19937_64 bits_;
};

constexpr double mean = 0.3, spread = 2.5;

// Of so many sequences, in how many any of the intervals after 2, 3, ... `longest` differences is beside the mean.
template <typename HalfLength>
int missed(int sequences, int longest, const HalfLength& half_length_of) {
  int misses = 0;
  for (int number = 0; number < sequences; ++number) {
    Normal normal(static_cast<uint64_t>(number));
    std::vector<double> differences;
    for (bool covered = true; covered && static_cast<int>(differences.size()) < longest;) {
      differences.push_back(mean + spread * normal());
      const MeanInterval interval = interval_of(differences, 0.05);
      if (interval.count < 2) {
        continue;
      }
      covered = std::fabs(interval.mean - mean) < half_length_of(interval.count) * interval.spread;
      misses += covered ? 0 : 1;
    }
  }
  return misses;
}

// The normal approximation to the binomial distribution, at 99.9% to one side.
double most_misses(int sequences, double alpha) {
  return sequences * alpha + 3.09 * std::sqrt(sequences * alpha * (1 - alpha));
}

TEST_CASE("an interval looked at after every difference misses the mean no more often than it says") {
  constexpr int sequences = 4000, longest = 300;
  for (const double alpha : {0.05, 0.2}) {
    const int misses = missed(sequences, longest, [&](int64_t count) { return half_length(count, alpha); });
    CAPTURE(alpha);
    CHECK(misses <= most_misses(sequences, alpha));
    CHECK(misses >= sequences * alpha / 4);  // and is not as long as it likes
  }
}

TEST_CASE("that the test above notices: an interval that may be looked at once misses several times as often") {
  constexpr int sequences = 500, longest = 300;
  const auto once = [](int64_t count) {  // Student's t at 95% is no shorter than the normal distribution's 1.96
    return 2.1 / std::sqrt(static_cast<double>(count));
  };
  CHECK(missed(sequences, longest, once) > 4 * most_misses(sequences, 0.05));
}

TEST_CASE("half an interval's length is that where the likelihood ratio, integrated numerically, is 1 / alpha") {
  // By quadrature over the effect of the noncentral t density times the normal prior, over Student's density, and
  // Brent's root: SciPy 1.17.1, integrate.quad, stats.nct, stats.t, optimize.brentq.
  struct Figure {
    int64_t count;
    double alpha, half;
  };
  constexpr std::array figures{
      Figure{4, 0.05, 3.606991815},  Figure{5, 0.05, 2.395886053},  Figure{6, 0.05, 1.930424830},
      Figure{8, 0.05, 1.486218342},  Figure{10, 0.05, 1.255727687}, Figure{20, 0.05, 0.812716133},
      Figure{50, 0.05, 0.499934240}, Figure{3, 0.2, 2.883379998},   Figure{5, 0.01, 4.352383920},
      Figure{10, 0.01, 1.615259679}, Figure{10, 0.1, 1.112290631}};
  for (const Figure& figure : figures) {
    CAPTURE(figure.count);
    CAPTURE(figure.alpha);
    CHECK(half_length(figure.count, figure.alpha) == doctest::Approx(figure.half).epsilon(1e-7));
  }
}

TEST_CASE("too few differences say nothing, and each more says more") {
  for (const double alpha : {0.2, 0.05, 0.001}) {
    CAPTURE(alpha);
    CHECK(std::isinf(half_length(0, alpha)));
    CHECK(std::isinf(half_length(1, alpha)));
    bool falls = true;
    for (int64_t count = 2; count < 5000; ++count) {
      const double before = half_length(count, alpha);
      falls = falls && (half_length(count + 1, alpha) < before || std::isinf(before));
    }
    CHECK(falls);
    CHECK(half_length(5000, alpha) < 0.1);
  }
  CHECK(std::isinf(half_length(3, 0.05)));
  CHECK_FALSE(std::isinf(half_length(4, 0.05)));
  CHECK(half_length(10, 0.01) > half_length(10, 0.05));
}

TEST_CASE("an interval moves and grows with its differences, and has a sign where it has no zero") {
  const std::vector<double> differences{1.0, 1.2, 0.9, 1.1, 1.05, 0.95};
  const MeanInterval interval = interval_of(differences, 0.05);
  CHECK(interval.count == 6);
  CHECK(interval.mean == doctest::Approx(6.2 / 6));
  CHECK(interval.spread == doctest::Approx(0.108012345));  // numpy.std(ddof=1)
  CHECK(interval.high - interval.mean == doctest::Approx(1.930424830 * 0.108012345));
  CHECK(interval.sign() == 1);

  std::vector<double> turned;
  for (const double difference : differences) {
    turned.push_back(-1000 * difference);
  }
  const MeanInterval other = interval_of(turned, 0.05);
  CHECK(other.low == doctest::Approx(-1000 * interval.high));
  CHECK(other.high == doctest::Approx(-1000 * interval.low));
  CHECK(other.sign() == -1);
  CHECK(interval_of(std::vector<double>{1.0, -1.2, 0.9, -1.1, 1.0}, 0.05).sign() == 0);
}

TEST_CASE("a spread is not lost beside a mean that is a thousand million times as large") {
  const std::vector<double> differences{1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4};
  CHECK(interval_of(differences, 0.05).spread == doctest::Approx(1.2909944487));
}

TEST_CASE("differences that are all the same, one, or none at all settle nothing") {
  for (const std::vector<double>& differences :
       {std::vector<double>{}, std::vector<double>{1.0}, std::vector<double>(20, 1.0), std::vector<double>(20, 0.0)}) {
    const MeanInterval interval = interval_of(differences, 0.05);
    CHECK(interval.count == static_cast<int64_t>(differences.size()));
    CHECK(interval.sign() == 0);
    CHECK(std::isinf(interval.high));
    CHECK_FALSE(differences_to_go(interval, 0.05, 1000).has_value());
  }
}

TEST_CASE("what is left is forecast from the present mean and spread") {
  const std::vector<double> differences{1.0, 2.0, 3.0, 4.0};  // 2.5 and 1.29: half 3.6 times the spread
  const MeanInterval now = interval_of(differences, 0.05);
  CHECK(now.sign() == 0);
  const auto to_go = differences_to_go(now, 0.05, 100);
  REQUIRE(to_go.has_value());
  CHECK(*to_go == 2);  // half 2.40 of five, 1.93 of six; 2.5 / 1.29 = 1.94
  CHECK_FALSE(differences_to_go(now, 0.05, 1).has_value());

  const MeanInterval settled = interval_of(std::vector<double>{1.0, 1.2, 0.9, 1.1, 1.05, 0.95}, 0.05);
  CHECK(differences_to_go(settled, 0.05, 100) == 0);
  const MeanInterval none = interval_of(std::vector<double>{1.0, -1.0, 1.0, -1.0}, 0.05);
  CHECK_FALSE(differences_to_go(none, 0.05, 1'000'000).has_value());
}

}  // namespace
}  // namespace atelier::decision
