// atelier ls [DIR]
#include <filesystem>

#include "base/error.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/json.hpp"
#include "compare/listing.hpp"

namespace atelier::cli {
namespace {

int ls(const Arguments& arguments) {
  const std::string folder = arguments.words.empty() ? "runs" : arguments.words.front();
  std::vector<compare::Run> runs;
  if (!arguments.words.empty() || std::filesystem::exists(folder)) {
    for (const auto& log : compare::find_logs(folder)) {
      runs.push_back(compare::read_run(log));
    }
  }
  if (arguments.has("json")) {
    print(compare::to_json(runs));
  } else if (arguments.has("csv")) {
    print(compare::listing_csv(runs));
  } else if (runs.empty()) {
    print_message("no runs in '" + folder + "'");
  } else {
    print(compare::listing_text(runs, output_layout()));
  }
  return exit_done;
}

}  // namespace

Verb ls_verb() {
  return {
      "ls",
      "[DIR]",
      "runs, their status and their best metrics",
      "DIR is 'runs' where not given. A run that says it is running while nobody writes its log is shown as killed.",
      0,
      1,
      {json_option(), csv_option()},
      ls};
}

}  // namespace atelier::cli
