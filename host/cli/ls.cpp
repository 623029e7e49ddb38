// atelier ls [LOG...]
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/error.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/json.hpp"
#include "compare/listing.hpp"
#include "runlog/headings.hpp"

namespace atelier::cli {
namespace {

std::vector<std::filesystem::path> all_logs(const std::filesystem::path& runs) {
  std::vector<std::filesystem::path> logs;
  std::error_code ignored;
  if (std::filesystem::exists(runs, ignored)) {
    std::ranges::transform(runlog::logs_below(runs), std::back_inserter(logs), &runlog::Heading::path);
  }
  return logs;
}

// A folder without logs is no mistake here, where nothing else is meant.
std::vector<std::filesystem::path> named_logs(const std::vector<std::string>& words, const runlog::Places& places) {
  try {
    return runlog::find_logs(words, runlog::OfName::all, places);
  } catch (const runlog::NoSuchRun&) {
    std::error_code ignored;
    if (words.size() == 1 && std::filesystem::is_directory(words.front(), ignored)) {
      return {};
    }
    throw;
  }
}

int ls(const Arguments& arguments) {
  const runlog::Places places = places_of(arguments);
  const std::vector<std::string>& words = arguments.words;
  const std::vector<compare::Run> runs =
      compare::read_runs(words.empty() ? all_logs(places.runs) : named_logs(words, places));
  if (arguments.has("json")) {
    print_json(compare::to_json(runs));
  } else if (arguments.has("csv")) {
    print(compare::listing_csv(runs));
  } else if (runs.empty()) {
    print_message(fmt::format("no runs in '{}'", words.empty() ? places.runs.string() : words.front()));
  } else {
    print(compare::listing_text(runs, output_layout()));
  }
  return exit_done;
}

}  // namespace

Verb ls_verb() {
  return {
      "ls",
      "[LOG...]",
      "runs, their status and their best metrics",
      "All in the folder of runs where nothing is named; of a folder or an experiment all its logs. A run that says it "
      "is running while nobody writes its log is shown as killed.",
      0,
      std::numeric_limits<size_t>::max(),
      {json_option(), csv_option(), out_option()},
      ls};
}

}  // namespace atelier::cli
