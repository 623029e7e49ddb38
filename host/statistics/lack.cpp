#include "statistics/lack.hpp"

#include <algorithm>
#include <cmath>

namespace atelier::statistics {

std::string to_string(Lack lack) {
  switch (lack) {
    case Lack::none:
      return "";
    case Lack::too_few:
      return "too few values";
    case Lack::all_equal:
      return "all values are equal";
    case Lack::not_finite:
      return "a value is not finite";
  }
  return "";
}

Lack lack_of(std::span<const double> values, size_t least) {
  if (!std::ranges::all_of(values, [](double value) { return std::isfinite(value); })) {
    return Lack::not_finite;
  }
  return values.size() < least ? Lack::too_few : Lack::none;
}

bool all_equal(std::span<const double> values) {
  return std::ranges::all_of(values, [&](double value) { return value == values.front(); });
}

}  // namespace atelier::statistics
