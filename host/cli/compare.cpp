// atelier compare LOG...
#include <filesystem>

#include "base/error.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/comparison.hpp"
#include "compare/json.hpp"
#include "compare/listing.hpp"

namespace atelier::cli {
namespace {

int compare_runs(const Arguments& arguments) {
  const std::vector<std::filesystem::path> logs =
      runlog::find_logs(arguments.words, runlog::OfName::newest, places_of(arguments));
  const compare::Comparison comparison = compare::compare(compare::read_runs(logs), arguments.text("metric", ""));
  if (arguments.has("json")) {
    print_json(compare::to_json(comparison));
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
