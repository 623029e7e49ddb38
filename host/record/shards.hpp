// How the pieces of a batch, its shards, are computed one after the other, and where they meet.
#pragma once

#include <cstddef>
#include <vector>

#include "record/tape.hpp"

namespace atelier::record {

// Sums and means over the shards of a batch, in one fixed binary tree: neighbours first, then neighbouring pairs, and
// so on; where their number is no power of two, what is left joins from the end. Parts of the tree are added up as soon
// as they are known, so that of many shards few values are alive.
class ShardTree {
 public:
  ShardTree(Graph& graph, size_t shards) : graph_(&graph), shards_(shards) {}  // borrows the graph

  void add(Value value);  // in the order of the shards; absent ones count as zero
  Value sum();            // of all, once each is added; absent where all are
  Value mean();           // the same over their number

 private:
  struct Part {
    size_t shards = 0;
    Value sum;
  };
  void join();

  Graph* graph_;
  size_t shards_;
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
