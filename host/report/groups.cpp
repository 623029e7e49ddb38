#include "report/groups.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>

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

// A few keys whose values are others in every group: each time the one that tells most of them apart. What groups
// differ in that is no setting (data, plugins) is none.
std::vector<std::string> telling_keys(const std::vector<Group>& groups,
                                      const std::vector<const compare::Run*>& firsts) {
  std::vector<const Properties*> all;
  for (const Group& group : groups) {
    all.push_back(&group.properties);
  }
  std::vector<std::string> candidates{"name"};
  for (const std::string& key : differing(all)) {
    if (std::ranges::any_of(firsts, [&](const compare::Run* run) { return run->settings.contains(key); })) {
      candidates.push_back(key);
    }
  }
  const auto value_of = [&](size_t group, const std::string& key) {
    const auto found = firsts[group]->settings.find(key);
    return key == "name" ? firsts[group]->name : found == firsts[group]->settings.end() ? "" : found->second;
  };
  std::vector<std::string> chosen, told(groups.size());
  size_t parts = 1;
  for (bool more = true; more && parts < groups.size();) {
    more = false;
    std::vector<std::string> best = told;
    std::string key;
    for (const std::string& candidate : candidates) {
      std::vector<std::string> with = told;
      for (size_t group = 0; group < groups.size(); ++group) {
        with[group] += value_of(group, candidate) + "\n";
      }
      const size_t now = std::set<std::string>(with.begin(), with.end()).size();
      if (now > parts) {
        parts = now;
        best = std::move(with);
        key = candidate;
        more = true;
      }
    }
    if (more) {
      told = std::move(best);
      chosen.push_back(key);
    }
  }
  return chosen.empty() ? std::vector<std::string>{"name"} : chosen;
}

Groups by_keys(const std::vector<const compare::Run*>& runs, const std::string& by) {
  std::vector<compare::RunSummary> summaries;
  for (const compare::Run* run : runs) {
    summaries.push_back(*run);
  }
  const compare::RunKeys known(summaries);
  Groups out;
  std::vector<std::string> names(runs.size());
  std::istringstream parts(by);
  for (std::string word; std::getline(parts, word, ',');) {
    const compare::Key key = known.find(word, "--by");
    for (size_t run = 0; run < runs.size(); ++run) {
      names[run] += fmt::format("{}{} = {}", names[run].empty() ? "" : ", ", word, compare::shown(summaries[run], key));
    }
    out.keys.push_back(word);
  }
  for (const std::string& name : names) {
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
    return by_keys(runs, by);
  }
  Groups out;
  std::vector<Group> groups;
  std::vector<const compare::Run*> firsts;
  for (const compare::Run* run : runs) {
    Properties properties = properties_of(*run);
    const auto found = std::ranges::find(groups, properties, &Group::properties);
    out.of_runs.push_back(static_cast<size_t>(found - groups.begin()));
    if (found == groups.end()) {
      groups.push_back({run->name, std::move(properties)});
      firsts.push_back(run);
    }
  }
  for (const Group& group : groups) {
    std::string name = name_of(group, groups);
    const auto taken = std::ranges::count(out.names, name);
    out.names.push_back(taken == 0 ? name : fmt::format("{} ({})", name, taken + 1));
  }
  out.keys = telling_keys(groups, firsts);
  return out;
}

}  // namespace atelier::report
