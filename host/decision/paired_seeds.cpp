#include "decision/paired_seeds.hpp"

#include <cmath>
#include <vector>

namespace atelier::decision {

PairedResult compare_pairs(std::span<const SeedPair> pairs, double alpha) {
  PairedResult result;
  std::vector<double> differences;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const auto& [a, b] = pairs[i];
    if ((a && !std::isfinite(*a)) || (b && !std::isfinite(*b))) {
      result.not_finite = i;
      return result;
    }
    if (!a || !b) {
      return result;
    }
    differences.push_back(*a - *b);
    result.interval = interval_of(differences, alpha);
    if (result.interval.sign() != 0) {
      result.settled = true;
      return result;
    }
  }
  return result;
}

}  // namespace atelier::decision
