// atelier compare LOG...
#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "cli/logs.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/comparison.hpp"
#include "compare/json.hpp"

namespace atelier::cli {
namespace {

// Each log once, however often it is named.
std::vector<std::filesystem::path> all_logs(const Arguments& arguments) {
  std::vector<std::filesystem::path> all;
  for (const auto& word : arguments.words) {
    for (const auto& log : find_logs(word, arguments.text("out", "runs"))) {
      if (std::ranges::find(all, log) == all.end()) {
        all.push_back(log);
      }
    }
  }
  return all;
}

int compare_runs(const Arguments& arguments) {
  std::vector<compare::Run> runs;
  for (const auto& log : all_logs(arguments)) {
    runs.push_back(compare::read_run(log));
  }
  const compare::Comparison comparison = compare::compare(std::move(runs), arguments.text("metric", ""));
  if (arguments.has("json")) {
    print(compare::to_json(comparison));
  } else if (arguments.has("csv")) {
    print(compare::to_csv(comparison));
  } else {
    print(compare::to_text(comparison, output_layout()));
  }
  if (comparison.runs.empty()) {
    throw Error(ErrorKind::file, "none of the logs can be read");
  }
  return exit_done;
}

}  // namespace

Verb compare_verb() {
  return {"compare",
          "LOG...",
          "settings that differ, beside results",
          "Of a folder, all logs in it. Logs that are broken are named, and left out.",
          1,
          std::numeric_limits<size_t>::max(),
          {{"metric", "NAME", "the metric of the curves; the default is the one that chooses the best weights"},
           json_option(),
           csv_option(),
           out_option()},
          compare_runs};
}

}  // namespace atelier::cli
