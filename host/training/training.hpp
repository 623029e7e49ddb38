// Running experiments: from a checked experiment and the plugins to a log, and from a log to more training or to
// images.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/experiment.hpp"
#include "plugin/metric.hpp"
#include "plugin/registry.hpp"
#include "runlog/description.hpp"
#include "training/profile.hpp"

namespace atelier::training {

struct RunOptions {
  int threads = 1;
  std::filesystem::path out_directory = "runs";
  std::vector<std::filesystem::path> data_directories;  // where datasets look first
  const std::atomic<int>* interrupted = nullptr;        // not 0: stop after the current step, with a checkpoint
  bool profile = false;                                 // look at one step closely
};

struct Progress {
  int64_t step = 0, total_steps = 0;
  double epoch = 0;
  std::string_view loss_name;  // the first value that the model logs
  double loss = 0;             // its newest value
  double samples_per_second = 0;
  double seconds_left = 0;
};

// Told what happens, on the thread that runs. Nothing else is printed by anything below host/cli.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;
  virtual void started(const std::filesystem::path& log, int64_t first_step) = 0;
  virtual void progress(const Progress& progress) = 0;  // after every step; cheap, or it slows training
  virtual void evaluated(int64_t step, double epoch, const std::map<std::string, double>& metrics, bool best) = 0;
  virtual void message(std::string_view text) = 0;  // a warning, one line
};

struct RunOutcome {
  std::filesystem::path log;
  runlog::Status status = runlog::Status::finished;
  std::string reason;  // why it ended, where it did not finish
  int64_t steps = 0;
  double training_seconds = 0;            // without evaluation and sampling
  double samples_per_second = 0;          // while training
  std::map<std::string, double> metrics;  // of the last evaluation
  std::optional<StepProfile> profile;     // where it was asked for, and its step was done
};

// Trains an experiment into a new log. Throws Error for what is found before training begins (and leaves no log then);
// what happens later ends in the log and in the outcome.
RunOutcome run(const experiment::Experiment& experiment, const plugin::Registry& registry, const RunOptions& options,
               Observer& observer);

// Goes on where a run stopped, in the same log. Throws Error(file) for a log that is not resumable.
RunOutcome resume(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
                  Observer& observer);

struct ParameterSummary {
  std::string group;  // "" for a state tensor
  std::string name;
  std::string shape;
  int64_t elements = 0;
};

struct ModelSummary {
  std::vector<ParameterSummary> parameters;
  int64_t parameter_count = 0;  // trained
  double training_flops = 0;    // of the matrix products and convolutions of one step
  int64_t parameter_bytes = 0;
  int64_t optimizer_bytes = 0;
  int64_t step_bytes = 0;  // the arena of one training step
  int64_t batch_size = 0;
  int64_t train_count = 0, validation_count = 0, test_count = 0;
  int64_t total_steps = 0;
};

// Builds the model and plans one step, without running anything.
ModelSummary summarize(const experiment::Experiment& experiment, const plugin::Registry& registry,
                       const RunOptions& options);

// Images as bytes, (n, y, x, channel).
struct ImageStack {
  int64_t count = 0, height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

// Strips of images, one after the other: a view of what the model does.
struct Strips {
  ImageStack images;
  int64_t per_strip = 1;
  bool animation = false;  // the images of a strip follow each other in time
};

enum class Weights { best, final, checkpoint };  // falls back to the next one where a log has none

// `count` images from the model of a log. Image i depends on the seed and i alone.
ImageStack sample(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
                  int64_t count, uint64_t seed, Weights weights);

// What the model draws of itself: a strip for each of `count` latent vectors or test samples, which the seed chooses.
// Throws Error(usage) where the model has no view of that name, with those that it has.
Strips view(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
            const std::string& name, int64_t count, uint64_t seed, Weights weights);

struct Measurement {
  std::string split;                      // "train", "validation" or "test"
  std::map<std::string, double> metrics;  // the model's own evaluation, and the metrics' numbers
  std::vector<plugin::MetricArray> arrays;
};

// Evaluates the model of a log, with the metrics of its experiment or others that `overrides` ask for
// ("metric.name.use= accuracy"). `split` "" is the test split, or the validation split where there is no other.
Measurement evaluate(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
                     const std::vector<std::string>& overrides, const std::string& split, Weights weights);

// A near-square grid, two pixels between the images; `columns` 0 chooses.
ImageStack grid(const ImageStack& images, int64_t columns = 0);
void write_png(const std::filesystem::path& path, const ImageStack& one_image);  // throws Error(file)
// The images one after the other, again and again, each for so many hundredths of a second.
void write_gif(const std::filesystem::path& path, const ImageStack& frames, int hundredths);  // throws Error(file)

// The newest finished log of the experiment `name` in a folder of runs. Throws Error(file) where there is none.
std::filesystem::path newest_log(const std::filesystem::path& out_directory, const std::string& name);

}  // namespace atelier::training
