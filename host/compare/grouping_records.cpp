// A grouping for other programs: as JSON, and as comma-separated values.
#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/terminal_table.hpp"
#include "compare/csv.hpp"
#include "compare/grouping_tables.hpp"
#include "compare/run_json.hpp"

namespace atelier::compare {
namespace {

using Json = nlohmann::ordered_json;

Json interval_json(const statistics::Interval& interval) {
  return interval.lack == statistics::Lack::none
             ? Json{{"low", interval.low}, {"high", interval.high}, {"lack", nullptr}}
             : Json{{"low", nullptr}, {"high", nullptr}, {"lack", to_string(interval.lack)}};
}

Json spread_json(const Spread& spread) {
  return {{"values", spread.values},
          {"count", spread.count},
          {"mean", spread.mean},
          {"deviation", spread.deviation},
          {"interval", interval_json(spread.interval)},
          {"deviation_of_samples", spread.deviation_of_samples},
          {"problem", text_or_null(spread.problem)}};
}

Json number_or_null(const std::optional<size_t>& number) {
  return number ? Json(*number) : Json(nullptr);
}

Json unlike_json(const std::vector<Unlikeness>& unlike) {
  Json list = Json::array();
  for (const Unlikeness& one : unlike) {
    list.push_back({{"what", one.what}, {"values", one.values}});
  }
  return list;
}

Json groups_json(const Grouping& grouping) {
  Json list = Json::array();
  for (const Group& group : grouping.groups) {
    Json values = Json::object();
    for (size_t key = 0; key < grouping.keys.size(); ++key) {
      values[grouping.keys[key]] = group.values[key];
    }
    Json runs = Json::array();
    for (const size_t run : group.runs) {
      runs.push_back({{"run", grouping.labels[run]},
                      {"seed", grouping.runs[run].seed},
                      {"path", grouping.runs[run].path.string()},
                      {"steps", grouping.runs[run].steps}});
    }
    list.push_back({{"label", group.label}, {"values", values}, {"runs", runs}, {"left_out", group.left_out}});
  }
  return list;
}

Json metrics_json(const Grouping& grouping) {
  Json list = Json::array();
  for (const GroupedMetric& metric : grouping.metrics) {
    Json groups = Json::array();
    for (size_t i = 0; i < grouping.groups.size(); ++i) {
      groups.push_back({{"group", grouping.groups[i].label},
                        {"last", spread_json(metric.last[i])},
                        {"last_of_samples", of_samples_json(of_samples(grouping, metric, i))},
                        {"best", spread_json(metric.best[i])},
                        {"area", spread_json(metric.area[i])}});
    }
    list.push_back({{"name", metric.name},
                    {"units", text_or_null(metric.units)},
                    {"better", text_or_null(catalog::to_string(metric.better))},
                    {"unlike", unlike_json(metric.unlike)},
                    {"test_samples", metric.samples > 0 ? Json(metric.samples) : Json(nullptr)},
                    {"groups", groups}});
  }
  return list;
}

Json differences_json(const Grouping& grouping) {
  Json list = Json::array();
  for (const Contrast& one : grouping.contrasts) {
    list.push_back({{"metric", one.metric},
                    {"of", to_string(grouping.request.reading)},
                    {"group", grouping.groups[one.group].label},
                    {"against", grouping.groups[one.reference].label},
                    {"paired", one.paired},
                    {"seeds", one.seeds},
                    {"seeds_against", one.reference_seeds},
                    {"without_partner", one.without_partner},
                    {"mean", one.difference},
                    {"deviation", one.deviation},
                    {"correlation", one.correlation},
                    {"interval", interval_json(one.interval)},
                    {"of_samples", of_samples_json(of_samples(grouping, one))},
                    {"effect", one.effect},
                    {"effect_is", one.paired ? "d_z" : "g"},
                    {"p", one.test.p},
                    {"exact", one.test.exact},
                    {"arrangements", one.test.arrangements},
                    {"p_holm", one.p_holm},
                    {"smallest_p", one.smallest_p},
                    {"smallest_p_holm", one.smallest_p_holm},
                    {"seeds_for_smallest", number_or_null(one.seeds_for_smallest)},
                    {"seeds_needed", number_or_null(one.seeds_needed)},
                    {"settled", one.settled},
                    {"verdict", verdict(grouping, one)}});
  }
  return list;
}

Json left_out_json(const Grouping& grouping) {
  Json list = Json::array();
  for (const LeftOut& one : grouping.left_out) {
    list.push_back(
        {{"run", grouping.labels[one.run]}, {"path", grouping.runs[one.run].path.string()}, {"reason", one.reason}});
  }
  for (const Run& run : grouping.broken) {
    list.push_back({{"run", nullptr}, {"path", run.path.string()}, {"reason", run.problem}});
  }
  return list;
}

std::vector<std::string> group_record(const Grouping& grouping, const GroupedMetric& metric, size_t group,
                                      Reading reading) {
  const Spread& spread = metric.of(reading)[group];
  return {metric.name,
          to_string(reading),
          grouping.groups[group].label,
          "",
          fmt::format("{}", spread.count),
          csv_cell(spread.mean),
          csv_cell(spread.deviation),
          csv_cell(spread.interval.low),
          csv_cell(spread.interval.high),
          "",
          "",
          "",
          "",
          "",
          spread.problem.empty() ? to_string(spread.interval.lack) : spread.problem};
}

std::vector<std::string> contrast_record(const Grouping& grouping, const Contrast& one) {
  return {one.metric,
          to_string(grouping.request.reading),
          grouping.groups[one.group].label,
          grouping.groups[one.reference].label,
          fmt::format("{}", one.seeds),
          csv_cell(one.difference),
          csv_cell(one.deviation),
          csv_cell(one.interval.low),
          csv_cell(one.interval.high),
          one.paired ? "seed" : "none",
          csv_cell(one.effect),
          csv_cell(one.test.p),
          csv_cell(one.p_holm),
          csv_cell(one.smallest_p_holm),
          verdict(grouping, one)};
}

}  // namespace

Json of_samples_json(const OfSamples& found) {
  return found.samples == 0 ? Json(nullptr)
                            : Json{{"samples", found.samples},
                                   {"mean", found.mean},
                                   {"deviation", found.deviation},
                                   {"interval", interval_json(found.interval)}};
}

std::string to_json(const Grouping& grouping) {
  return dumped({{"by", grouping.keys},
                 {"level", grouping.request.level},
                 {"of", to_string(grouping.request.reading)},
                 {"groups", groups_json(grouping)},
                 {"metrics", metrics_json(grouping)},
                 {"differences", differences_json(grouping)},
                 {"left_out", left_out_json(grouping)},
                 {"notes", grouping.notes}});
}

std::string to_csv(const Grouping& grouping) {
  std::string text = terminal::csv_record({"metric", "of", "group", "against", "seeds", "mean", "deviation", "low",
                                           "high", "paired_by", "effect", "p", "p_holm", "smallest_p_holm", "remark"});
  for (const GroupedMetric& metric : grouping.metrics) {
    for (const Reading reading : {Reading::last, Reading::best, Reading::area}) {
      for (size_t group = 0; group < grouping.groups.size(); ++group) {
        text += terminal::csv_record(group_record(grouping, metric, group, reading));
      }
    }
  }
  for (const Contrast& contrast : grouping.contrasts) {
    text += terminal::csv_record(contrast_record(grouping, contrast));
  }
  return text;
}

}  // namespace atelier::compare
