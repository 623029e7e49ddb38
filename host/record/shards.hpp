// How the pieces of a batch, its shards, are computed one after the other, and where they meet.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "record/tape.hpp"

namespace atelier::record {

// Which of a batch's shards are computed here: all of them, or those of one of several ranks, of which each has equally
// many that follow one another.
struct ShardShare {
  size_t shards = 1;  // of all ranks
  size_t ranks = 1;   // divides it
  size_t rank = 0;

  [[nodiscard]] size_t own() const { return shards / ranks; }
  [[nodiscard]] size_t first() const { return rank * own(); }
};

// Sums and means over the shards of a batch, in one fixed binary tree: neighbours first, then neighbouring pairs, and
// so on; where their number is no power of two, what is left joins from the end. Parts of the tree are added up as soon
// as they are known, so that of many shards few values are alive. What the ranks have added up meets in the same tree,
// by "rank_sum/1": bits do not depend on how many they are.
class ShardTree {
 public:
  ShardTree(Graph& graph, const ShardShare& share) : graph_(&graph), share_(share) {}  // borrows the graph

  void add(Value value);  // of this rank's shards, in their order; absent ones count as zero
  Value sum();            // of all, once each is added; absent where all are
  Value mean();           // the same over their number

  // Of several, whose values go from rank to rank together where they are small.
  static std::vector<Value> sums(std::span<ShardTree> trees);
  static std::vector<Value> means(std::span<ShardTree> trees);

 private:
  struct Part {
    size_t first = 0, shards = 0;
    Value sum;
  };
  void join();
  [[nodiscard]] bool is_absent() const { return !parts_.front().sum; }
  Value share_of(Value sum);

  Graph* graph_;
  ShardShare share_;
  std::vector<Part> parts_;
};

// Calls that are made for one shard after the other before the next ones are made for any.
struct Stretch {
  size_t first = 0, last = 0;  // the last is not in it
  bool is_shared = false;      // an optimizer's own operations, on what the shards have met to: made once for all
};

// Whether a call adds up what each shard has another of: the shards have to meet there, and a loss of one depends on
// the others.
bool sums_shards(const TapeCall& call);

// Of the first `calls` of a tape, by place of the value: 1 where each shard may have another.
std::vector<char> varying_values(const Tape& tape, size_t calls);

// A stretch ends with a call that joins gradients or adds up, so that a shard's gradients are made right after what
// they are of and its memory serves the next one; and before a parameter is used, or assigned to, again that has got a
// varying value in it.
std::vector<Stretch> stretches_of(const Tape& tape, size_t calls, const std::vector<char>& varying, size_t parameters);

}  // namespace atelier::record
