// atelier sample LOG -o FILE.png
#include <fmt/format.h>

#include <filesystem>

#include "base/error.hpp"
#include "cli/logs.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "training/training.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

fs::path output_file(const Arguments& arguments) {
  if (!arguments.has("output")) {
    throw Error(ErrorKind::usage, "atelier sample: got no output file, expected: atelier sample LOG -o FILE.png");
  }
  fs::path file = arguments.text("output", "");
  if (file.extension() != ".png") {
    throw Error(ErrorKind::usage, "--output: got '{}', expected a name that ends in .png", file.string());
  }
  check_writable(file);
  return file;
}

training::Weights weights_of(const Arguments& arguments) {
  const std::string choice = arguments.choice("weights", {"final", "best", "checkpoint"});
  return choice == "best"         ? training::Weights::best
         : choice == "checkpoint" ? training::Weights::checkpoint
                                  : training::Weights::final;
}

int sample(const Arguments& arguments) {
  const fs::path file = output_file(arguments);
  constexpr int64_t most_images = 65536;
  const int64_t count = arguments.integer("count", 64, 1, most_images);
  const auto seed = static_cast<uint64_t>(arguments.integer("seed", 0, 0));
  const int64_t columns = arguments.integer("columns", 0, 1, most_images);
  const training::Weights weights = weights_of(arguments);
  const training::RunOptions options = run_options(arguments);
  const fs::path log = find_log(arguments.words.front(), options.out_directory);
  const plugin::Registry registry = load_plugins(arguments);
  const training::ImageStack images = training::sample(log, registry, options, count, seed, weights);
  training::write_png(file, training::grid(images, columns));
  print_message(fmt::format("{}: {} images of {}x{} pixels from {}", file.string(), images.count, images.height,
                            images.width, log.string()));
  return exit_done;
}

}  // namespace

Verb sample_verb() {
  return {"sample",
          "LOG -o FILE.png",
          "images from the trained model",
          "Image number i depends on the seed and i alone. Weights that a log does not have fall back to the next of\n"
          "best, final, checkpoint.",
          1,
          1,
          {{"output", "FILE.png", "the picture to write", 'o'},
           {"count", "N", "how many images; the default is 64", 'n'},
           {"seed", "N", "of the random numbers; the default is 0"},
           {"columns", "N", "images in a row; the default is a near-square grid"},
           {"weights", "NAME", "final (the default), best or checkpoint"},
           threads_option(),
           out_option()},
          sample};
}

}  // namespace atelier::cli
