#include "record/summary.hpp"

#include <algorithm>

namespace atelier::record {
namespace {

// "B, O / groups, H'" as its parts.
std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const size_t comma = list.find(", ");
    parts.emplace_back(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 2);
  }
  return parts;
}

}  // namespace

std::vector<std::string> result_axes(const Operation& operation, size_t output) {
  const std::string_view summary = operation.summary;
  const size_t arrow = summary.find("-> ");
  if (arrow == std::string_view::npos) {
    return {};
  }
  std::string_view results = summary.substr(arrow, summary.find(": ", arrow) - arrow);
  for (size_t o = 0;; ++o) {
    const size_t open = results.find('(');
    const size_t close = results.find(')', open);
    if (open == std::string_view::npos || close == std::string_view::npos) {
      return {};
    }
    const std::string_view axes = results.substr(open + 1, close - open - 1);
    if (o == output) {
      std::vector<std::string> names = parts_of(axes);
      const bool are_axes = std::ranges::all_of(
          names, [](const std::string& name) { return !name.empty() && name.front() >= 'A' && name.front() <= 'Z'; });
      return are_axes ? names : std::vector<std::string>();  // others stand for any number of axes
    }
    results.remove_prefix(close + 1);
  }
}

}  // namespace atelier::record
