// A value as it would be if others were other values: what it was computed by is recorded once more, as far as it
// depends on them.
#pragma once

#include <unordered_map>

#include "record/graph.hpp"

namespace atelier::record {

class Substitution {
 public:
  explicit Substitution(Graph& graph) : graph_(graph) {}
  void replace(Value value, Value other) { known_[value.id] = other; }
  // What is written to state tensors on the way is not written once more.
  Value of(Value value);

 private:
  Graph& graph_;
  std::unordered_map<int32_t, Value> known_;  // by value: what stands for it
};

}  // namespace atelier::record
