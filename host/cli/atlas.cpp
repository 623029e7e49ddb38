#include "cli/atlas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/chosen_runs.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/sample.hpp"
#include "cli/sample_pictures.hpp"
#include "cli/scratch_run.hpp"
#include "cli/terminal.hpp"
#include "compare/run.hpp"
#include "compare/run_differences.hpp"
#include "pictures/atlas.hpp"
#include "pictures/png.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t end_of_run = -1;

// "100,1000,end"; the end alone where nothing is asked for.
std::vector<int64_t> steps_of(const Arguments& arguments) {
  if (!arguments.has("steps")) {
    return {end_of_run};
  }
  const std::string given = arguments.text("steps", "");
  std::vector<int64_t> steps;
  std::istringstream parts(given);
  for (std::string part; std::getline(parts, part, ',');) {
    int64_t step = end_of_run;
    const auto [end, status] = std::from_chars(part.data(), part.data() + part.size(), step);
    const bool is_step = status == std::errc() && end == part.data() + part.size() && step >= 0;
    if (part != "end" && !is_step) {
      throw Error(ErrorKind::usage, "--steps: got '{}', expected steps with ',' between them, or 'end' for the last",
                  given);
    }
    steps.push_back(part == "end" ? end_of_run : step);
  }
  if (steps.empty()) {
    throw Error(ErrorKind::usage, "--steps: got nothing, expected steps with ',' between them");
  }
  return steps;
}

std::vector<fs::path> logs_of(const Arguments& arguments) {
  const runlog::Places places = places_of(arguments);
  const ChosenBy words = told_apart(arguments.words, places);
  if (words.logs.empty()) {
    throw Error(ErrorKind::usage, "atelier sample: got a filter alone, expected LOG... before it");
  }
  std::vector<fs::path> logs;
  if (words.filters.empty() && words.logs.size() == 1 && !arguments.has("same-latents")) {
    return {runlog::find_log(words.logs.front(), runlog::Wanted::finished, places)};
  }
  const auto of_name = words.filters.empty() ? runlog::OfName::newest : runlog::OfName::all;
  const std::vector<compare::RunSummary> found =
      compare::summaries_of(runlog::find_headings(words.logs, of_name, places));
  for (const compare::RunSummary& run : those_chosen(found, compare::RunKeys(found), words.filters)) {
    if (run.state == compare::State::broken) {
      print_message(fmt::format("atelier: note: {} is left out: {}", run.path.string(), run.problem));
    } else {
      logs.push_back(run.path);
    }
  }
  if (logs.empty()) {
    throw Error(ErrorKind::usage, "atelier sample: none of {} is left", counted(std::ssize(found)));
  }
  return logs;
}

// What tells each run from the others, a line each.
std::vector<std::vector<std::string>> row_labels_of(const std::vector<compare::Run>& runs) {
  constexpr size_t most_differences = 3, columns = 26;
  std::set<std::string> names;
  for (const compare::Run& run : runs) {
    names.insert(run.name);
  }
  const std::vector<std::string> ids = compare::labels_of(runs);
  std::vector<std::vector<std::string>> labels(runs.size());
  for (size_t i = 0; i < runs.size(); ++i) {
    labels[i] = {names.size() > 1 ? terminal::shortened(runs[i].name, columns) : ids[i]};
  }
  if (names.size() > 1) {  // whose settings differ in too much to be named
    for (size_t i = 0; i < runs.size(); ++i) {
      labels[i].push_back(fmt::format("seed {}", runs[i].seed));
    }
    return labels;
  }
  size_t shown = 0;
  for (const compare::Difference& difference : compare::differences_of(runs)) {
    const bool is_setting =
        runs.front().settings.contains(difference.key) || difference.key.find(' ') == std::string::npos;
    if (!is_setting || difference.key == "sample.seed" || shown == most_differences) {
      continue;
    }
    ++shown;
    for (size_t i = 0; i < runs.size(); ++i) {
      const std::string value = difference.values[i].empty() ? "none" : terminal::unquoted(difference.values[i]);
      labels[i].push_back(terminal::shortened(
          fmt::format("{} {}", difference.key.substr(difference.key.rfind('.') + 1), value), columns));
    }
  }
  return labels;
}

// Whether all models take the same vectors; "" where they do.
std::string remark_on_latents(const std::vector<compare::Run>& runs) {
  std::set<std::string> kinds;
  for (const compare::Run& run : runs) {
    const auto setting = [&](const char* key) {
      const auto found = run.settings.find(key);
      return found == run.settings.end() ? std::string() : found->second;
    };
    kinds.insert(setting("model.use") + " " + setting("model.latent"));
  }
  return kinds.size() > 1 ? "the models' latent vectors are not of one kind and size: they are made of the same random "
                            "numbers, and are not the same vectors"
                          : "";
}

class AtlasOfRuns {
 public:
  AtlasOfRuns(const Arguments& arguments, const SampleRequest& request)
      : arguments_(arguments),
        request_(request),
        registry_(load_plugins(arguments)),
        environment_(environment_of(arguments)) {}

  // False where somebody interrupted the way to the step.
  bool add(const fs::path& log, std::vector<std::string> labels, int64_t step) {
    if (step == end_of_run) {
      add_row(log, log, std::move(labels), chosen_weights(arguments_));
      return true;
    }
    const runlog::Reader reader(log);
    if (const int64_t last = last_step_of(reader); step > last) {
      throw Error(ErrorKind::usage, "--steps: got {}, expected a step from 0 to {}, the last that {} has", step, last,
                  log.string());
    }
    training::Stretch stretch;
    stretch.steps_only = true;
    const std::optional<runlog::Checkpoint> from = checkpoint_until(reader, step);
    stretch.from = from ? &*from : nullptr;
    const std::optional<ScratchRun> run = make_again(reader, stretch, step, registry_, arguments_);
    if (!run) {
      return false;
    }
    if (run->outcome.steps < step) {
      throw Error(ErrorKind::file, "{}: step {} was not reached again: {}", log.string(), step, run->outcome.reason);
    }
    add_row(run->outcome.log, log, std::move(labels), inference::WeightsOf::checkpoint);
    return true;
  }

  pictures::Atlas take() { return std::move(atlas_); }

 private:
  void add_row(const fs::path& log, const fs::path& shown, std::vector<std::string> labels,
               inference::WeightsOf weights) {
    const inference::Samples samples = samples_of(request_, log, weights, registry_, environment_);
    pictures::ImageStack images = cells_of(samples);
    if (!atlas_.rows.empty()) {
      const pictures::ImageStack& first = atlas_.rows.front().images;
      if (images.height != first.height || images.width != first.width || images.channels != first.channels) {
        throw Error(ErrorKind::usage, "{}: makes images of {}x{}, expected {}x{} as those before", shown.string(),
                    images.height, images.width, first.height, first.width);
      }
    }
    if (atlas_.columns.empty()) {
      for (int64_t i = 1; i <= images.count; ++i) {
        atlas_.columns.push_back(fmt::format("{}", i));
      }
    }
    atlas_.rows.push_back({std::move(labels), std::move(images)});
  }

  const Arguments& arguments_;
  const SampleRequest& request_;
  plugin::Registry registry_;
  inference::Environment environment_;
  pictures::Atlas atlas_;
};

std::string title_of(const std::vector<compare::Run>& runs, const SampleRequest& request) {
  const bool one_name = std::ranges::all_of(runs, [&](const auto& run) { return run.name == runs.front().name; });
  return fmt::format("{}{}, seed {} of the latents", one_name ? runs.front().name : fmt::format("{} runs", runs.size()),
                     request.view ? ", " + *request.view : "", request.seed);
}

}  // namespace

bool wants_atlas(const Arguments& arguments) {
  return arguments.has("same-latents") || arguments.has("steps") || arguments.words.size() > 1;
}

int draw_atlas(const Arguments& arguments) {
  if (arguments.words.size() > 1 && !arguments.has("same-latents") && !arguments.has("steps")) {
    throw Error(ErrorKind::usage,
                "atelier sample: got {} logs, expected one; hint: --same-latents draws them below each other",
                arguments.words.size());
  }
  SampleRequest request = sample_request(arguments);
  if (request.file.extension() != ".png" || request.neighbours > 0) {
    throw Error(ErrorKind::usage, "--{}: expected -o FILE.png beside it, and no --neighbours",
                arguments.has("steps") ? "steps" : "same-latents");
  }
  constexpr int64_t usual_columns = 8, usual_scale = 2;
  request.count = request.count > 0 ? request.count : usual_columns;
  request.scale = arguments.has("scale") ? request.scale : usual_scale;
  const std::vector<int64_t> steps = steps_of(arguments);
  const std::vector<fs::path> logs = logs_of(arguments);
  const std::vector<compare::Run> runs = compare::read_runs(logs);
  const std::vector<std::vector<std::string>> labels = row_labels_of(runs);
  AtlasOfRuns rows(arguments, request);
  for (size_t i = 0; i < logs.size(); ++i) {
    for (const int64_t step : steps) {
      std::vector<std::string> lines = logs.size() > 1 ? labels[i] : std::vector<std::string>();
      if (arguments.has("steps")) {
        lines.push_back(step == end_of_run ? "end" : fmt::format("step {}", terminal::grouped(step)));
      }
      if (lines.empty()) {
        lines = labels[i];
      }
      if (!rows.add(logs[i], std::move(lines), step)) {
        print_message("atelier: interrupted");
        return exit_interrupted;
      }
    }
  }
  pictures::Atlas atlas = rows.take();
  atlas.title = title_of(runs, request);
  atlas.scale = static_cast<double>(request.scale);
  if (const std::string remark = remark_on_latents(runs); !remark.empty()) {
    atlas.remarks.push_back(remark);
    print_message("atelier: note: " + remark);
  }
  pictures::write_png(request.file, pictures::to_pixels(pictures::drawing_of(atlas), 1));
  print_message(fmt::format("{}: {} row{} of {} from {}", request.file.string(), atlas.rows.size(),
                            atlas.rows.size() == 1 ? "" : "s", atlas.columns.size(), counted(std::ssize(logs))));
  return exit_done;
}

std::vector<Option> atlas_options() {
  return {{"same-latents", "", "of several runs a row each, made of the same latent vectors, with labels"},
          {"steps", "STEP,...",
           "a row for each of these steps, 'end' for the last: made again from the nearest checkpoint before"}};
}

}  // namespace atelier::cli
