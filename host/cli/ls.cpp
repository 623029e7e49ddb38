// atelier ls [LOG...] [FILTER...]
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/error.hpp"
#include "cli/chosen_runs.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/json.hpp"
#include "compare/listing.hpp"
#include "compare/selection.hpp"

namespace atelier::cli {
namespace {

using compare::RunSummary;

// A folder without logs is no mistake here, where nothing else is meant.
std::vector<runlog::Heading> logs_of(const std::vector<std::string>& words, const runlog::Places& places) {
  std::error_code ignored;
  if (words.empty()) {
    return std::filesystem::exists(places.runs, ignored) ? runlog::logs_below(places.runs)
                                                         : std::vector<runlog::Heading>();
  }
  try {
    return runlog::find_headings(words, runlog::OfName::all, places);
  } catch (const runlog::NoSuchRun&) {
    if (words.size() == 1 && std::filesystem::is_directory(words.front(), ignored)) {
      return {};
    }
    throw;
  }
}

std::string without_spaces_around(const std::string& text) {
  const size_t begin = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

std::vector<compare::ListedColumn> named_columns(const std::string& names, const compare::RunKeys& keys) {
  std::vector<compare::ListedColumn> columns;
  std::istringstream parts(names);
  for (std::string part; std::getline(parts, part, ',');) {
    const std::string name = without_spaces_around(part);
    columns.push_back({name, keys.find(name, "--columns")});
  }
  if (columns.empty()) {
    throw Error(ErrorKind::usage, "--columns: got '{}', expected settings, metrics or facts with ',' between them",
                names);
  }
  return columns;
}

// The usual ones, and what the runs are sorted by, which is to be seen.
std::vector<compare::ListedColumn> columns_with(const std::string& heading, const compare::Key& key,
                                                const std::vector<RunSummary>& runs) {
  std::vector<compare::ListedColumn> columns = compare::usual_columns(runs);
  const auto is_there = [&](const compare::ListedColumn& column) { return column.key.name == key.name; };
  if (std::ranges::none_of(columns, is_there)) {
    columns.insert(columns.end() - 1, {heading, key});
  }
  return columns;
}

void print_paths(const std::vector<RunSummary>& runs) {
  for (const RunSummary& run : runs) {
    print(run.path.string() + "\n");
  }
}

void print_runs(const std::vector<RunSummary>& runs, const std::vector<compare::ListedColumn>& columns,
                const Arguments& arguments) {
  const bool chosen = arguments.has("columns");
  if (arguments.has("paths")) {
    print_paths(runs);
  } else if (arguments.has("json")) {
    print_json(compare::to_json(runs, chosen ? columns : std::vector<compare::ListedColumn>()));
  } else if (arguments.has("csv")) {
    print(chosen ? compare::listing_csv(runs, columns) : compare::listing_csv(runs));
  } else if (!runs.empty()) {
    print(compare::listing_text(runs, output_layout(), columns));
  }
}

void check_ls_options(const Arguments& arguments) {
  if (arguments.has("descending") && !arguments.has("sort")) {
    throw Error(ErrorKind::usage, "--descending: expected --sort KEY beside it");
  }
  if (arguments.has("paths") && (arguments.has("json") || arguments.has("csv") || arguments.has("columns"))) {
    throw Error(ErrorKind::usage, "--paths: expected none of --json, --csv and --columns beside it");
  }
}

int ls(const Arguments& arguments) {
  check_ls_options(arguments);
  const runlog::Places places = places_of(arguments);
  const ChosenBy words = told_apart(arguments.words, places);
  const std::vector<RunSummary> all = compare::summaries_of(logs_of(words.logs, places));
  const compare::RunKeys keys(all);
  const bool has_some = !all.empty();  // or no key would be known
  std::vector<RunSummary> runs = has_some ? those_chosen(all, keys, words.filters) : all;
  std::vector<compare::ListedColumn> columns = compare::usual_columns(runs);
  if (has_some && arguments.has("sort")) {
    const std::string name = arguments.text("sort", "");
    const compare::Key key = keys.find(name, "--sort");
    compare::sort_by(runs, key, arguments.has("descending"));
    columns = columns_with(name, key, runs);
  }
  if (has_some && arguments.has("columns")) {
    columns = named_columns(arguments.text("columns", ""), keys);
  }
  const auto most = static_cast<size_t>(arguments.integer("limit", std::numeric_limits<int64_t>::max(), 1));
  runs.resize(std::min(runs.size(), most));
  const bool for_machines = arguments.has("json") || arguments.has("csv") || arguments.has("paths");
  if (runs.empty() && !for_machines) {
    print_message(has_some
                      ? fmt::format("none of {}", counted(std::ssize(all)))
                      : fmt::format("no runs in '{}'", words.logs.empty() ? places.runs.string() : words.logs.front()));
  }
  print_runs(runs, columns, arguments);
  return exit_done;
}

}  // namespace

Verb ls_verb() {
  return {
      "ls",
      "[LOG...] [FILTER...]",
      "runs, their status and their best metrics; those alone that are asked for",
      "All in the folder of runs where nothing is named; of a folder or an experiment all its logs. A run that says it "
      "is running while nobody writes its log is shown as killed.\n"
      "A FILTER compares settings by their keys (model.latent, or latent where no other key ends so), final values of "
      "metrics (eval/elbo) and facts (name, id, status, seed, tag, created, steps, seconds, size, best, path) with "
      "=, !=, <, <=, >, >=, contains, matches and in, joined by and, or, not and parentheses:\n"
      "  atelier ls 'learning_rate < 0.01 and model.use = \"vae\"' 'status in [failed, killed] or tag = old'\n"
      "A run that has no such setting or metric is left out, and counted. What is there as a file, a folder or an "
      "experiment is no filter, nor is what begins with './'.",
      0,
      std::numeric_limits<size_t>::max(),
      {{"sort", "KEY", "by a setting, a metric or a fact, the smallest first; runs without one come last"},
       {"descending", "", "the largest first"},
       {"columns", "KEY,...", "these instead of the usual ones"},
       {"limit", "N", "the first N runs alone"},
       {"paths", "", "print the logs' paths alone, one a line"},
       json_option(),
       csv_option(),
       out_option()},
      ls};
}

}  // namespace atelier::cli
