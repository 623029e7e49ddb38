// atelier export LOG --weights|--metrics|--samples -o FILE
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/export_samples.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/metrics_table.hpp"
#include "inference/pytorch_weights.hpp"
#include "tensor/safetensors.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

// What there is to export, where it goes, and the options that are for it alone.
struct Choice {
  std::string name;
  std::string target;  // for the message
  std::vector<std::string> endings;
  std::vector<std::string> options;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> all{{"weights", "FILE.safetensors", {".safetensors"}, {"of", "foreign"}},
                                       {"metrics", "FILE.csv", {".csv"}, {"timing"}},
                                       {"samples", "FOLDER", {}, {"step"}}};
  return all;
}

const Choice& chosen(const Arguments& arguments) {
  const Choice* found = nullptr;
  std::vector<std::string> given;
  for (const Choice& choice : choices()) {
    if (arguments.has(choice.name)) {
      found = &choice;
      given.push_back("--" + choice.name);
    }
  }
  if (given.size() != 1) {
    std::string got = given.empty() ? "none of them" : given.front();
    for (size_t i = 1; i < given.size(); ++i) {
      got += " and " + given[i];
    }
    throw Error(ErrorKind::usage, "atelier export: got {}, expected one of --weights, --metrics and --samples", got);
  }
  for (const Choice& other : choices()) {
    for (const std::string& option : other.options) {
      if (&other != found && arguments.has(option)) {
        throw Error(ErrorKind::usage, "--{}: expected with --{} only", option, other.name);
      }
    }
  }
  return *found;
}

// Known before the log is looked at. Of standard output, empty.
fs::path target_of(const Choice& choice, const Arguments& arguments) {
  if (!arguments.has("output")) {
    throw Error(ErrorKind::usage, "atelier export: got no output, expected: atelier export LOG --{} -o {}", choice.name,
                choice.target);
  }
  fs::path target = arguments.text("output", "");
  if (choice.name == "metrics" && target == "-") {
    return {};
  }
  if (choice.endings.empty()) {
    if (fs::exists(target) && !fs::is_directory(target)) {
      throw Error(ErrorKind::file, "{}: cannot be a folder of samples: it is a file", target.string());
    }
    return target;
  }
  if (std::ranges::find(choice.endings, target.extension().string()) == choice.endings.end()) {
    throw Error(ErrorKind::usage, "--output: got '{}', expected a name that ends in {}{}", target.string(),
                choice.endings.front(), choice.name == "metrics" ? ", or - for the terminal" : "");
  }
  check_writable(target);
  return target;
}

// The run whose model the log keeps, by its name or the beginning of its id.
size_t foreign_run(const runlog::Reader& log, const std::string& word) {
  const std::vector<runlog::ForeignRun>& runs = log.description().foreign;
  std::vector<std::string> names;
  std::vector<size_t> meant;
  for (size_t i = 0; i < runs.size(); ++i) {
    names.push_back(runs[i].name);
    if (runs[i].name == word || (!word.empty() && runs[i].run_id.starts_with(word))) {
      meant.push_back(i);
    }
  }
  if (meant.size() != 1) {
    throw Error(ErrorKind::usage, "--foreign: {} used {}{}", log.path().string(),
                meant.empty() ? fmt::format("no run '{}'", word) : fmt::format("{} runs '{}'", meant.size(), word),
                meant.empty() ? instead_of(word, names) : "; hint: name it by its id");
  }
  return meant.front();
}

void export_foreign_weights(const runlog::Reader& log, const fs::path& file, const Arguments& arguments) {
  if (arguments.has("of")) {
    throw Error(ErrorKind::usage, "--of: says nothing with --foreign: a log has another run's weights once");
  }
  const size_t index = foreign_run(log, arguments.text("foreign", ""));
  const auto tensors = inference::in_pytorch(inference::foreign_weights_in(log, index));
  write_file(file, [&](std::ostream& out) {
    tensor::write_safetensors(out, inference::origin_of_foreign(log.description(), index), tensors);
  });
  const runlog::ForeignRun& run = log.description().foreign[index];
  print_message(fmt::format("{}: {} tensors, the weights of {} ({}) as {} used them", file.string(), tensors.size(),
                            run.name, run.run_id, log.path().string()));
}

void say_what_is_left_out(const runlog::Reader& log) {
  std::string runs;
  for (const runlog::ForeignRun& run : log.description().foreign) {
    runs += fmt::format("{}{} ({})", runs.empty() ? "" : ", ", run.name, run.run_id);
  }
  if (!runs.empty()) {
    print_message(
        fmt::format("atelier: note: {}: weights of other runs that it used are left out: {}; hint: --foreign "
                    "NAME writes one's",
                    log.path().string(), runs));
  }
}

void export_weights(const fs::path& log, const fs::path& file, const Arguments& arguments) {
  const runlog::Reader reader(log);
  if (arguments.has("foreign")) {
    return export_foreign_weights(reader, file, arguments);
  }
  const inference::WeightsOf which = chosen_weights(arguments, "of");
  const inference::LoggedWeights weights = arguments.has("of") ? inference::exact_weights_in(reader, which, "--of")
                                                               : inference::weights_in(reader, which, "--of");
  const auto tensors = inference::in_pytorch(weights);
  write_file(file, [&](std::ostream& out) {
    tensor::write_safetensors(out, inference::origin_of(reader, weights), tensors);
  });
  print_message(fmt::format("{}: {} tensors, {}, from {}", file.string(), tensors.size(), inference::to_text(weights),
                            log.string()));
  say_what_is_left_out(reader);
}

void export_metrics(const fs::path& log, const fs::path& file, const Arguments& arguments) {
  const std::string text = compare::metrics_csv(log, arguments.has("timing"));
  if (file.empty()) {
    return print(text);
  }
  write_file(file, text);
  print_message(fmt::format("{}: {} steps from {}", file.string(), std::ranges::count(text, '\n') - 1, log.string()));
}

std::optional<int64_t> step_of(const Arguments& arguments) {
  return arguments.has("step") ? std::optional(arguments.integer("step", 0, 0)) : std::nullopt;
}

int export_run(const Arguments& arguments) {
  const Choice& choice = chosen(arguments);
  const fs::path target = target_of(choice, arguments);
  const auto wanted = choice.name == "weights" ? runlog::Wanted::finished : runlog::Wanted::any;
  const fs::path log = runlog::find_log(arguments.words.front(), wanted, places_of(arguments));
  if (choice.name == "weights") {
    export_weights(log, target, arguments);
  } else if (choice.name == "metrics") {
    export_metrics(log, target, arguments);
  } else {
    const std::string written = export_samples(runlog::Reader(log), target, step_of(arguments));
    print_message(fmt::format("{}: {}, from {}", target.string(), written, log.string()));
  }
  return exit_done;
}

}  // namespace

Verb export_verb() {
  return {"export",
          "LOG --WHAT -o FILE",
          "a run's weights, metrics or samples, in files of other programs",
          "--weights: a safetensors file, with PyTorch's names and layouts, and the experiment in its metadata.\n"
          "--metrics: one table, FILE.csv, or - for the terminal, with a row for each step and a column for each "
          "metric.\n"
          "--samples: a folder, which has a folder for each series, by steps: a PNG file for each image; text in "
          "FILE.txt,\n"
          "signals in FILE.csv and FILE.wav, tables and numbers in FILE.csv. Files of the same names are written anew.",
          1,
          1,
          {{"weights", "", "export the weights"},
           {"metrics", "", "export the metrics of all steps"},
           {"samples", "", "export what the run logged of what its model made"},
           {"output", "FILE", "the file, or the folder of samples, to write", 'o'},
           {"of", "NAME", "of the weights: final (the default), best or checkpoint"},
           {"foreign", "NAME", "of the weights: those of another run whose model it used, by name or id, instead"},
           {"timing", "", "of the metrics: when each row was logged, and how fast the run was, too"},
           {"step", "N", "of the samples: those of this step alone"},
           out_option()},
          export_run};
}

}  // namespace atelier::cli
