#include "cli/resume_folder.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "base/printable.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/sweep.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "runlog/headings.hpp"
#include "runlog/locks.hpp"
#include "runlog/reader.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

struct Log {
  fs::path path, directory;
  runlog::Status status = runlog::Status::running;
  std::string name, source;
  Texts overrides;
};

// What a sweep is started again by: its file, what the command line added to that, and the folder of runs.
struct Restart {
  fs::path file, out;
  Texts words;
  bool operator<(const Restart& other) const {
    return std::tie(file, out, words) < std::tie(other.file, other.out, other.words);
  }
};

Texts lines_of(const std::string& text) {
  std::istringstream in(text);
  Texts lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::vector<Log> logs_in(const fs::path& folder) {
  std::vector<Log> logs;
  for (const runlog::Heading& heading : runlog::logs_below(folder)) {
    if (!heading.problem.empty()) {
      print_message(fmt::format("atelier: note: {}", printable(heading.problem)));
      continue;
    }
    const runlog::Reader reader(heading.path);
    const runlog::RunDescription& run = reader.description();
    logs.push_back({heading.path, run.directory, heading.status, run.name, run.source, lines_of(run.overrides)});
  }
  return logs;
}

std::string bytes_of_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The file that says what the log's did, where it was: logs don't keep its name.
std::optional<fs::path> file_of(const Log& log) {
  std::set<fs::path> files;  // the first by its name, of several
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(log.directory, ignored)) {
    if (entry.path().extension() == ".toml" && entry.is_regular_file(ignored) &&
        entry.file_size(ignored) == log.source.size() && bytes_of_file(entry.path()) == log.source) {
      files.insert(entry.path());
    }
  }
  return files.empty() ? std::nullopt : std::optional(*files.begin());
}

// Runs are kept in a folder of their experiment's name.
fs::path out_of(const Log& log, const fs::path& folder) {
  const fs::path holds = log.path.parent_path();
  return holds.filename() == log.name && holds.has_parent_path() ? holds.parent_path() : folder;
}

class Sweeps {
 public:
  Sweeps(const Arguments& arguments, const plugin::Registry& registry) : arguments_(arguments), registry_(registry) {}

  // Nothing where the log is of no sweep of a file, as far as can be known.
  std::optional<Restart> restart_of(const Log& log, const fs::path& folder) {
    if (log.source.find("sweep") == std::string::npos) {
      return std::nullopt;
    }
    const auto [known, is_new] = files_.try_emplace({log.directory, log.source});
    File& file = known->second;
    if (is_new) {
      file.path = file_of(log);
      if (!file.path) {
        print_message(fmt::format(
            "atelier: note: {}: its experiment file is not in {} any more; points without a log cannot be run",
            printable(log.path.string()), printable(log.directory.string())));
      } else {
        Arguments alone = arguments_;
        alone.words = {file.path->string()};
        file.sweep = sweep_of(alone, registry_);
      }
    }
    if (!file.sweep) {
      return std::nullopt;
    }
    for (const experiment::SweepPoint& point : file.sweep->points) {
      const auto rest = static_cast<ptrdiff_t>(point.overrides.size());
      if (log.overrides.size() >= point.overrides.size() &&
          std::equal(point.overrides.begin(), point.overrides.end(), log.overrides.begin())) {
        return Restart{*file.path, out_of(log, folder), {log.overrides.begin() + rest, log.overrides.end()}};
      }
    }
    return std::nullopt;  // the command line has changed what varies
  }

 private:
  struct File {
    std::optional<fs::path> path;
    std::optional<experiment::Sweep> sweep;
  };

  const Arguments& arguments_;
  const plugin::Registry& registry_;
  std::map<std::pair<fs::path, std::string>, File> files_;
};

bool can_go_on(const Log& log) {
  const bool stopped = log.status == runlog::Status::interrupted ||
                       (log.status == runlog::Status::running && !runlog::holder_of(log.path));
  return stopped && runlog::Reader(log.path).newest_checkpoint().has_value();
}

int run_again(const Arguments& arguments, const Restart& restart) {
  Arguments alone = arguments;
  alone.options.erase("allow-changes");
  alone.options["out"] = {restart.out.string()};
  alone.words = {restart.file.string()};
  alone.words.insert(alone.words.end(), restart.words.begin(), restart.words.end());
  print_message(fmt::format("the sweep of {}", printable(restart.file.string())));
  return find_verb("run").run(alone);
}

int go_on(const Arguments& arguments, const fs::path& log) {
  Arguments alone = arguments;
  alone.words = {log.string()};
  return find_verb("resume").run(alone);
}

}  // namespace

std::optional<int> resume_folder(const Arguments& arguments, const fs::path& folder) {
  std::set<Restart> restarts;
  std::vector<fs::path> others;
  {
    const plugin::Registry registry = load_plugins(arguments);
    Sweeps sweeps(arguments, registry);
    for (const Log& log : logs_in(folder)) {
      if (auto restart = sweeps.restart_of(log, folder)) {
        restarts.insert(*std::move(restart));
      } else if (can_go_on(log)) {
        others.push_back(log.path);
      }
    }
  }
  if (restarts.empty() && others.empty()) {
    return std::nullopt;
  }
  int worst = exit_done;
  const auto take = [&](int code) {
    worst = std::max(worst, code);
    return code != exit_interrupted;
  };
  for (const Restart& restart : restarts) {
    if (!take(run_again(arguments, restart))) {
      return exit_interrupted;
    }
  }
  for (const fs::path& log : others) {
    if (!take(go_on(arguments, log))) {
      return exit_interrupted;
    }
  }
  return worst;
}

}  // namespace atelier::cli
