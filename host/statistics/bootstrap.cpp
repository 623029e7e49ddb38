#include "statistics/bootstrap.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <utility>
#include <vector>

#include "statistics/moments.hpp"
#include "statistics/random.hpp"

namespace atelier::statistics {
namespace {

constexpr size_t least_values = 3;

double resampled_mean(std::span<const double> values, SplitMix64& random) {
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    sum += values[random.below(values.size())];
  }
  return sum / static_cast<double>(values.size());
}

// U_i / n of the jackknife: (n - 1) (mean of the means without one - mean without i) / n, which is (x_i - mean) / n.
void add_influences(std::span<const double> values, double sign, std::vector<double>& out) {
  const double middle = mean(values).value;
  for (const double value : values) {
    out.push_back(sign * (value - middle) / static_cast<double>(values.size()));
  }
}

// More than the mean of such values is rounded by.
double rounding_of_mean(std::span<const double> values) {
  constexpr double ulps = 32;
  double largest = 0;
  for (const double value : values) {
    largest = std::max(largest, std::abs(value));
  }
  return ulps * std::numeric_limits<double>::epsilon() * largest;
}

// The share below, those that are equal but for rounding counting half.
double share_below(std::span<const double> values, double middle, double rounding) {
  double below = 0;
  for (const double value : values) {
    below += value < middle - rounding ? 1 : value <= middle + rounding ? 0.5 : 0;
  }
  return below / static_cast<double>(values.size());
}

// Between two neighbours, linearly. Changes the order of the values.
double quantile(std::vector<double>& values, double part) {
  const double place = std::clamp(part, 0.0, 1.0) * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<std::ptrdiff_t>(std::floor(place));
  const auto at = values.begin() + lower;
  std::ranges::nth_element(values, at);
  if (at + 1 == values.end()) {
    return *at;
  }
  const double above = *std::min_element(at + 1, values.end());
  return *at + (place - static_cast<double>(lower)) * (above - *at);
}

// What is known of a mean, or a difference of means.
struct Resampled {
  std::vector<double> all;
  double mean, rounding;
  std::vector<double> influences;  // how far each value moves the mean
};

Interval interval_of(Resampled from, double level) {
  const boost::math::normal standard;
  const double below = share_below(from.all, from.mean, from.rounding);
  if (below <= 0 || below >= 1) {  // as of an infinite z0
    return {.lack = Lack::too_few};
  }
  const double z0 = boost::math::quantile(standard, below);
  double unit = 0;  // so that no square is too small, or too large, for a double
  for (const double influence : from.influences) {
    unit = std::max(unit, std::abs(influence));
  }
  double cubes = 0, squares = 0;
  for (const double influence : from.influences) {
    const double part = influence / unit;
    cubes += part * part * part;
    squares += part * part;
  }
  const double a = cubes / (6 * squares * std::sqrt(squares));
  const auto bound = [&](double z) {
    return quantile(from.all, boost::math::cdf(standard, z0 + (z0 + z) / (1 - a * (z0 + z))));
  };
  const double z = boost::math::quantile(standard, (1 + level) / 2);
  const double low = bound(-z);
  return {low, bound(z), Lack::none};
}

}  // namespace

Interval bca_interval(std::span<const double> values, double level, const Resampling& resampling) {
  if (const Lack lack = lack_of(values, least_values); lack != Lack::none) {
    return {.lack = lack};
  }
  if (all_equal(values)) {
    return {.lack = Lack::all_equal};
  }
  SplitMix64 random(resampling.seed);
  std::vector<double> means(resampling.count);
  std::ranges::generate(means, [&] { return resampled_mean(values, random); });
  std::vector<double> influences;
  add_influences(values, 1, influences);
  return interval_of({std::move(means), mean(values).value, rounding_of_mean(values), influences}, level);
}

Interval bca_interval(std::span<const double> a, std::span<const double> b, double level,
                      const Resampling& resampling) {
  for (const auto values : {a, b}) {
    if (const Lack lack = lack_of(values, least_values); lack != Lack::none) {
      return {.lack = lack};
    }
  }
  if (all_equal(a) && all_equal(b)) {
    return {.lack = Lack::all_equal};
  }
  SplitMix64 random(resampling.seed);
  std::vector<double> differences(resampling.count);
  std::ranges::generate(differences, [&] {
    const double of_a = resampled_mean(a, random);
    return of_a - resampled_mean(b, random);
  });
  std::vector<double> influences;
  add_influences(a, 1, influences);
  add_influences(b, -1, influences);
  return interval_of({std::move(differences), mean(a).value - mean(b).value,
                      std::max(rounding_of_mean(a), rounding_of_mean(b)), influences},
                     level);
}

}  // namespace atelier::statistics
