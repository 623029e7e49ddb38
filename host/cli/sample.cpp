// atelier sample LOG -o FILE
#include "cli/sample.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/atlas.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/sample_formats.hpp"
#include "cli/sample_pictures.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "inference/neighbours.hpp"
#include "inference/trained_model.hpp"
#include "pictures/atlas.hpp"
#include "pictures/png.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;
using catalog::FieldKind;
using inference::Samples;

// Known before the log is looked at.
fs::path output_file(const Arguments& arguments) {
  if (!arguments.has("output")) {
    return {};
  }
  fs::path file = arguments.text("output", "");
  const std::vector<std::string> known{".png", ".gif", ".txt", ".csv", ".wav"};
  if (std::ranges::find(known, file.extension().string()) == known.end()) {
    throw Error(ErrorKind::usage, "--output: got '{}', expected a name that ends in {}", file.string(), one_of(known));
  }
  check_writable(file);
  return file;
}

// Before anything is made that could not be written.
void check_output(const fs::path& file, const catalog::FieldSpec& like, bool view) {
  const std::vector<std::string> endings = endings_for(like.kind, view);
  const std::string what = fmt::format("what is like '{}' is of the kind '{}'", like.name, catalog::name_of(like.kind));
  if (file.empty() && like.kind != FieldKind::tokens) {
    throw Error(ErrorKind::usage, "atelier sample: got no output file, expected: atelier sample LOG -o FILE{}; {}",
                one_of(endings), what);
  }
  if (!file.empty() && std::ranges::find(endings, file.extension().string()) == endings.end()) {
    throw Error(ErrorKind::usage, "--output: got '{}', expected a name that ends in {}{}: {}", file.string(),
                one_of(endings), like.kind == FieldKind::tokens ? ", or none at all, which prints the text" : "", what);
  }
}

void write_samples(const Samples& samples, const SampleRequest& request, const std::string& title) {
  const std::string ending = request.file.extension().string();
  if (request.file.empty()) {
    const std::string text = text_of(samples);
    print(text + (text.ends_with('\n') ? "" : "\n"));
  } else if (ending == ".txt") {
    write_file(request.file, text_of(samples));
  } else if (ending == ".csv") {
    write_file(request.file, csv_of(samples));
  } else if (ending == ".wav") {
    write_file(request.file, wav_of(samples));
  } else {
    write_picture(samples, request, title);
  }
}

// "64 images of 28x28 pixels", "3 strips of 2 signals of 1 channel and 400 times".
std::string description_of(const Samples& samples) {
  const tensor::Shape dims = samples.dims();
  const auto pixels = [&](size_t rows) { return fmt::format("{}x{} pixels", dims[rows], dims[rows + 1]); };
  const auto what = [&]() -> std::string {
    switch (samples.like.kind) {
      case FieldKind::image:
        return "images of " + pixels(1);
      case FieldKind::image_sequence:
        return fmt::format("sequences of {} images of {}", dims[0], pixels(2));
      case FieldKind::tokens:
        return fmt::format("texts of {} tokens", dims[0]);
      case FieldKind::signal:
        return fmt::format("signals of {} values in {} channel{}", dims[1], dims[0], dims[0] == 1 ? "" : "s");
      case FieldKind::table_row:
        return fmt::format("rows of {} columns", dims[0]);
      case FieldKind::numbers:
        break;
    }
    return "arrays of the shape " + tensor::to_string(dims);
  };
  return samples.are_strips ? fmt::format("{} strips of {} {}", samples.count(), samples.per_strip(), what())
                            : fmt::format("{} {}", samples.count(), what());
}

constexpr int64_t usual_with_neighbours = 12;

// A text is read one by one.
int64_t default_count(FieldKind kind, bool view) {
  return kind == FieldKind::tokens ? 1 : view ? 8 : 64;
}

// Null where the model has no such view, or makes no samples.
const catalog::FieldSpec* like_of(inference::TrainedModel& trained, const std::string& view) {
  if (view.empty()) {
    return trained.sampler().sampled();
  }
  const auto views = trained.model().model().views();
  const auto found = std::ranges::find(views, view, &plugin::ViewDescription::name);
  return found == views.end() ? nullptr : trained.model().spec().find(found->field);
}

int sample(const Arguments& arguments) {
  if (wants_atlas(arguments)) {
    return draw_atlas(arguments);
  }
  const SampleRequest request = sample_request(arguments);
  const inference::WeightsOf weights = chosen_weights(arguments);
  const inference::Environment environment = environment_of(arguments);
  const fs::path log = runlog::find_log(arguments.words.front(), runlog::Wanted::finished, places_of(arguments));
  return write_samples_of(request, log, log.string(), weights, load_plugins(arguments), environment);
}

Samples samples_of(const SampleRequest& request, inference::TrainedModel& trained, const plugin::Registry& registry,
                   const inference::Environment& environment) {
  const std::optional<std::string>& view = request.view;
  int64_t count = std::max<int64_t>(request.count, 1);
  if (const catalog::FieldSpec* const like = like_of(trained, view.value_or(""))) {
    check_output(request.file, *like, view.has_value());
    count = request.count > 0        ? request.count
            : request.neighbours > 0 ? usual_with_neighbours
                                     : default_count(like->kind, view.has_value());
  }
  return view ? inference::view(trained, registry, environment, *view, count, request.seed)
              : inference::sample(trained, registry, environment, count, request.seed);
}

std::string title_of(const inference::TrainedModel& trained, const SampleRequest& request) {
  const runlog::RunDescription& run = trained.log().description();
  return fmt::format("{} {}{}, seed {}", run.name, run.run_id, request.view ? ", " + *request.view : "", request.seed);
}

void write_neighbours(const SampleRequest& request, inference::TrainedModel& trained, const Samples& samples,
                      const inference::Environment& environment) {
  const inference::Neighbours found =
      inference::nearest_training_samples(trained, samples, request.neighbours, request.seed, environment.threads);
  pictures::Atlas atlas = with_neighbours(samples, found, title_of(trained, request));
  atlas.scale = static_cast<double>(request.scale);
  pictures::write_png(request.file, pictures::to_pixels(pictures::drawing_of(atlas), 1));
  for (const std::string& sentence : sentences_of(found)) {
    print_message(sentence);
  }
}

constexpr int64_t most_strips = 1024, most_samples = 65536, most_scale = 32, most_neighbours = 32;

void check_pictures(const SampleRequest& request, const Arguments& arguments) {
  const std::string ending = request.file.extension().string();
  const bool picture = ending == ".png" || ending == ".gif";
  for (const char* const option : {"labels", "scale", "neighbours"}) {
    if (arguments.has(option) && !(ending == ".png" || (picture && option == std::string_view("scale")))) {
      throw Error(ErrorKind::usage, "--{}: expected -o FILE.png beside it", option);
    }
  }
  if (request.neighbours > 0 && request.view) {
    throw Error(ErrorKind::usage, "--neighbours: expected without --view");
  }
  if (request.neighbours > 0 && request.columns > 0) {
    throw Error(ErrorKind::usage, "--columns: expected without --neighbours, where each sample has a row");
  }
}

}  // namespace

std::vector<Option> sample_options() {
  return {{"output", "FILE", "the file to write", 'o'},
          {"count", "N", "how many samples; the default is 64, or 8 strips of a view, or one text", 'n'},
          {"view", "NAME", "a view of the model in the place of samples"},
          {"seed", "N", "of the random numbers; the default is 0"},
          {"columns", "N", "images in a row; the default is a near-square grid"},
          {"labels", "", "which run it is, and the samples' numbers, in the picture"},
          {"scale", "N", "pixels of the picture for each of an image; the default is 1"},
          {"neighbours", "K", "beside each image the K training samples that are nearest to it, and how near"}};
}

SampleRequest sample_request(const Arguments& arguments) {
  SampleRequest request;
  request.file = output_file(arguments);
  if (arguments.has("view")) {
    request.view = arguments.text("view", "");
  }
  const int64_t most = arguments.has("view") ? most_strips : most_samples;
  request.count = arguments.has("count") ? arguments.integer("count", 1, 1, most) : 0;
  request.seed = static_cast<uint64_t>(arguments.integer("seed", 0, 0));
  request.columns = arguments.has("columns") ? arguments.integer("columns", 1, 1, most) : 0;
  request.labels = arguments.has("labels");
  request.scale = arguments.integer("scale", 1, 1, most_scale);
  request.neighbours = arguments.integer("neighbours", 0, 1, most_neighbours);
  check_pictures(request, arguments);
  if (arguments.has("view") && arguments.has("columns")) {
    throw Error(ErrorKind::usage, "--columns: expected without --view, whose strips are a row of the picture each");
  }
  return request;
}

Samples samples_of(const SampleRequest& request, const fs::path& log, inference::WeightsOf weights,
                   const plugin::Registry& registry, const inference::Environment& environment) {
  inference::TrainedModel trained(log, registry, environment, {}, weights);
  return samples_of(request, trained, registry, environment);
}

int write_samples_of(const SampleRequest& request, const fs::path& log, const std::string& shown,
                     inference::WeightsOf weights, const plugin::Registry& registry,
                     const inference::Environment& environment) {
  inference::TrainedModel trained(log, registry, environment, {}, weights);
  const Samples samples = samples_of(request, trained, registry, environment);
  if (request.neighbours > 0) {
    write_neighbours(request, trained, samples, environment);
  } else {
    write_samples(samples, request, title_of(trained, request));
  }
  if (!request.file.empty()) {
    print_message(fmt::format("{}: {}{} from {}", request.file.string(), request.view ? *request.view + ", " : "",
                              description_of(samples), shown));
  }
  return exit_done;
}

Verb sample_verb() {
  return {
      "sample",
      "LOG... [-o FILE]",
      "what the trained model makes, or another view of what it does",
      "Images go to FILE.png; text to FILE.txt or, without a file, to the terminal; signals to FILE.csv, FILE.wav or,\n"
      "drawn, FILE.png; rows of tables to FILE.csv; sequences of images to FILE.png or FILE.gif. Sample number i "
      "depends\n"
      "on the seed and i alone, up to rounding. A view has a strip of images, signals, ... for each of so many latent\n"
      "vectors or test samples, which the seed chooses: interpolation, reconstruction, ...; a name that a model does "
      "not\n"
      "have lists those that it has. In a .gif the images of each strip follow each other in time.\n"
      "With --same-latents, several runs (or those that filters choose, as of 'atelier ls') are drawn as rows of one "
      "picture; with --steps, steps of a run.",
      1,
      std::numeric_limits<size_t>::max(),
      with(with(sample_options(), atlas_options()),
           {weights_option(), threads_option(), allow_changes_option(), out_option()}),
      sample};
}

}  // namespace atelier::cli
