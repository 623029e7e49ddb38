#include "compare/grouping.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "compare/contrasts.hpp"
#include "compare/run_differences.hpp"
#include "compare/run_keys.hpp"
#include "compare/spreads.hpp"

namespace atelier::compare {
namespace {

std::vector<RunSummary> summaries(const std::vector<Run>& runs) {
  return {runs.begin(), runs.end()};
}

// The settings that a pattern matches and that are not the same in all runs.
std::vector<Key> matched_keys(const std::string& pattern, const std::vector<Run>& runs) {
  std::map<std::string, std::set<std::string>> values;
  for (const Run& run : runs) {
    for (const auto& [key, value] : run.settings) {
      if (fnmatch(pattern.c_str(), key.c_str(), 0) == 0 && key != "seed" && key != "name") {
        values[key].insert(value);
      }
    }
  }
  std::vector<Key> keys;
  for (const auto& value : values) {
    const std::string& key = value.first;
    const bool all_have_it = std::ranges::all_of(runs, [&](const Run& run) { return run.settings.contains(key); });
    if (value.second.size() > 1 || !all_have_it) {
      keys.push_back({Key::Kind::setting, key});
    }
  }
  if (keys.empty()) {
    throw Error(ErrorKind::usage, "--by: {}: got '{}', expected a pattern of settings that differ between the runs",
                values.empty() ? "no setting is called so" : "the runs have the same values", pattern);
  }
  return keys;
}

std::vector<Key> keys_of(const std::vector<std::string>& by, const std::vector<Run>& runs) {
  const RunKeys known(summaries(runs));
  std::vector<Key> keys;
  for (const std::string& word : by) {
    if (word.find_first_of("*?[") != std::string::npos) {
      const std::vector<Key> matched = matched_keys(word, runs);
      keys.insert(keys.end(), matched.begin(), matched.end());
    } else {
      keys.push_back(known.find(word, "--by"));
    }
    if (keys.back().name == "seed" && keys.back().kind != Key::Kind::metric) {
      throw Error(ErrorKind::usage, "--by: got 'seed', expected something else: seeds are what a group consists of");
    }
  }
  return keys;
}

std::vector<std::string> values_of(const Run& run, const std::vector<Key>& keys) {
  std::vector<std::string> values;
  for (const Key& key : keys) {
    values.push_back(shown(run, key));
  }
  return values;
}

// Numbers by size where all are numbers, else as they came.
void sort_groups(std::vector<Group>& groups, const std::vector<Run>& runs, const std::vector<Key>& keys) {
  for (size_t key = keys.size(); key-- > 0;) {
    const auto number = [&](const Group& group) -> std::optional<long double> {
      const auto value = value_of(runs[group.runs.front()], keys[key]);
      return value && value->kind == Value::Kind::number ? std::optional(value->number) : std::nullopt;
    };
    if (std::ranges::all_of(groups, [&](const Group& group) { return number(group).has_value(); })) {
      std::ranges::stable_sort(groups, {}, [&](const Group& group) { return *number(group); });
    }
  }
}

// With all runs, whatever became of them.
std::vector<Group> groups_of(const std::vector<Run>& runs, const std::vector<Key>& keys) {
  std::vector<Group> groups;
  std::map<std::vector<std::string>, size_t> places;
  for (size_t run = 0; run < runs.size(); ++run) {
    std::vector<std::string> values = values_of(runs[run], keys);
    const auto [found, added] = places.emplace(values, groups.size());
    if (added) {
      groups.push_back({fmt::format("{}", fmt::join(values, ", ")), std::move(values), {}});
    }
    groups[found->second].runs.push_back(run);
  }
  sort_groups(groups, runs, keys);
  return groups;
}

void leave_out(Grouping& grouping, Group& group, size_t run, const std::string& reason) {
  grouping.left_out.push_back({run, reason});
  ++group.left_out;
}

void leave_out_unfinished(Grouping& grouping, Group& group) {
  std::vector<size_t> finished;
  for (const size_t place : group.runs) {
    const Run& run = grouping.runs[place];
    if (run.state == State::finished) {
      finished.push_back(place);
    } else {
      leave_out(grouping, group, place,
                fmt::format("{}{}{}", to_string(run.state), run.problem.empty() ? "" : ": ", run.problem));
    }
  }
  group.runs = std::move(finished);
}

bool have_equal_results(const Run& a, const Run& b) {
  return std::ranges::equal(a.metrics, b.metrics, [](const Series& one, const Series& other) {
    return one.full_name() == other.full_name() && one.steps == other.steps && one.values == other.values;
  });
}

// What the runs were asked to be and were made from in which they are not the same, but for the seed.
std::vector<std::string> differing_settings(const Grouping& grouping, const std::vector<size_t>& places) {
  std::vector<Run> runs;
  for (const size_t place : places) {
    Run& run = runs.emplace_back();
    run.settings = grouping.runs[place].settings;
    run.identity = grouping.runs[place].identity;
    if (const auto samples = run.settings.find("sample.seed");
        samples != run.settings.end() && samples->second == run.settings["seed"]) {
      run.settings.erase(samples);  // which is the run's where none is given
    }
    run.settings.erase("seed");
    run.settings.erase("tags");
  }
  std::vector<std::string> names;
  for (const Difference& difference : differences_of(runs)) {
    names.push_back(difference.key);
  }
  return names;
}

// Of several runs of one seed the newest stands for all.
size_t newest_of(Grouping& grouping, Group& group, const std::vector<size_t>& same_seed) {
  const std::vector<Run>& runs = grouping.runs;
  if (const auto differ = differing_settings(grouping, same_seed); !differ.empty() && !grouping.request.anyway) {
    throw Error(
        ErrorKind::usage,
        "group '{}': seed {} has {} runs, which differ in {}; hint: --by {} makes groups of them, --anyway takes "
        "the newest",
        group.label, runs[same_seed.front()].seed, same_seed.size(), list_of(differ), differ.front());
  }
  const size_t newest =
      *std::ranges::max_element(same_seed, {}, [&](size_t place) { return std::pair(runs[place].created_utc, place); });
  for (const size_t place : same_seed) {
    if (place != newest) {
      const bool equal = have_equal_results(runs[place], runs[newest]);
      leave_out(grouping, group, place,
                fmt::format("another run of seed {}, {} {}, {}", runs[place].seed,
                            equal ? "with the results of" : "with other results than", grouping.labels[newest],
                            equal ? "is counted once" : "which is the newest"));
    }
  }
  return newest;
}

void take_one_of_each_seed(Grouping& grouping, Group& group) {
  std::map<uint64_t, std::vector<size_t>> seeds;
  for (const size_t place : group.runs) {
    seeds[grouping.runs[place].seed].push_back(place);
  }
  group.runs.clear();
  for (const auto& [seed, places] : seeds) {
    group.runs.push_back(places.size() == 1 ? places.front() : newest_of(grouping, group, places));
  }
}

void note_what_differs_within(Grouping& grouping) {
  for (const Group& group : grouping.groups) {
    if (const auto differ = differing_settings(grouping, group.runs); !differ.empty()) {
      grouping.notes.push_back(
          fmt::format("the runs of '{}' differ beside their seeds, in {}: their spread is not that "
                      "of seeds alone",
                      group.label, list_of(differ)));
    }
  }
}

void note_lengths(Grouping& grouping) {
  std::set<int64_t> lengths;
  for (const Group& group : grouping.groups) {
    for (const size_t run : group.runs) {
      lengths.insert(grouping.runs[run].steps);
    }
  }
  if (lengths.size() > 1) {
    grouping.notes.push_back(fmt::format("the runs are not equally long: {} to {} steps",
                                         terminal::grouped(*lengths.begin()), terminal::grouped(*lengths.rbegin())));
  }
}

void make_groups(Grouping& grouping) {
  const std::vector<Key> keys = keys_of(grouping.request.by, grouping.runs);
  for (const Key& key : keys) {
    grouping.keys.push_back(key.name);
  }
  grouping.groups = groups_of(grouping.runs, keys);
  for (Group& group : grouping.groups) {
    leave_out_unfinished(grouping, group);
    take_one_of_each_seed(grouping, group);
  }
  std::erase_if(grouping.groups, [&](const Group& group) {
    if (group.runs.empty()) {
      grouping.notes.push_back(fmt::format("'{}' has no finished run", group.label));
    }
    return group.runs.empty();
  });
  if (grouping.groups.empty()) {
    throw Error(ErrorKind::usage, "--by: none of the {} runs is finished", grouping.runs.size());
  }
  note_what_differs_within(grouping);
  note_lengths(grouping);
}

}  // namespace

std::string to_string(Reading reading) {
  return reading == Reading::last ? "last" : reading == Reading::best ? "best" : "area";
}

std::optional<Reading> reading_from(const std::string& name) {
  for (const Reading reading : {Reading::last, Reading::best, Reading::area}) {
    if (name == to_string(reading)) {
      return reading;
    }
  }
  return std::nullopt;
}

const std::vector<Spread>& GroupedMetric::of(Reading reading) const {
  return reading == Reading::last ? last : reading == Reading::best ? best : area;
}

Grouping group(std::vector<Run> runs, const GroupingRequest& request) {
  Grouping grouping;
  grouping.request = request;
  for (Run& run : runs) {
    (run.state == State::broken ? grouping.broken : grouping.runs).push_back(std::move(run));
  }
  if (grouping.runs.empty()) {
    throw Error(ErrorKind::file, "none of the logs can be read");
  }
  grouping.labels = labels_of(grouping.runs);
  make_groups(grouping);
  add_metrics(grouping);
  add_contrasts(grouping);
  return grouping;
}

}  // namespace atelier::compare
