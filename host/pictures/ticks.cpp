#include "pictures/ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace atelier::pictures {
namespace {

// 1, 2 or 5 times a power of ten, the first that is at least `step`.
double round_step(double step) {
  const double power = std::pow(10, std::floor(std::log10(step)));
  for (const double times : {1.0, 2.0, 5.0}) {
    if (times * power >= step * (1 - 1e-9)) {
      return times * power;
    }
  }
  return 10 * power;
}

// With as many decimals as the step has; very large and very small ones as powers of ten.
std::string label_of(double value, double step) {
  constexpr double large = 1e6, small = 1e-4;
  const double size = std::abs(value);
  if (value == 0 && step < small) {
    return "0";
  }
  if (size >= large || (size < small && value != 0)) {
    const auto exponent = static_cast<int>(std::floor(std::log10(size) + 1e-9));
    const int decimals = std::max(0, exponent - static_cast<int>(std::floor(std::log10(step) + 1e-9)));
    return fmt::format("{:.{}f}e{}", value / std::pow(10, exponent), std::min(decimals, 6), exponent);
  }
  return fmt::format("{:.{}f}", value, std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9))));
}

}  // namespace

std::vector<Tick> linear_ticks(double low, double high, int wanted) {
  constexpr double rather_more = 1.5;  // ticks than fewer
  const double step = round_step((high - low) / std::max(wanted, 1) / rather_more);
  std::vector<Tick> ticks;
  const double rounding = step * 1e-6;
  for (double number = std::ceil((low - rounding) / step); number * step <= high + rounding; ++number) {
    const double at = number * step + 0.0;  // of -0 the sum is 0
    ticks.push_back({at, label_of(at, step)});
  }
  return ticks;
}

std::vector<Tick> logarithmic_ticks(double low, double high, int wanted) {
  const double first = std::floor(std::log10(low));
  const double last = std::floor(std::log10(high));
  const double every = std::max(1.0, std::ceil((last - first) / std::max(wanted, 1)));
  constexpr double few = 3;  // powers of ten
  std::vector<Tick> ticks;
  for (double power = first; power <= last; power += every) {
    for (const double times : {1.0, 2.0, 5.0}) {
      const double at = times * std::pow(10, power);
      const bool in_range = at >= low * (1 - 1e-9) && at <= high * (1 + 1e-9);
      if (in_range && (times == 1 || last - first < few)) {
        ticks.push_back({at, label_of(at, at)});
      }
    }
  }
  return ticks.size() < 2 ? linear_ticks(low, high, wanted) : ticks;
}

}  // namespace atelier::pictures
