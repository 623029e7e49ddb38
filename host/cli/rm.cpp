// atelier rm LOG...
#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "base/terminal_table.hpp"
#include "base/text.hpp"
#include "cli/confirm.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/run_summary.hpp"
#include "runlog/creation_time.hpp"
#include "runlog/remove.hpp"

namespace atelier::cli {
namespace {

using compare::RunSummary;

void print_what_goes(const std::vector<RunSummary>& runs) {
  terminal::TextTable table{{{"name"},
                             {"id"},
                             {"status"},
                             {"created"},
                             {"steps", terminal::Align::right},
                             {"size", terminal::Align::right},
                             {"path"}},
                            {}};
  for (const RunSummary& run : runs) {
    table.add({{run.name},
               {run.run_id},
               {to_string(run.state)},
               {runlog::whole_seconds(run.created_utc)},
               {terminal::grouped(run.steps)},
               {human_bytes(static_cast<double>(run.bytes))},
               {run.path.string()}});
  }
  std::istringstream lines(terminal::to_text(table, {message_columns(), false}));
  for (std::string line; std::getline(lines, line);) {
    print_message(line);
  }
}

// Runs that began with the weights of one that goes, or used its model. They have copies of it.
void print_uses(const std::vector<runlog::Heading>& gone, const runlog::Places& places) {
  std::error_code ignored;
  if (!std::filesystem::exists(places.runs, ignored)) {
    return;
  }
  int64_t users = 0;
  for (const runlog::Heading& log : runlog::logs_below(places.runs)) {
    const auto is_gone = [&](const std::string& id) {
      return std::ranges::any_of(gone, [&](const auto& one) { return one.run_id == id; });
    };
    const bool goes_too = std::ranges::any_of(
        gone, [&](const auto& one) { return std::filesystem::equivalent(one.path, log.path, ignored); });
    users += !goes_too && std::ranges::any_of(log.uses, is_gone) ? 1 : 0;
  }
  if (users > 0) {
    print_message(fmt::format("atelier: note: {} other {} the weights of these; {} of them", users,
                              users == 1 ? "run used" : "runs used",
                              users == 1 ? "its log has a copy" : "their logs have copies"));
  }
}

// The folder of an experiment that has no more runs.
void remove_if_empty(const std::filesystem::path& folder, const runlog::Places& places) {
  std::error_code ignored;
  if (std::filesystem::equivalent(folder / "..", places.runs, ignored)) {
    std::filesystem::remove(folder, ignored);  // which removes no folder with something in it
  }
}

int rm(const Arguments& arguments) {
  const runlog::Places places = places_of(arguments);
  const std::vector<runlog::Heading> logs = ended_logs(arguments, arguments.words);
  const std::vector<RunSummary> runs = compare::summaries_of(logs);
  int64_t bytes = 0;
  for (const RunSummary& run : runs) {
    bytes += run.bytes;
  }
  if (!arguments.has("yes")) {
    print_what_goes(runs);
    print_uses(logs, places);
  }
  if (!is_confirmed(arguments, fmt::format("remove {}, {}?",
                                           runs.size() == 1 ? "this log" : fmt::format("these {} logs", runs.size()),
                                           human_bytes(static_cast<double>(bytes))))) {
    print_message("nothing is removed");
    return exit_done;
  }
  for (const RunSummary& run : runs) {
    runlog::remove_log(run.path);
    remove_if_empty(run.path.parent_path(), places);
    print(fmt::format("removed {}\n", run.path.string()));
  }
  return exit_done;
}

}  // namespace

Verb rm_verb() {
  return {
      "rm",
      "LOG...",
      "remove runs' logs, and what stands beside them",
      "Says what will go, and asks. A log that is being written is not removed, nor then any other of those named. "
      "Runs that used "
      "the model of one that is removed keep their copies of it. 'atelier ls FILTER --paths' prints paths to remove.",
      1,
      std::numeric_limits<size_t>::max(),
      {yes_option(), out_option()},
      rm};
}

}  // namespace atelier::cli
