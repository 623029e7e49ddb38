#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace atelier {
namespace {

// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost one each.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> previous(b.size() + 1);
  std::vector<size_t> current(b.size() + 1);
  std::iota(previous.begin(), previous.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  size_t best = std::max<size_t>(name.size() / 3, 1) + 1;
  std::string found;
  for (const auto& candidate : candidates) {
    const size_t distance = edit_distance(name, candidate);
    const bool completes = name.size() >= 3 && candidate.starts_with(name);
    if (distance < best || (found.empty() && completes)) {
      best = std::min(best, distance);
      found = candidate;
    }
  }
  return found;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string found = nearest(name, candidates);
  return found.empty() ? "" : fmt::format("; did you mean '{}'?", found);
}

std::string one_of(const std::vector<std::string>& choices, std::string_view none) {
  std::string out(choices.empty() ? none : "");
  for (size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) {
      out += i + 1 == choices.size() ? " or " : ", ";
    }
    out += choices[i];
  }
  return out;
}

std::string list_of(const std::vector<std::string>& names, std::string_view none) {
  return names.empty() ? std::string(none) : fmt::format("{}", fmt::join(names, ", "));
}

std::string instead_of(std::string_view name, const std::vector<std::string>& choices, std::string_view none) {
  const std::string nearest_name = did_you_mean(name, choices);
  return nearest_name.empty() ? ", expected " + one_of(choices, none) : nearest_name;
}

std::string human_bytes(double bytes) {
  constexpr std::array<const char*, 5> units{"B", "KB", "MB", "GB", "TB"};
  size_t unit = 0;
  const auto digits = [&] { return unit == 0 ? std::round(bytes) : std::round(10 * bytes) / 10; };  // as they are shown
  while (digits() >= 1000 && unit + 1 < units.size()) {
    bytes /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

}  // namespace atelier
