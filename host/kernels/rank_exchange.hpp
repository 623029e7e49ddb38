// What the processes of a run have to do with each other within a step. Sums over shards are made in the tree of
// record::ShardTree, whose bits do not depend on how many processes the shards are spread over.
#pragma once

#include <memory>
#include <vector>

#include "base/ranks.hpp"
#include "kernels/kernel.hpp"

namespace atelier::kernels {

// So many shards from the first one on, as the tree adds them up among themselves: runs whose length is a power of two
// and divides their place, as few as there are, in order.
std::vector<size_t> blocks_of(size_t first, size_t shards);

// Some of its phases wait for other processes, while other kernels run: their only piece begins what is_done() says the
// end of. Nobody waits within a piece.
class ExchangeKernel : public Kernel {
 public:
  [[nodiscard]] virtual bool waits(int64_t phase) const = 0;
  // Of a phase that waits. Any thread, one at a time. True, too, where the others are lost: what arrived is worth
  // nothing then, and kernels::throw_failed_run() says why.
  [[nodiscard]] virtual bool is_done(int64_t phase) const = 0;
  [[nodiscard]] virtual bool is_lost() const = 0;  // that is why
};

struct RankSum {
  std::vector<Buffer> sums;  // the results: float32 or float64, all of one type
  size_t shards = 1;         // of all ranks; each has equally many
  int tag = 0;               // one of its own in a plan, the same in all ranks
};

// inputs: of each result, one after the other, the sums of the blocks of this rank's shards (blocks_of). outputs: the
// results, of all shards, in each rank.
//
// What is large is cut into as many pieces as there are ranks: each adds up one and sends it on (Rabenseifner 2004), so
// that a rank sends about twice what it has, however many there are. What is small goes to all at once, and all add it
// up.
std::unique_ptr<ExchangeKernel> make_rank_sum(Ranks& ranks, const RankSum& sum);

// input: rows of this rank. output: those of all, one rank's after the other's.
std::unique_ptr<ExchangeKernel> make_rank_concatenation(Ranks& ranks, const Buffer& input, int tag);

}  // namespace atelier::kernels
