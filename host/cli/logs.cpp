#include "cli/logs.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "compare/listing.hpp"
#include "runlog/path.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

// Of a file name that cannot be an experiment's.
bool is_path(const std::string& argument) {
  return argument.find('/') != std::string::npos || argument.ends_with(".h5");
}

// A log's own name begins with its time, whatever the folder is called.
std::vector<fs::path> newest_first(const fs::path& folder) {
  std::vector<fs::path> logs = compare::find_logs(folder);
  std::ranges::sort(logs, [](const fs::path& a, const fs::path& b) { return a.filename() > b.filename(); });
  return logs;
}

std::vector<fs::path> logs_in(const fs::path& folder) {
  std::vector<fs::path> logs = newest_first(folder);
  if (logs.empty()) {
    throw Error(ErrorKind::file, "{}: has no logs, expected *.h5 files", folder.string());
  }
  return logs;
}

// With the nearest name of an experiment that has runs.
[[noreturn]] void throw_unknown(const std::string& argument, const fs::path& runs) {
  std::vector<std::string> names;
  if (fs::is_directory(runs)) {
    for (const auto& entry : fs::directory_iterator(runs)) {
      names.push_back(entry.path().filename().string());
    }
  }
  throw Error(ErrorKind::file, "'{}': is neither a file nor an experiment in '{}'{}", argument, runs.string(),
              did_you_mean(argument, names));
}

fs::path log_of_file_or_name(const std::string& argument, const fs::path& runs) {
  if (fs::exists(argument)) {
    return argument;
  }
  if (is_path(argument)) {
    throw Error(ErrorKind::file, "{}: no such file", argument);
  }
  if (argument.empty() || !fs::is_directory(runs / argument)) {
    throw_unknown(argument, runs);
  }
  return runlog::newest_finished_log(runs, argument);
}

}  // namespace

fs::path find_log(const std::string& argument, const fs::path& runs) {
  return fs::is_directory(argument) ? logs_in(argument).front() : log_of_file_or_name(argument, runs);
}

std::vector<fs::path> find_logs(const std::string& argument, const fs::path& runs) {
  if (!fs::is_directory(argument)) {
    return {log_of_file_or_name(argument, runs)};
  }
  logs_in(argument);
  return compare::find_logs(argument);
}

fs::path find_unfinished_log(const std::string& argument, const fs::path& runs) {
  if (fs::is_regular_file(argument)) {
    return argument;
  }
  if (is_path(argument) && !fs::exists(argument)) {
    throw Error(ErrorKind::file, "{}: no such file", argument);
  }
  const fs::path folder = fs::is_directory(argument) ? fs::path(argument) : runs / argument;
  if (argument.empty() || !fs::is_directory(folder)) {
    throw_unknown(argument, runs);
  }
  for (const auto& log : logs_in(folder)) {
    const compare::State state = compare::read_run(log).state;
    if (state != compare::State::finished && state != compare::State::running && state != compare::State::broken) {
      return log;
    }
  }
  throw Error(ErrorKind::file, "{}: has no run that could be resumed", folder.string());
}

}  // namespace atelier::cli
