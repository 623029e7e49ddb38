// What tables and curves have where there is no value.
#pragma once

#include <limits>

namespace atelier::compare {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace atelier::compare
