// Whether a difference could be chance: tests that assume no distribution, by all arrangements that would have been as
// likely if there were no difference (Fisher 1935), or by many of them drawn at random.
//
// Two-sided: twice the smaller share of arrangements whose sum is at least, or at most, the one that was seen, itself
// among them; never above 1. Of m drawn arrangements, b of them as extreme, the share is (b + 1) / (m + 1) (Phipson and
// Smyth 2010). Sums that differ by no more than rounding are equal.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "statistics/lack.hpp"

namespace atelier::statistics {

struct Test {
  double p = std::numeric_limits<double>::quiet_NaN();
  bool exact = false;         // by all arrangements
  uint64_t arrangements = 0;  // that were looked at
  Lack lack = Lack::too_few;
};

struct Drawing {
  uint64_t count = 99999;
  uint64_t seed = 1935;
};

constexpr size_t most_exact_pairs = 20;                // 2^20 arrangements
constexpr uint64_t most_exact_arrangements = 200'000;  // of labels: those of 20 values are fewer

// Of pairs, by their differences: each could as well have had the other sign. Of one pair or more.
Test sign_flip_test(std::span<const double> differences, const Drawing& drawing = {});
// Of two groups without pairs: each value could as well have been of the other group. Of one value or more of each.
Test label_test(std::span<const double> a, std::span<const double> b, const Drawing& drawing = {});

// The smallest p that there can be, whatever the values are: 2^(1 - n) of n pairs, 2 / (a + b over a) of groups; of
// drawn arrangements 2 / (m + 1). 1 where there are none.
double smallest_sign_flip_p(size_t pairs, const Drawing& drawing = {});
double smallest_label_p(size_t a, size_t b, const Drawing& drawing = {});
// How many pairs it takes at least for the smallest p to be `alpha` or less, which is above 0.
size_t pairs_to_reach(double alpha);

}  // namespace atelier::statistics
