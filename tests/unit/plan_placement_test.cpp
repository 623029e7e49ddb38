// Where buffers lie: random lifetimes and sizes.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "plan/placement.hpp"
#include "tensor/storage.hpp"

namespace atelier::plan {
namespace {

bool live_together(const Placement& a, const Placement& b) {
  return a.first <= b.last && b.first <= a.last;
}

bool overlap(const Placement& a, const Placement& b) {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

// The most bytes that are needed at one time.
size_t peak(const std::vector<Placement>& placements) {
  size_t most = 0;
  for (const Placement& moment : placements) {
    size_t bytes = 0;
    for (const Placement& other : placements) {
      bytes += other.first <= moment.first && moment.first <= other.last ? other.bytes : 0;
    }
    most = std::max(most, bytes);
  }
  return most;
}

}  // namespace

TEST_CASE("placement: what lives at one time never overlaps, is aligned, and lies within the total") {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    CAPTURE(round);
    std::vector<Placement> placements(1 + random() % 40);
    size_t sum = 0;
    for (Placement& one : placements) {
      one.first = static_cast<int32_t>(random() % 30);
      one.last = one.first + static_cast<int32_t>(random() % 10);
      one.bytes = random() % 8 == 0 ? 64 : 1 + random() % 5000;  // equal sizes too
      sum += tensor::aligned(one.bytes);
    }
    const size_t total = place(placements);
    CHECK(total % tensor::alignment == 0);
    CHECK(total >= peak(placements));
    CHECK(total <= sum);
    for (size_t i = 0; i < placements.size(); ++i) {
      CHECK(placements[i].offset % tensor::alignment == 0);
      CHECK(placements[i].offset + placements[i].bytes <= total);
      for (size_t j = 0; j < i; ++j) {
        const bool clash = live_together(placements[i], placements[j]) && overlap(placements[i], placements[j]);
        CHECK_FALSE_MESSAGE(clash, i, " and ", j);
      }
    }
  }
}

TEST_CASE("placement: memory is used again, and gaps are filled") {
  std::vector<Placement> one_after_another = {{1000, 0, 1}, {1000, 2, 3}, {900, 4, 9}};
  CHECK(place(one_after_another) == 1024);
  std::vector<Placement> gap = {{1024, 0, 1}, {640, 0, 9}, {512, 2, 9}};  // the last fits where the first was
  CHECK(place(gap) == 1664);
  CHECK(gap[2].offset == gap[0].offset);
}

TEST_CASE("placement: both ends of a lifetime count, and nothing needs nothing") {
  std::vector<Placement> touching = {{64, 0, 3}, {64, 3, 5}};
  CHECK(place(touching) == 128);
  std::vector<Placement> none;
  CHECK(place(none) == 0);
}

}  // namespace atelier::plan
