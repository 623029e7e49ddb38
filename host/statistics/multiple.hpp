// Many tests at once.
#pragma once

#include <span>
#include <vector>

namespace atelier::statistics {

// Holm (1979): the i-th smallest of m times m - i + 1, never smaller than one before it, and never above 1: what is
// below alpha then is so by chance in no more than that share of all such families of tests. Of NaN NaN, which is no
// test.
std::vector<double> holm(std::span<const double> p);

}  // namespace atelier::statistics
