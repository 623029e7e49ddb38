#include "report/comparison_json.hpp"

#include <algorithm>
#include <iterator>

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

}  // namespace

Json comparison_json(const std::vector<compare::Run>& runs, const std::string& by) {
  const compare::Comparison comparison = compare::compare(runs);
  std::vector<const compare::Run*> each;
  std::ranges::transform(comparison.runs, std::back_inserter(each), [](const compare::Run& run) { return &run; });
  const Groups groups = groups_of(each, by);
  return {{"labels", comparison.labels},        {"group_names", groups.names},
          {"groups", groups.of_runs},           {"by", by},
          {"metric", comparison.metric},        {"differences", differences_json(comparison.differences)},
          {"results", results_json(comparison)}};
}

}  // namespace atelier::report
