// Two experiments, a and b, run with the same seeds until it is known which of them comes to the larger values.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "decision/confidence_sequence.hpp"

namespace atelier::decision {

// What both came to with one seed; nothing where that is not known yet.
struct SeedPair {
  std::optional<double> a, b;
};

struct PairedResult {
  MeanInterval interval;  // of a - b, over the pairs that count
  // Whether the sign of the mean difference is known: then no more pairs are needed, and later ones do not count.
  bool settled = false;
  // A value that is not finite has no difference to another one. It stands at this place, and all ends there.
  std::optional<size_t> not_finite;
};

// Pairs count in the order of their seeds, up to the first that is not known, and no further than where the interval
// settles the sign: so the result is the same in whichever order they have come to their ends, and however many more
// were run meanwhile. The interval misses the mean with probability `alpha` at most.
PairedResult compare_pairs(std::span<const SeedPair> pairs, double alpha);

}  // namespace atelier::decision
