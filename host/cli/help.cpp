// atelier help [VERB]
#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/program.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace atelier::cli {
namespace {

std::string overview() {
  std::string text =
      "atelier: a workshop for generative image models\n\n"
      "usage: atelier VERB ARGUMENT ... [--OPTION ...]\n\n";
  for (const auto& verb : verbs()) {
    text += fmt::format("  {:<32} {}\n", fmt::format("{} {}", verb.name, verb.words), verb.summary);
  }
  return text +
         "\nA LOG is a file, a folder (its newest log), or the name of an experiment (its newest finished log).\n"
         "'atelier help VERB' lists the verb's options; 'atelier --version' prints the version.\n\n"
         "exit codes: 0 done, 1 the run failed, 2 usage, experiment or file wrong, 130 interrupted\n";
}

std::string help_of(const Verb& verb) {
  std::string text = fmt::format("usage: atelier {} {}\n\n{}\n", verb.name, verb.words, verb.summary);
  if (!verb.details.empty()) {
    text += fmt::format("\n{}\n", verb.details);
  }
  if (!verb.options.empty()) {
    text += fmt::format("\noptions\n{}", options_text(verb.options));
  }
  return text + fmt::format("\noptions of every verb\n{}", options_text(global_options()));
}

int help(const Arguments& arguments) {
  print(arguments.words.empty() ? overview() : help_of(find_verb(arguments.words.front())));
  return exit_done;
}

}  // namespace

Verb help_verb() {
  return {"help", "[VERB]", "this overview, or one verb's options", "", 0, 1, {}, help};
}

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all{run_verb(),     check_verb(),   resume_verb(), ls_verb(),
                                     show_verb(),    compare_verb(), sample_verb(), evaluate_verb(),
                                     plugins_verb(), schema_verb(),  help_verb()};
  return all;
}

const Verb& find_verb(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& verb : verbs()) {
    if (verb.name == name) {
      return verb;
    }
    names.push_back(verb.name);
  }
  const std::string nearest_name = did_you_mean(name, names);
  throw Error(ErrorKind::usage, "unknown verb '{}', expected {}{}", name, one_of(names), nearest_name);
}

}  // namespace atelier::cli
