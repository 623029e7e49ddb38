// atelier show LOG
#include "base/error.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/json.hpp"
#include "compare/run.hpp"

namespace atelier::cli {
namespace {

int show(const Arguments& arguments) {
  const std::filesystem::path log =
      runlog::find_log(arguments.words.front(), runlog::Wanted::any, places_of(arguments));
  const compare::Run run = compare::read_run(log);
  if (run.state == compare::State::broken) {
    throw Error(ErrorKind::file, run.problem);
  }
  const compare::Details details = compare::read_details(log);
  if (arguments.has("json")) {
    print_json(compare::to_json(run, details));
  } else {
    print(compare::to_text(run, details, output_layout()));
  }
  return exit_done;
}

}  // namespace

Verb show_verb() {
  return {"show", "LOG", "one run: experiment, provenance, metrics, timing", "", 1, 1, {json_option(), out_option()},
          show};
}

}  // namespace atelier::cli
