// atelier schema
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "experiment/experiment.hpp"

namespace atelier::cli {
namespace {

int schema(const Arguments& arguments) {
  std::string text = experiment::json_schema(load_plugins(arguments, plugin::Loading::all).descriptions());
  print_json(text.ends_with('\n') ? text : text + "\n");
  return exit_done;
}

}  // namespace

Verb schema_verb() {
  return {"schema", "", "the JSON Schema of experiment files, for editors", "", 0, 0, {}, schema};
}

}  // namespace atelier::cli
