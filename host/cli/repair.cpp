// atelier repair LOG...
#include "runlog/repair.hpp"

#include <fmt/core.h>

#include <limits>

#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace atelier::cli {
namespace {

int repair(const Arguments& arguments) {
  for (const std::string& word : arguments.words) {
    const std::filesystem::path log = runlog::find_log(word, runlog::Wanted::any, places_of(arguments));
    const bool changed = runlog::repair(log);
    print(fmt::format("{}: {}\n", log.string(),
                      changed ? "has what its journal had, and needs the journal no more" : "was whole already"));
  }
  return exit_done;
}

}  // namespace

Verb repair_verb() {
  return {
      "repair",
      "LOG...",
      "bring what a killed run left in its journal into its log",
      "A run that is killed while it writes leaves LOG.h5.journal beside the log. Atelier reads both, and 'resume'\n"
      "joins them; this does it for other programs.",
      1,
      std::numeric_limits<size_t>::max(),
      {out_option()},
      repair};
}

}  // namespace atelier::cli
