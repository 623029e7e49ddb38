// An interval for the mean difference of two experiments that may be looked at after every seed.
//
// With seed i both are run; d_i is the difference of what they come to. Taken as independent and normal with an unknown
// mean m and an unknown spread, the differences give, after n of them with mean D and standard deviation s (n - 1 in
// the denominator), the set of all m for which
//
//   B_n(m) = (1 + g n)^(-1/2) ((1 + t^2 / (n - 1)) / (1 + t^2 / ((n - 1) (1 + g n))))^(n / 2)  <  1 / alpha,
//   t = sqrt(n) (D - m) / s.
//
// B_n is the likelihood ratio of what does not depend on the scale of the differences, for an effect (mean over spread)
// drawn from a normal distribution with variance g against no effect. It is a martingale from 1 where m is the mean, so
// by Ville's inequality the probability that it ever reaches 1 / alpha, at whichever n somebody looks and stops, is at
// most alpha. T. L. Lai, "On confidence sequences", Annals of Statistics 4 (1976); H. Wang and A. Ramdas,
// "Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance" (2023).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace atelier::decision {

// The variance g. It was fixed beforehand, for intervals that are short after some five seeds; any other is as valid.
inline constexpr double effect_variance = 4.0;

struct MeanInterval {
  int64_t count = 0;  // of differences
  double mean = 0;
  double spread = 0;         // their standard deviation; 0 for fewer than two
  double low = 0, high = 0;  // infinite while there are too few of them
  // The sign of the mean is known: 1 or -1; 0 where the interval has both.
  [[nodiscard]] int sign() const { return low > 0 ? 1 : high < 0 ? -1 : 0; }
};

// Half the length of the interval after `count` differences, in standard deviations; infinite for too few. Grows with
// smaller alpha in (0, 1). Falls with every difference that is added.
double half_length(int64_t count, double alpha);

// After all of these differences, each finite. Differences that are all the same have no spread, which no normal
// numbers have: of their mean nothing is known then, and the interval is infinite.
MeanInterval interval_of(std::span<const double> differences, double alpha);

// How many more differences settle the sign if mean and spread stay what they are; nothing where more than `most` would
// be needed, and where they have no spread yet.
std::optional<int64_t> differences_to_go(const MeanInterval& now, double alpha, int64_t most);

}  // namespace atelier::decision
