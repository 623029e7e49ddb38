// Numbers that are not finite, in tests of reports.
#pragma once

#include <limits>

namespace atelier::report::test {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

}  // namespace atelier::report::test
