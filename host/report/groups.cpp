#include "report/groups.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/terminal_text.hpp"
#include "compare/run_keys.hpp"

namespace atelier::report {
namespace {

using Properties = std::map<std::string, std::string>;

// What runs that differ in their seeds alone have in common. What is logged and kept, and how often, changes nothing of
// what a run comes to.
Properties properties_of(const compare::Run& run) {
  Properties out = run.settings;
  for (const char* apart : {"seed", "name", "tags"}) {
    out.erase(apart);
  }
  std::erase_if(out, [](const auto& setting) {
    return std::ranges::any_of(std::array{"sample.", "log.", "checkpoint."},
                               [&](const char* section) { return setting.first.starts_with(section); });
  });
  for (const auto& [what, value] : run.identity) {
    out[what] = runlog::shortened(value);
  }
  return out;
}

// The keys in which some of these differ.
std::set<std::string> differing(const std::vector<const Properties*>& all) {
  std::set<std::string> keys;
  for (const Properties* one : all) {
    for (const auto& [key, value] : *one) {
      const auto same = [&key = key, &value = value](const Properties* other) {
        const auto found = other->find(key);
        return found != other->end() && found->second == value;
      };
      if (!std::ranges::all_of(all, same)) {
        keys.insert(key);
      }
    }
  }
  return keys;
}

struct Group {
  std::string name;  // of the first run's experiment
  Properties properties;
};

// "vae, model.latent = 2": the experiment, and what tells it from other groups of the same name.
std::string name_of(const Group& group, const std::vector<Group>& groups) {
  constexpr size_t most_keys = 4, most_value = 24;
  std::vector<const Properties*> namesakes;
  for (const Group& other : groups) {
    if (other.name == group.name) {
      namesakes.push_back(&other.properties);
    }
  }
  std::string text = group.name;
  size_t said = 0;
  for (const std::string& key : differing(namesakes)) {
    if (said == most_keys) {
      return text + ", …";
    }
    const auto found = group.properties.find(key);
    text += fmt::format(
        ", {} = {}", key,
        found == group.properties.end() ? "–" : terminal::shortened(terminal::unquoted(found->second), most_value));
    ++said;
  }
  return text;
}

Groups by_key(const std::vector<const compare::Run*>& runs, const std::string& by) {
  std::vector<compare::RunSummary> summaries;
  for (const compare::Run* run : runs) {
    summaries.push_back(*run);
  }
  const compare::Key key = compare::RunKeys(summaries).find(by, "--by");
  Groups out;
  for (const compare::RunSummary& run : summaries) {
    const std::string name = fmt::format("{} = {}", by, compare::shown(run, key));
    const auto found = std::ranges::find(out.names, name);
    out.of_runs.push_back(static_cast<size_t>(found - out.names.begin()));
    if (found == out.names.end()) {
      out.names.push_back(name);
    }
  }
  return out;
}

}  // namespace

Groups groups_of(const std::vector<const compare::Run*>& runs, const std::string& by) {
  if (!by.empty() && !runs.empty()) {
    return by_key(runs, by);
  }
  Groups out;
  std::vector<Group> groups;
  for (const compare::Run* run : runs) {
    Properties properties = properties_of(*run);
    const auto found = std::ranges::find(groups, properties, &Group::properties);
    out.of_runs.push_back(static_cast<size_t>(found - groups.begin()));
    if (found == groups.end()) {
      groups.push_back({run->name, std::move(properties)});
    }
  }
  for (const Group& group : groups) {
    std::string name = name_of(group, groups);
    const auto taken = std::ranges::count(out.names, name);
    out.names.push_back(taken == 0 ? name : fmt::format("{} ({})", name, taken + 1));
  }
  return out;
}

}  // namespace atelier::report
