#include "plan/fusion_order.hpp"

#include <algorithm>
#include <utility>

namespace atelier::plan {

FusionOrder::FusionOrder(const Dependencies& dependencies)
    : dependencies_(dependencies), place_of_(dependencies.graph().nodes().size(), -1) {
  for (const int32_t n : dependencies.in_order()) {
    place_of_[static_cast<size_t>(n)] = static_cast<int32_t>(places_.size());
    places_.push_back({n});
  }
  searched_.resize(places_.size(), 0);
}

bool FusionOrder::join(int32_t n, int32_t producer) {
  const int32_t first = place_of(producer);
  ++search_;
  bool comes_back = false;
  std::vector<int32_t> needed;  // places after the producer's that n waits for
  const auto visit = [&](int32_t member) {
    for (const int32_t earlier : dependencies_.before(member)) {
      const int32_t place = place_of(earlier);
      comes_back = comes_back || (place == first && member != n);
      if (place > first && searched_[static_cast<size_t>(place)] != search_) {
        searched_[static_cast<size_t>(place)] = search_;
        needed.push_back(place);
      }
    }
  };
  visit(n);
  for (size_t i = 0; i < needed.size() && !comes_back; ++i) {
    std::ranges::for_each(at(needed[i]), visit);
  }
  if (comes_back) {
    return false;
  }
  const int32_t last = place_of(n);
  at(last).clear();
  at(first).push_back(n);
  move_before(first, last, std::move(needed));
  return true;
}

// Those at `needed` come first now, in their order, then those at `first`, then the others up to `last`.
void FusionOrder::move_before(int32_t first, int32_t last, std::vector<int32_t> needed) {
  std::ranges::sort(needed);
  needed.push_back(first);
  std::vector<std::vector<int32_t>> moved;
  for (const int32_t place : needed) {
    moved.push_back(std::exchange(at(place), {}));
  }
  for (int32_t place = first; place <= last; ++place) {
    if (!at(place).empty()) {
      moved.push_back(std::exchange(at(place), {}));
    }
  }
  for (size_t i = 0; i < moved.size(); ++i) {
    const int32_t place = first + static_cast<int32_t>(i);
    for (const int32_t member : moved[i]) {
      place_of_[static_cast<size_t>(member)] = place;
    }
    at(place) = std::move(moved[i]);
  }
}

}  // namespace atelier::plan
