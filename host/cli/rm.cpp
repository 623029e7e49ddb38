// atelier rm LOG...
#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "base/terminal_table.hpp"
#include "base/text.hpp"
#include "cli/confirm.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/run_summary.hpp"
#include "runlog/creation_time.hpp"
#include "runlog/path.hpp"
#include "runlog/reader.hpp"
#include "runlog/remove.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;
using compare::RunSummary;
using runlog::Heading;
using runlog::Origin;

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

bool is_called_as_logs_are(const fs::path& path) {
  return path.extension() == ".h5" || (path.extension() == ".new" && path.stem().extension() == ".h5");
}

// A file that cannot be read may be a log of ours that is damaged, or anything. What is no HDF5 file any more is ours
// where it is called as logs are, and meant by nothing but its path.
std::vector<Heading> ours_of(const std::vector<Heading>& found, const std::vector<std::string>& words) {
  std::vector<Heading> logs;
  for (const Heading& log : found) {
    const bool is_named = std::ranges::find(words, log.path.string()) != words.end();
    const auto origin = log.problem.empty() ? Origin::ours : runlog::origin_of(log.path);
    if (origin == Origin::ours || (origin == Origin::unknown && is_named && is_called_as_logs_are(log.path))) {
      logs.push_back(log);
    } else if (is_named) {
      throw Error(ErrorKind::file, "{}; 'atelier rm' removes logs of runs alone", log.problem);
    } else {
      print_message(
          fmt::format("atelier: note: passed over: {}{}", log.problem,
                      origin == Origin::unknown ? "; hint: a log as damaged as that is removed by its path" : ""));
    }
  }
  if (logs.empty()) {
    throw Error(ErrorKind::file, "nothing is removed: none of these is a log of a run");
  }
  return logs;
}

// Those that stay, in the folder of runs.
std::vector<Heading> others_than(const std::vector<Heading>& gone, const runlog::Places& places) {
  std::error_code ignored;
  if (!fs::exists(places.runs, ignored)) {
    return {};
  }
  std::set<fs::path> paths;
  std::ranges::transform(gone, std::inserter(paths, paths.end()),
                         [](const Heading& log) { return runlog::own_path(log.path); });
  std::vector<Heading> others = runlog::logs_below(places.runs);
  std::erase_if(others, [&](const Heading& log) { return paths.contains(runlog::own_path(log.path)); });
  return others;
}

// Whether it begins with the weights of another run, and keeps none of its own of the step that it begins at.
bool begins_with(const std::set<std::string>& ids, const fs::path& path) {
  const runlog::Reader log(path);
  const std::vector<int64_t> kept = log.kept_steps();
  return ids.contains(log.description().provenance.start_run_id) && std::ranges::find(kept, 0) == kept.end();
}

// Of a model that a run asks for its log has a copy; of the weights that it begins with it has none.
void print_uses(const std::vector<Heading>& gone, const runlog::Places& places) {
  const std::vector<Heading> others = others_than(gone, places);
  std::set<std::string> ids;
  for (const Heading& log : gone) {
    ids.insert(log.run_id);
  }
  ids.erase("");  // of what cannot be read
  for (const Heading& log : others) {
    ids.erase(log.run_id);  // of which a copy stays
  }
  int64_t users = 0;
  int64_t begun = 0;
  for (const Heading& log : others) {
    if (std::ranges::any_of(log.uses, [&](const std::string& id) { return ids.contains(id); })) {
      ++(begins_with(ids, log.path) ? begun : users);
    }
  }
  if (users > 0) {
    print_message(fmt::format("atelier: note: {} other {} the weights of these; {} of them", users,
                              users == 1 ? "run used" : "runs used",
                              users == 1 ? "its log has a copy" : "their logs have copies"));
  }
  if (begun > 0) {
    print_message(
        fmt::format("atelier: note: {} other {} with the weights of these ([start] from), and can no longer "
                    "be verified or replayed from step 0 without them",
                    begun, begun == 1 ? "run began" : "runs began"));
  }
}

// The folder of an experiment that has no more runs.
void remove_if_empty(const fs::path& folder, const runlog::Places& places) {
  std::error_code ignored;
  if (!fs::is_symlink(folder, ignored) && fs::equivalent(folder / "..", places.runs, ignored)) {
    fs::remove(folder, ignored);  // which removes no folder with something in it
  }
}

int rm(const Arguments& arguments) {
  const runlog::Places places = places_of(arguments);
  const std::vector<Heading> logs =
      ours_of(ended_logs(arguments, arguments.words, runlog::Once::paths), arguments.words);
  const std::vector<RunSummary> runs = compare::summaries_of(logs);
  int64_t bytes = 0;
  for (const RunSummary& run : runs) {
    bytes += fs::is_symlink(run.path) ? 0 : run.bytes;
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
      "What is no log of a run is refused where it is named, and passed over in folders and patterns; of a link, the "
      "link alone goes. Runs that used the model of one that is removed have copies of it; runs that began with its "
      "weights ([start] from) can no longer be verified or replayed from step 0, unless they keep a checkpoint of it "
      "([checkpoint] keep). 'atelier ls FILTER --paths' prints paths to remove.",
      1,
      std::numeric_limits<size_t>::max(),
      {yes_option(), out_option()},
      rm};
}

}  // namespace atelier::cli
