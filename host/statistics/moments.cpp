#include "statistics/moments.hpp"

#include <algorithm>
#include <cmath>

namespace atelier::statistics {
namespace {

// A sum that loses nothing to the order of its parts (Neumaier 1974).
class Sum {
 public:
  void add(double value) {
    const double sum = sum_ + value;
    lost_ += std::abs(sum_) >= std::abs(value) ? (sum_ - sum) + value : (value - sum) + sum_;
    sum_ = sum;
  }
  [[nodiscard]] double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0, lost_ = 0;
};

double mean_of(std::span<const double> values) {
  Sum sum;
  for (const double value : values) {
    sum.add(value);
  }
  return sum.value() / static_cast<double>(values.size());
}

double products(std::span<const double> a, std::span<const double> b) {
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  Sum sum;
  for (size_t i = 0; i < a.size(); ++i) {
    sum.add((a[i] - mean_a) * (b[i] - mean_b));
  }
  return sum.value();
}

Estimate unless_infinite(double value) {
  return std::isfinite(value) ? Estimate{value, Lack::none}
                              : Estimate{std::numeric_limits<double>::quiet_NaN(), Lack::not_finite};
}

}  // namespace

Estimate mean(std::span<const double> values) {
  const Lack lack = lack_of(values, 1);
  return lack == Lack::none ? unless_infinite(mean_of(values)) : Estimate{.lack = lack};
}

Estimate deviation(std::span<const double> values) {
  if (const Lack lack = lack_of(values, 2); lack != Lack::none) {
    return {.lack = lack};
  }
  if (all_equal(values)) {  // whose mean may be rounded
    return {0, Lack::none};
  }
  return unless_infinite(std::sqrt(products(values, values) / static_cast<double>(values.size() - 1)));
}

Estimate correlation(std::span<const double> a, std::span<const double> b) {
  constexpr size_t least = 3;
  for (const auto values : {a, b}) {
    if (const Lack lack = lack_of(values, least); lack != Lack::none) {
      return {.lack = lack};
    }
    if (all_equal(values)) {
      return {.lack = Lack::all_equal};
    }
  }
  const double value = products(a, b) / std::sqrt(products(a, a)) / std::sqrt(products(b, b));
  return unless_infinite(std::isfinite(value) ? std::clamp(value, -1.0, 1.0) : value);
}

Estimate mean_height(std::span<const double> x, std::span<const double> y) {
  for (const auto values : {x, y}) {
    if (const Lack lack = lack_of(values, 2); lack != Lack::none) {
      return {.lack = lack};
    }
  }
  if (x.front() == x.back()) {
    return {.lack = Lack::all_equal};
  }
  Sum area;
  for (size_t i = 1; i < x.size(); ++i) {
    area.add((x[i] - x[i - 1]) * (y[i] / 2 + y[i - 1] / 2));
  }
  return unless_infinite(area.value() / (x.back() - x.front()));
}

}  // namespace atelier::statistics
