// What the shards of a training batch have to do with each other: [train] shards, docs/experiments.md.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

// The sum over the shards, in all of them; x itself where there is one. They then wait for each other, and their
// activations are in memory together: for what a loss has to know of the whole batch, as statistics of few elements.
inline Tensor shard_sum(At x) {
  return detail::call<"shard_sum/1">({x});
}

}  // namespace atelier
