#include "experiment/place.hpp"

#include <fmt/core.h>

#include <tuple>

#include "experiment/problems.hpp"

namespace atelier::experiment {
namespace {

auto order(const Place& place) {
  return std::tuple(place.override_index, place.line, place.column);
}

}  // namespace

std::string Place::text() const {
  if (override_index > 0) {
    return fmt::format("<override \"{}\">", printable(override_text));
  }
  return line > 0 ? fmt::format("{}:{}:{}", file, line, column) : "default";
}

std::strong_ordering operator<=>(const Place& a, const Place& b) {
  return order(a) <=> order(b);
}

bool operator==(const Place& a, const Place& b) {
  return order(a) == order(b);
}

}  // namespace atelier::experiment
