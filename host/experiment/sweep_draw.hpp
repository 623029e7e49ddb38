// Inside this room only: points drawn at random.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "experiment/sweep_axes.hpp"

namespace atelier::experiment {

// What one point takes of each axis, in their order.
using PointValues = std::vector<Node>;

// The same points from the same seed on every machine, one after the other.
class Draw {
 public:
  explicit Draw(uint64_t seed) : bits_(seed) {}

  PointValues of(const std::vector<Group>& groups);

 private:
  double share();  // in [0, 1)
  Node number(const DrawnRange& range, const Place& place);

  std::mt19937_64 bits_;
};

}  // namespace atelier::experiment
