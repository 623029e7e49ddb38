// A curve in one line of text.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace atelier::terminal {

inline constexpr size_t curve_columns = 40;  // of a metric over a whole run

// At most `columns` of ▁▂▃▄▅▆▇█ from the smallest to the largest value, each the mean of an equal share of `values` in
// their order. NaN and infinite values are left out, a share without any other is a space. Equal values are all ▄.
std::string sparkline(std::span<const double> values, size_t columns);

}  // namespace atelier::terminal
