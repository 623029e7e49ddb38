// atelier sample LOG -o FILE.png
#include <fmt/core.h>

#include <filesystem>

#include "base/error.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "inference/trained_model.hpp"
#include "pictures/gif.hpp"
#include "pictures/grid.hpp"
#include "pictures/png.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

fs::path output_file(const Arguments& arguments) {
  if (!arguments.has("output")) {
    throw Error(ErrorKind::usage, "atelier sample: got no output file, expected: atelier sample LOG -o FILE.png");
  }
  fs::path file = arguments.text("output", "");
  if (file.extension() != ".png" && !(file.extension() == ".gif" && arguments.has("view"))) {
    throw Error(ErrorKind::usage, "--output: got '{}', expected a name that ends in .png, or in .gif with --view",
                file.string());
  }
  check_writable(file);
  return file;
}

// A strip a row; or, animated, a grid of the strips' images, one after the other.
void write_strips(const fs::path& file, const pictures::Strips& strips) {
  if (file.extension() == ".png") {
    pictures::write_png(file, pictures::grid(strips.images, strips.per_strip));
    return;
  }
  constexpr int hundredths = 12;
  pictures::write_gif(file, pictures::frames_of(strips), hundredths);
}

int sample(const Arguments& arguments) {
  const fs::path file = output_file(arguments);
  constexpr int64_t most_images = 65536;
  const int64_t count = arguments.integer("count", 64, 1, most_images);
  const auto seed = static_cast<uint64_t>(arguments.integer("seed", 0, 0));
  const int64_t columns = arguments.integer("columns", 0, 1, most_images);
  const inference::WeightsOf weights = chosen_weights(arguments);
  const inference::Environment environment = environment_of(arguments);
  const fs::path log = runlog::find_log(arguments.words.front(), runlog::Wanted::finished, places_of(arguments));
  const plugin::Registry registry = load_plugins(arguments);
  if (arguments.has("view")) {
    if (arguments.has("columns")) {
      throw Error(ErrorKind::usage, "--columns: expected without --view, whose strips are a row of the picture each");
    }
    const std::string view = arguments.text("view", "");
    const int64_t strips = arguments.integer("count", 8, 1, 1024);
    const pictures::Strips drawn = inference::view(log, registry, environment, view, strips, seed, weights);
    write_strips(file, drawn);
    print_message(fmt::format("{}: {}, {} strips of {} images of {}x{} pixels from {}", file.string(), view,
                              drawn.images.count / drawn.per_strip, drawn.per_strip, drawn.images.height,
                              drawn.images.width, log.string()));
    return exit_done;
  }
  const pictures::ImageStack images = inference::sample(log, registry, environment, count, seed, weights);
  pictures::write_png(file, pictures::grid(images, columns));
  print_message(fmt::format("{}: {} images of {}x{} pixels from {}", file.string(), images.count, images.height,
                            images.width, log.string()));
  return exit_done;
}

}  // namespace

Verb sample_verb() {
  return {"sample",
          "LOG -o FILE.png|FILE.gif",
          "images from the trained model, or another view of what it does",
          "Image number i depends on the seed and i alone. Weights that a log does not have fall back to the next of\n"
          "best, final, checkpoint. A view has a strip of images for each of so many latent vectors or test samples,\n"
          "which the seed chooses: interpolation, reconstruction, ...; a name that a model does not have lists those\n"
          "that it has. In a .gif the images of each strip follow each other in time.",
          1,
          1,
          {{"output", "FILE", "the picture to write", 'o'},
           {"count", "N", "how many images; the default is 64, or 8 strips of a view", 'n'},
           {"view", "NAME", "a view of the model in the place of samples"},
           {"seed", "N", "of the random numbers; the default is 0"},
           {"columns", "N", "images in a row; the default is a near-square grid"},
           weights_option(),
           threads_option(),
           allow_changes_option(),
           out_option()},
          sample};
}

}  // namespace atelier::cli
