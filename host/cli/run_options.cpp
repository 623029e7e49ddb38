#include "cli/run_options.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/error.hpp"
#include "cli/processors.hpp"
#include "cli/terminal.hpp"
#include "plugin/core_table.hpp"
#include "ranks/launched.hpp"
#include "runlog/locks.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> data_directories(const Arguments& arguments, const fs::path& file) {
  std::vector<fs::path> directories;
  for (const auto& given : arguments.all("data")) {
    directories.emplace_back(given);
  }
  const char* const listed = std::getenv("ATELIER_DATA");
  std::istringstream parts(listed == nullptr ? "" : listed);
  for (std::string part; std::getline(parts, part, ':');) {
    if (!part.empty()) {
      directories.emplace_back(part);
    }
  }
  directories.emplace_back("data");
  if (!file.empty()) {
    directories.push_back((fs::absolute(file).parent_path().parent_path() / "data").lexically_normal());
  }
  return directories;
}

// Of several ranks on this machine, each has its share of the processors where nothing has bound it to fewer.
int own_processors() {
  const int usable = usable_processors();
  const auto launched = ranks::launched();
  if (!launched) {
    return usable;
  }
  const auto all = static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  return std::clamp(all / launched->on_machine, 1, usable);
}

void print_note(std::string_view line) {
  print_message(fmt::format("atelier: note: {}", line));
}

}  // namespace

plugin::Registry find_plugins(const Arguments& arguments, plugin::Loading loading) {
  const std::vector<std::string> given = arguments.all("plugin-path");
  plugin::set_inform([](std::string_view line) { print_message(std::string(line)); });
  const fs::path program = fs::read_symlink("/proc/self/exe");
  return plugin::Registry(plugin::plugin_paths(program, {given.begin(), given.end()}), loading);
}

plugin::Registry load_plugins(const Arguments& arguments, plugin::Loading loading) {
  plugin::Registry registry = find_plugins(arguments, loading);
  for (const plugin::Refusal& refusal : registry.refusals()) {
    std::istringstream lines(refusal.reason);
    for (std::string line; std::getline(lines, line);) {
      const std::string warning = terminal::emphasized("warning:", terminal::Emphasis::warning, messages_in_colour());
      print_message(fmt::format("atelier: {} {} (not loaded)", warning, line));
    }
  }
  return registry;
}

inference::Environment environment_of(const Arguments& arguments, const fs::path& file) {
  inference::Environment environment;
  constexpr int64_t most_threads = 4096;
  environment.threads = static_cast<int>(arguments.integer("threads", own_processors(), 1, most_threads));
  environment.out_directory = arguments.text("out", "runs");
  environment.data_directories = data_directories(arguments, file);
  environment.allow_changes = arguments.has("allow-changes");
  environment.inform = print_note;
  return environment;
}

runlog::Places places_of(const Arguments& arguments) {
  return {arguments.text("out", "runs"), "", print_note};
}

std::vector<runlog::Heading> ended_logs(const Arguments& arguments, const std::vector<std::string>& words,
                                        runlog::Once once) {
  std::vector<runlog::Heading> logs = runlog::find_headings(words, runlog::OfName::newest, places_of(arguments), once);
  for (const runlog::Heading& log : logs) {
    if (const auto holder = runlog::holder_of(log.path)) {
      throw Error(ErrorKind::file, "{}: is being written by process {} on {}", log.path.string(), holder->process,
                  holder->host);
    }
  }
  return logs;
}

std::vector<runlog::Heading> changeable_logs(const Arguments& arguments, const std::vector<std::string>& words) {
  std::vector<runlog::Heading> logs = ended_logs(arguments, words);
  for (const runlog::Heading& log : logs) {
    if (!log.problem.empty()) {
      throw Error(ErrorKind::file, log.problem);
    }
  }
  return logs;
}

inference::WeightsOf chosen_weights(const Arguments& arguments, const std::string& option) {
  const std::string choice = arguments.choice(option, {"final", "best", "checkpoint"});
  return choice == "best"         ? inference::WeightsOf::best
         : choice == "checkpoint" ? inference::WeightsOf::checkpoint
                                  : inference::WeightsOf::final;
}

Option threads_option() {
  return {"threads", "N", "threads to compute with; the default is all that may be used. Results don't depend on it"};
}

Option allow_changes_option() {
  return {"allow-changes", "", "take data, plugins and class names as they are now, where they are not what they were"};
}

Option out_option() {
  return {"out", "DIR", "the folder of runs; the default is 'runs'"};
}

Option json_option() {
  return {"json", "", "print JSON"};
}

Option csv_option() {
  return {"csv", "", "print comma-separated values"};
}

Option weights_option() {
  return {"weights", "NAME", "final (the default), best or checkpoint"};
}

}  // namespace atelier::cli
