#include "plan/placement.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "tensor/storage.hpp"

namespace atelier::plan {

size_t place(std::vector<Placement>& placements) {
  std::vector<size_t> by_size(placements.size());
  std::iota(by_size.begin(), by_size.end(), size_t{0});
  std::ranges::stable_sort(by_size, std::greater<>{}, [&](size_t i) { return placements[i].bytes; });
  std::vector<size_t> placed;  // by offset
  size_t total = 0;
  for (const size_t i : by_size) {
    Placement& mine = placements[i];
    size_t offset = 0;
    for (const size_t other_index : placed) {
      const Placement& other = placements[other_index];
      if (other.last < mine.first || mine.last < other.first) {
        continue;
      }
      if (offset + mine.bytes <= other.offset) {
        break;
      }
      offset = std::max(offset, tensor::aligned(other.offset + other.bytes));
    }
    mine.offset = offset;
    total = std::max(total, offset + mine.bytes);
    placed.insert(std::ranges::upper_bound(placed, offset, {}, [&](size_t p) { return placements[p].offset; }), i);
  }
  return tensor::aligned(total);
}

}  // namespace atelier::plan
