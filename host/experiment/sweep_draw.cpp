#include "experiment/sweep_draw.hpp"

#include <algorithm>
#include <cmath>

namespace atelier::experiment {

PointValues Draw::of(const std::vector<Group>& groups) {
  PointValues values;
  for (const Group& group : groups) {
    const Axis& first = group.front();
    const auto index = first.drawn ? 0 : static_cast<size_t>(share() * static_cast<double>(first.values.size()));
    for (const Axis& axis : group) {
      values.push_back(axis.drawn ? number(*axis.drawn, axis.place) : axis.values[index]);
    }
  }
  return values;
}

// The library's distributions are other ones elsewhere, its engine is not.
double Draw::share() {
  return static_cast<double>(bits_() >> 11U) * 0x1p-53;
}

Node Draw::number(const DrawnRange& range, const Place& place) {
  constexpr int digits = 6;
  const double low = range.logarithmic ? std::log(range.low) : range.low;
  const double high = range.logarithmic ? std::log(range.high) : range.high;
  const bool counts = range.integers && !range.logarithmic;
  const double drawn = low + share() * (high - low + (counts ? 1 : 0));
  Node node;
  node.place = place;
  if (range.integers) {
    node.kind = Node::Kind::integer;
    node.scalar = static_cast<int64_t>(counts ? std::floor(drawn) : std::round(std::exp(drawn)));
  } else {
    node.kind = Node::Kind::number;
    node.scalar = std::clamp(rounded(range.logarithmic ? std::exp(drawn) : drawn, digits), range.low, range.high);
  }
  return node;
}

}  // namespace atelier::experiment
