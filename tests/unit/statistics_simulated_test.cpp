// What these figures promise, held over many simulated comparisons of groups between which there is no difference.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <functional>
#include <random>

#include "statistics/bootstrap.hpp"
#include "statistics/multiple.hpp"
#include "statistics/permutation.hpp"

using namespace atelier::statistics;

namespace {

constexpr int comparisons = 2000;

// Normal numbers by Box and Muller, as the standard's own differ by library.
class Simulated {
 public:
  explicit Simulated(uint64_t seed) : random_(seed) {}
  std::vector<double> values(size_t count, double deviation = 1) {
    std::vector<double> out(count);
    for (double& value : out) {
      value = deviation * std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform());
    }
    return out;
  }

 private:
  double uniform() { return (static_cast<double>(random_() >> 11U) + 0.5) * 0x1p-53; }
  std::mt19937_64 random_;
};

int count_of(const std::function<bool()>& found) {
  int count = 0;
  for (int i = 0; i < comparisons; ++i) {
    count += found() ? 1 : 0;
  }
  return count;
}

// That so many of 2,000 are as likely as `rate` says: within 99.9% of the binomial distribution.
void check_rate(int count, double rate) {
  const boost::math::binomial expected(comparisons, rate);
  CHECK(count >= boost::math::quantile(expected, 0.0005));
  CHECK(count <= boost::math::quantile(expected, 0.9995));
  MESSAGE(count, " of ", comparisons, ", expected ", rate * comparisons);
}

std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out(a.size());
  for (size_t i = 0; i < a.size(); ++i) {
    out[i] = a[i] - b[i];
  }
  return out;
}

}  // namespace

TEST_CASE("of paired comparisons without a difference, as many are below 0.05 as can be") {
  Simulated simulated(1);
  for (const size_t seeds : {6, 8, 12}) {
    CAPTURE(seeds);
    // p is a multiple of 2 / 2^n, each as likely.
    const double steps = std::ldexp(1.0, static_cast<int>(seeds) - 1);
    check_rate(count_of([&] {
                 const auto common = simulated.values(seeds, 3);  // what a seed does to both, which is no difference
                 auto a = simulated.values(seeds);
                 auto b = simulated.values(seeds);
                 for (size_t i = 0; i < seeds; ++i) {
                   a[i] += common[i];
                   b[i] += common[i];
                 }
                 return sign_flip_test(differences(a, b)).p <= 0.05;
               }),
               std::floor(0.05 * steps) / steps);
  }
}

TEST_CASE("of unpaired comparisons without a difference, as many are below 0.05 as can be") {
  Simulated simulated(2);
  check_rate(count_of([&] { return label_test(simulated.values(5), simulated.values(5)).p <= 0.05; }), 12.0 / 252);
  const Drawing few{.count = 999};
  check_rate(count_of([&] { return label_test(simulated.values(20), simulated.values(12), few).p <= 0.05; }), 0.05);
}

TEST_CASE("drawn arrangements find no more than all of them do") {
  Simulated simulated(3);
  const Drawing few{.count = 999};
  check_rate(count_of([&] { return sign_flip_test(simulated.values(25), few).p <= 0.05; }), 0.05);
}

TEST_CASE("of families of tests, no more have one below 0.05 by Holm's correction") {
  Simulated simulated(4);
  // Three groups beside each other: their tests depend on one another, so fewer than 0.05 are expected.
  const int found = count_of([&] {
    const auto a = simulated.values(8), b = simulated.values(8), c = simulated.values(8);
    const std::vector<double> p = holm(std::vector<double>{
        sign_flip_test(differences(a, b)).p, sign_flip_test(differences(a, c)).p, sign_flip_test(differences(b, c)).p});
    return std::ranges::any_of(p, [](double value) { return value <= 0.05; });
  });
  const boost::math::binomial most(comparisons, 0.05);
  CHECK(found <= boost::math::quantile(most, 0.9995));
  CHECK(found > 0);
}

TEST_CASE("intervals of few seeds are too narrow by as much as docs/comparing.md says") {
  Simulated simulated(5);
  const Resampling resampling{.count = 999};
  struct Documented {
    size_t seeds;
    double share;
  };
  for (const Documented& one : {Documented{3, 0.74}, {5, 0.83}, {6, 0.86}, {10, 0.9}, {20, 0.93}, {50, 0.95}}) {
    CAPTURE(one.seeds);
    check_rate(count_of([&] {
                 const Interval interval = bca_interval(simulated.values(one.seeds), 0.95, resampling);
                 return interval.low <= 0 && 0 <= interval.high;
               }),
               one.share);
  }
}
