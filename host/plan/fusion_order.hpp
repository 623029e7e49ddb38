// What may run together without waiting for itself.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/dependencies.hpp"

namespace atelier::plan {

// All nodes that run, in an order in which each comes after what it waits for, and those that run together are at one
// place. The order is kept while more of them do, so that only what stands between two has to be looked at (Pearce &
// Kelly 2006, A Dynamic Topological Sort Algorithm for Directed Acyclic Graphs).
class FusionOrder {
 public:
  // Each node alone. Borrows the dependencies.
  explicit FusionOrder(const Dependencies& dependencies);

  // Lets n, which is alone and waits for `producer`, run together with it and those at its place. False, and all as it
  // was, where some path leads from that place over another one to n: they would wait for each other.
  bool join(int32_t n, int32_t producer);

 private:
  [[nodiscard]] int32_t place_of(int32_t n) const { return place_of_[static_cast<size_t>(n)]; }
  std::vector<int32_t>& at(int32_t place) { return places_[static_cast<size_t>(place)]; }
  void move_before(int32_t first, int32_t last, std::vector<int32_t> needed);

  const Dependencies& dependencies_;
  std::vector<int32_t> place_of_;             // by node
  std::vector<std::vector<int32_t>> places_;  // the nodes there; none where one has joined an earlier place
  std::vector<int32_t> searched_;             // by place: the newest search that came there
  int32_t search_ = 0;
};

}  // namespace atelier::plan
