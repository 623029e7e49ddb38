#include "compare/listing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/terminal_table.hpp"
#include "runlog/creation_time.hpp"

namespace atelier::compare {
namespace {

std::string best_text(const Best& best) {
  return std::isnan(best.value) ? "–" : fmt::format("{} {}", best.metric, terminal::number_text(best.value));
}

// As full digits, for machines; "" for NaN.
std::string exact(double value) {
  return std::isnan(value) ? "" : fmt::format("{}", value);
}

}  // namespace

std::vector<Run> read_runs(const std::vector<std::filesystem::path>& logs) {
  std::vector<Run> runs;
  std::ranges::transform(logs, std::back_inserter(runs), read_run);
  return runs;
}

std::string listing_text(const std::vector<Run>& runs, const terminal::Layout& layout) {
  terminal::TextTable table{
      {{"name"}, {"id"}, {"status"}, {"created"}, {"steps", terminal::Align::right}, {"best"}, {"path"}}, {}};
  std::string problems;
  for (const auto& run : runs) {
    const bool readable = run.state != State::broken;
    table.add({{readable ? run.name : "–"},
               {readable ? run.run_id : "–"},
               {to_string(run.state), emphasis_of(run.state)},
               {readable ? runlog::whole_seconds(run.created_utc) : "–"},
               {readable ? terminal::grouped(run.steps) : "–"},
               {best_text(run.best)},
               {run.path.string()}});
    problems += readable ? "" : fmt::format("broken: {}\n", run.problem);
  }
  return to_text(table, layout, 2) + (problems.empty() ? "" : "\n" + problems);
}

std::string listing_csv(const std::vector<Run>& runs) {
  std::string text = terminal::csv_record({"name", "id", "status", "created_utc", "seed", "tags", "steps",
                                           "best_metric", "best_value", "best_step", "path", "reason"});
  for (const auto& run : runs) {
    const bool evaluated = !std::isnan(run.best.value);
    text += terminal::csv_record({run.name, run.run_id, to_string(run.state), run.created_utc,
                                  fmt::format("{}", run.seed), fmt::format("{}", fmt::join(run.tags, " ")),
                                  fmt::format("{}", run.steps), evaluated ? run.best.metric : "", exact(run.best.value),
                                  evaluated ? fmt::format("{}", run.best.step) : "", run.path.string(), run.problem});
  }
  return text;
}

}  // namespace atelier::compare
