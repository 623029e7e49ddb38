// atelier help [VERB]
#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "base/text.hpp"
#include "cli/program.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace atelier::cli {
namespace {

constexpr const char* about_logs =
    "A LOG is a file or a folder with logs, the name of an experiment (vae), all of its runs (vae@all), a run's id or "
    "how "
    "it begins, or a pattern of these ('vae-*'). Of several runs 'show' and 'export' take the newest, 'sample', "
    "'evaluate' and 'export --weights' the newest that is finished, 'resume' the newest that stopped before its end; "
    "'ls' lists all, and 'compare' all of a "
    "folder or of vae@all, but of vae the newest. When a run began is said inside of its log: names of files don't "
    "matter.";

size_t help_columns() {
  constexpr size_t usual = 100;
  const size_t width = output_layout().width;
  return width == 0 ? usual : width;
}

std::string paragraph(const std::string& text) {
  return terminal::wrapped(text, help_columns(), 0) + "\n";
}

std::string overview() {
  std::string text = paragraph("atelier: a workshop for generative image models") + "\n" +
                     paragraph("usage: atelier VERB ARGUMENT ... [--OPTION ...]") + "\n";
  constexpr size_t column = 35;
  for (const auto& verb : verbs()) {
    text += entry(fmt::format("{} {}", verb.name, verb.words), verb.summary, column, help_columns());
  }
  return text + "\n" + paragraph(about_logs) + "\n" +
         paragraph("'atelier help VERB' lists the verb's options; 'atelier --version' prints the version.") + "\n" +
         paragraph(
             "exit codes: 0 done, 1 the run failed, 2 usage, experiment or file wrong, 3 another result, 130 "
             "interrupted");
}

std::string help_of(const Verb& verb) {
  std::string text =
      paragraph(fmt::format("usage: atelier {} {}", verb.name, verb.words)) + "\n" + paragraph(verb.summary);
  if (!verb.details.empty()) {
    text += "\n" + paragraph(verb.details);
  }
  if (verb.words.find("LOG") != std::string::npos) {
    text += "\n" + paragraph(about_logs);
  }
  if (!verb.options.empty()) {
    text += fmt::format("\noptions\n{}", options_text(verb.options, help_columns()));
  }
  return text + fmt::format("\noptions of every verb\n{}", options_text(global_options(), help_columns()));
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
  static const std::vector<Verb> all{run_verb(),    check_verb(), resume_verb(), repair_verb(),   verify_verb(),
                                     replay_verb(), diff_verb(),  ls_verb(),     show_verb(),     compare_verb(),
                                     report_verb(), serve_verb(), sample_verb(), evaluate_verb(), export_verb(),
                                     tag_verb(),    note_verb(),  slim_verb(),   rm_verb(),       plugins_verb(),
                                     new_verb(),    slurm_verb(), schema_verb(), help_verb()};
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
