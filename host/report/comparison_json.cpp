#include "report/comparison_json.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "compare/grouping_tables.hpp"
#include "report/groups.hpp"

namespace atelier::report {
namespace {

Json differences_json(const std::vector<compare::Difference>& differences) {
  Json out = Json::array();
  for (const compare::Difference& difference : differences) {
    out.push_back({{"key", difference.key}, {"values", difference.values}});
  }
  return out;
}

Json results_json(const compare::Comparison& comparison) {
  Json out = Json::array();
  for (const compare::Result& result : comparison.results) {
    Json best = Json::array();
    for (size_t run = 0; run < result.values.size(); ++run) {
      if (result.is_best(run)) {
        best.push_back(run);
      }
    }
    out.push_back({{"name", result.name},
                   {"values", result.values},
                   {"better", catalog::to_string(result.better)},
                   {"best", best},
                   {"unlike", compare::texts_of(result.unlike)}});
  }
  return out;
}

Json grouping_json(const std::vector<compare::Run>& runs, const std::vector<std::string>& keys) {
  Json out = Json::parse(compare::to_json(compare::group(runs, {.by = keys, .metrics = {}})));
  out["problem"] = nullptr;
  return out;
}

// The runs of each experiment.
std::vector<std::vector<compare::Run>> by_name(const std::vector<compare::Run>& runs) {
  std::vector<std::vector<compare::Run>> parts;
  for (const compare::Run& run : runs) {
    const auto same = [&](const std::vector<compare::Run>& part) { return part.front().name == run.name; };
    const auto found = std::ranges::find_if(parts, same);
    if (found == parts.end()) {
      parts.push_back({run});
    } else {
      found->push_back(run);
    }
  }
  return parts;
}

// Of groups of several runs what they come to, as `atelier compare --by` says it; none where each run is alone. Runs
// that cannot be compared with each other are so with those of their own experiment, and where that cannot be the page
// says why.
Json groupings_json(const std::vector<compare::Run>& runs, const Groups& groups) {
  Json out = Json::array();
  if (groups.names.size() == runs.size()) {
    return out;
  }
  try {
    out.push_back(grouping_json(runs, groups.keys));
    return out;
  } catch (const Error& error) {
    out.push_back({{"problem", error.what()}});
  }
  const std::vector<std::vector<compare::Run>> parts = by_name(runs);
  if (parts.size() == 1) {
    return out;
  }
  out.clear();
  for (const std::vector<compare::Run>& part : parts) {
    try {
      out.push_back(grouping_json(part, groups.keys));
    } catch (const Error& error) {
      out.push_back({{"problem", error.what()}});
    }
    out.back()["name"] = part.front().name;
  }
  return out;
}

}  // namespace

Json comparison_json(const std::vector<compare::Run>& runs, const std::string& by) {
  const compare::Comparison comparison = compare::compare(runs);
  std::vector<const compare::Run*> each;
  std::ranges::transform(comparison.runs, std::back_inserter(each), [](const compare::Run& run) { return &run; });
  const Groups groups = groups_of(each, by);
  return {{"labels", comparison.labels},
          {"group_names", groups.names},
          {"groups", groups.of_runs},
          {"by", by},
          {"metric", comparison.metric},
          {"differences", differences_json(comparison.differences)},
          {"results", results_json(comparison)},
          {"groupings", groupings_json(comparison.runs, groups)}};
}

}  // namespace atelier::report
