// Where buffers lie in memory that they share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace atelier::plan {

struct Placement {
  size_t bytes = 0;
  int32_t first = 0, last = 0;  // the steps between which it is needed, both included
  size_t offset = 0;            // the result
};

// Offsets so that none that are needed at one time overlap: the largest first, each at the lowest offset that is free
// (Pisarchyk & Lee 2020, greedy by size). Returns the size of the whole.
size_t place(std::vector<Placement>& placements);

}  // namespace atelier::plan
