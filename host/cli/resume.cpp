// atelier resume LOG
#include "cli/ranked_work.hpp"
#include "cli/resume_folder.hpp"
#include "cli/run_options.hpp"
#include "cli/supervised_run.hpp"
#include "cli/train.hpp"
#include "cli/verbs.hpp"
#include "cli/watched_work.hpp"

namespace atelier::cli {
namespace {

using supervision::Link;

int resume(const Arguments& arguments) {
  if (arguments.integer("retries", 0, 0, std::numeric_limits<int64_t>::max()) > 0) {
    expect_alone("--retries", "atelier resume goes on, with any number of processes");
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(arguments.words.front(), ignored)) {
    expect_alone(arguments.words.front(), "several processes go on with one log, not with all of a folder");
    if (const std::optional<int> code = resume_folder(arguments, arguments.words.front())) {
      return *code;
    }  // a single run that failed may be meant
  }
  const WatchOptions watch = watch_options_of(arguments);
  const std::filesystem::path log =
      runlog::find_log(arguments.words.front(), runlog::Wanted::resumable, places_of(arguments));
  const auto go_on = [&](const Link& link, const std::filesystem::path& with) {
    return do_watched(link, watch, [&] {
      return work_as_rank(link, [&](Ranks* ranks) {
        return train_on(arguments, with, link, Shown::all, std::numeric_limits<int64_t>::max(), ranks);
      });
    });
  };
  supervision::Supervisor supervisor;
  return supervise(supervisor, arguments, {[&](const Link& link) { return go_on(link, log); }, go_on});
}

}  // namespace

Verb resume_verb() {
  return {
      "resume",
      "LOG|DIR",
      "go on where a run stopped, in the same log, or all of a folder",
      "Of an experiment's name, the newest run that stopped before its end. Of a folder, the sweeps of which it has "
      "logs, with all points\n"
      "that are missing, failed or stopped, where their files are what they were; and every other run that stopped.\n"
      "A run whose data, plugins or\n"
      "class names have changed since goes on with --allow-changes only, and its log keeps what changed.",
      1,
      1,
      with({threads_option(), allow_changes_option(), out_option()}, watch_options()),
      resume};
}

}  // namespace atelier::cli
