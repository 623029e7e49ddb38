#include "compare/run_differences.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace atelier::compare {
namespace {

std::vector<Difference> settings_that_differ(const std::vector<Run>& runs) {
  std::set<std::string> keys;
  for (const auto& run : runs) {
    for (const auto& [key, value] : run.settings) {
      keys.insert(key);
    }
  }
  keys.erase("name");  // which stands beside the label
  std::vector<Difference> differences;
  for (const auto& key : keys) {
    Difference difference{key, {}};
    for (const auto& run : runs) {
      const auto found = run.settings.find(key);
      difference.values.push_back(found == run.settings.end() ? "" : found->second);
    }
    if (std::ranges::adjacent_find(difference.values, std::not_equal_to<>()) != difference.values.end()) {
      differences.push_back(std::move(difference));
    }
  }
  return differences;
}

// What runs were made from that their settings do not show. A run that has none of a kind (another optimizer, made
// data) differs by its settings.
void add_differences_of_identity(const std::vector<Run>& runs, std::vector<Difference>& differences) {
  std::set<std::string> kinds;
  for (const auto& run : runs) {
    for (const auto& [what, value] : run.identity) {
      kinds.insert(what);
    }
  }
  for (const auto& what : kinds) {
    Difference difference{what, {}};
    std::set<std::string> known;
    for (const auto& run : runs) {
      const auto found = run.identity.find(what);
      difference.values.push_back(found == run.identity.end() ? "" : runlog::shortened(found->second));
      if (found != run.identity.end()) {
        known.insert(found->second);
      }
    }
    if (known.size() > 1) {
      differences.push_back(std::move(difference));
    }
  }
}

}  // namespace

std::vector<Difference> differences_of(const std::vector<Run>& runs) {
  std::vector<Difference> differences = settings_that_differ(runs);
  add_differences_of_identity(runs, differences);
  return differences;
}

std::vector<std::string> labels_of(const std::vector<Run>& runs) {
  std::vector<std::string> labels;
  std::map<std::string, int> seen;
  for (const auto& run : runs) {
    const int count = ++seen[run.run_id];
    labels.push_back(count == 1 ? run.run_id : fmt::format("{}#{}", run.run_id, count));
  }
  return labels;
}

}  // namespace atelier::compare
