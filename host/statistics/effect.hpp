// How large a difference is beside its spread, and how many seeds would show it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "statistics/moments.hpp"

namespace atelier::statistics {

// Hedges (1981): J(f) = Gamma(f / 2) / (sqrt(f / 2) Gamma((f - 1) / 2)), by which an effect of few values is too large.
double hedges_correction(double degrees_of_freedom);

// Cohen's d_z, J(n - 1) mean / deviation of the differences; of two pairs or more that do not all differ by the same.
Estimate paired_effect(std::span<const double> differences);
// Hedges' g, J(a + b - 2) (mean(a) - mean(b)) / the pooled deviation; of two values or more of each.
Estimate unpaired_effect(std::span<const double> a, std::span<const double> b);

// The probability that Student's two-sided test finds the effect at the level `alpha`, by the noncentral t
// distribution: of n pairs with noncentrality d sqrt(n), of two groups of n with g sqrt(n / 2).
double paired_power(double effect, size_t pairs, double alpha);
double unpaired_power(double effect, size_t each, double alpha);

// The fewest pairs, or values of each group, that have this power, and can reach alpha by a permutation test at all;
// none where it takes more than `most`.
std::optional<size_t> pairs_needed(double effect, double alpha, double power, size_t most);
std::optional<size_t> values_needed(double effect, double alpha, double power, size_t most);

}  // namespace atelier::statistics
