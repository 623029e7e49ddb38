// The first stage of planning: which nodes of a graph run, and which of them must run before which.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.hpp"

namespace atelier::plan {

bool writes_parameter(const Node& node);  // an update or an assignment
bool meets_ranks(const Node& node);       // waits for other processes

// Graph values that are the same buffer under another shape lead to the value that owns it.
std::vector<int32_t> buffer_owners(const Graph& graph);

// What nobody asks for does not run. A node runs after the nodes that make its inputs; and whatever reads a version of
// a parameter runs before the node that writes the next one, unless it needs what that node writes: then the version is
// copied first.
class Dependencies {
 public:
  // `kept` says of each graph value whether it must stay readable; nodes before `first_node` have run already.
  Dependencies(const Graph& graph, const std::vector<char>& kept, int32_t first_node);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Node& node(int32_t n) const { return graph_.nodes()[static_cast<size_t>(n)]; }
  [[nodiscard]] int32_t owner(int32_t value) const { return owners_[static_cast<size_t>(value)]; }
  // The node that makes the buffer which a value lies in.
  [[nodiscard]] int32_t maker(int32_t value) const { return graph_.value(owner(value)).node; }
  // Runs here: somebody asks for it, and it is no leaf, no view, and not done before.
  [[nodiscard]] bool runs(int32_t n) const;

  // All in ascending order, and of nodes that run.
  [[nodiscard]] const std::vector<int32_t>& readers(int32_t owner) const {
    return readers_[static_cast<size_t>(owner)];
  }
  [[nodiscard]] const std::vector<int32_t>& before(int32_t n) const { return before_[static_cast<size_t>(n)]; }
  // All nodes that run, each after those before it, the earliest recorded first.
  [[nodiscard]] std::vector<int32_t> in_order() const;
  // By node: 1 where it waits for this one, directly or not.
  [[nodiscard]] std::vector<char> all_after(int32_t n) const;

  [[nodiscard]] bool kept_under_any_shape(int32_t owner) const { return kept_owner_[static_cast<size_t>(owner)] != 0; }
  // The versions of parameters, by graph value, that must be copied before they are written over.
  [[nodiscard]] const std::vector<int32_t>& copied() const { return copied_; }

 private:
  void mark_live(const std::vector<char>& kept);
  void collect_readers();
  void order_versions();
  void add_edge(int32_t earlier, int32_t later);

  const Graph& graph_;
  int32_t first_node_;
  std::vector<int32_t> owners_;
  std::vector<char> live_;                     // by node
  std::vector<std::vector<int32_t>> readers_;  // by the value that owns the buffer
  std::vector<std::vector<int32_t>> before_;   // by node
  std::vector<std::vector<int32_t>> after_;    // the same edges, the other way
  std::vector<char> kept_owner_;               // by the value that owns the buffer
  std::vector<int32_t> copied_;
};

}  // namespace atelier::plan
