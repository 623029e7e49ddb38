#include "experiment/place.hpp"

#include <fmt/core.h>

#include <tuple>

#include "base/printable.hpp"
#include "base/terminal_text.hpp"

namespace atelier::experiment {
namespace {

auto order(const Place& place) {
  return std::tuple(place.override_index, place.line, place.column);
}

}  // namespace

std::string Place::text() const {
  if (override_index > 0) {
    constexpr size_t columns = 100;  // enough to know it again
    return fmt::format("<override \"{}\">", terminal::shortened(printable(override_text), columns));
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
