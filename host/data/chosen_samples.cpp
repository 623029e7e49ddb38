#include "data/chosen_samples.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "kernels/random.hpp"

namespace atelier::data {

ChosenSamples::ChosenSamples(const ExperimentData& data, const Subset& subset, int64_t count, uint64_t seed)
    : batch_(data, std::min(count, subset.count)) {
  const auto order = kernels::permutation({seed, purpose_sampling}, 0, static_cast<uint32_t>(subset.count));
  batch_.plan(subset, order, 0, std::min(count, subset.count), evaluation);
  for (int32_t piece = 0; piece < batch_.pieces(); ++piece) {
    batch_.assemble(piece);
  }
}

void ChosenSamples::advance() {
  throw Error(ErrorKind::plugin, "next_batch: only in train_step");
}

}  // namespace atelier::data
