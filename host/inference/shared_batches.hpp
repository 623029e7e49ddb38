// The batches of an evaluation or of a sampling, shared out among the ranks.
#pragma once

#include <cstdint>
#include <functional>

#include "base/ranks.hpp"
#include "execute/step_results.hpp"

namespace atelier::inference {

struct SharedWork {
  // Of a batch that falls to this rank, in order; what it returns is used until the next call.
  std::function<const execute::StepResults&(int64_t batch)> compute;
  // Of every batch, in order and in all ranks: all know the same, and sums are those of one process.
  std::function<void(const execute::StepResults& results)> take;
  // Called in all ranks equally often, with the number of batches that are done; may throw, to end the work.
  std::function<void(int64_t done)> part_done;
};

// Where `compute` throws in one rank, all throw, in the same words. All ranks call this at the same point of their
// work. Throws Error(internal) where one of them is lost.
void share_batches(Ranks* ranks, int64_t batches, const SharedWork& work);

}  // namespace atelier::inference
