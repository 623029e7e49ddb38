// One run from an experiment's text, in a folder of its own.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/stop_request.hpp"
#include "inference/trained_model.hpp"
#include "runlog/reader.hpp"
#include "training/run.hpp"

namespace whole {

namespace fs = std::filesystem;
using namespace atelier;

inline const plugin::Registry& registry() {
  static const plugin::Registry loaded({PLUGIN_DIR});
  return loaded;
}

class Folder {  // removed at the end of the test
 public:
  Folder() {
    static int count = 0;
    path_ = fs::temp_directory_path() / fmt::format("atelier-whole-{}-{}", ::getpid(), count++);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Remembers what it is told, and interrupts after a step.
struct Watcher : training::Observer {
  std::vector<std::string> messages;
  int64_t last_step = 0;
  int64_t interrupt_after = -1;
  StopRequest stop;
  void started(const fs::path&, int64_t) override {}
  void progress(const training::Progress& progress) override {
    last_step = progress.step;
    if (progress.step == interrupt_after) {
      stop.asked = true;
    }
  }
  void evaluated(int64_t, double, const std::map<std::string, double>&, bool) override {}
  void message(std::string_view text) override { messages.emplace_back(text); }
};

// A model of each family, small, with what its layers can have switched on.
struct Family {
  std::string name;
  std::string dataset;  // of "shapes" where it says no other
  std::string model;
};

inline const std::vector<Family>& families() {
  const std::string for_gan = "size = 10\nrange = [-1.0, 1.0]";
  const std::string for_vae = "size = 10\nvalidation = 0.2";
  const std::string from_shapes = "\n[dataset.source]\nuse = 'shapes'\nsize = 8\ncount = 150\ntest_count = 70";
  const std::string counts = "\nvalidation = 0.2\ncount = 150\ntest_count = 70";
  static const std::vector<Family> list{
      {"gan", for_gan,
       "use = 'gan'\nlatent = 6\ngenerator = [20, 30]\ndiscriminator = [30, 20]\ndropout = 0.1\nbatch_norm = true"},
      {"vae", for_vae, "use = 'vae'\nlatent = 6\nhidden = [30, 20]\nbatch_norm = true\ndropout = 0.1"},
      {"convolutional-vae", for_vae,
       "use = 'vae'\nlatent = 6\nencoder = 'convolutional'\nfilters = [6, 10]\nbatch_norm = true"},
      {"iwae", for_vae,
       "use = 'vae'\nlatent = 4\nhidden = [20]\nsamples = 3\nconditional = 'label'\nlatent_batch_norm = true\n"
       "latent_dropout = 0.1"},
      {"vq-vae", "size = 12\nvalidation = 0.2",
       "use = 'vq-vae'\ncodes = 12\nlength = 4\nfeatures = 8\nresidual_features = 4\nprior_features = 6\n"
       "prior_blocks = 1"},
      {"dcgan", "size = 12\nrange = [-1.0, 1.0]",
       "use = 'dcgan'\nlatent = 6\ngenerator = [20, 12]\ndiscriminator = [12, 20]"},
      {"conditional-gan", for_gan,
       "use = 'gan'\nlatent = 6\ngenerator = [20]\ndiscriminator_layers = 'convolutional'\ndiscriminator_filters = "
       "[6]\n"
       "conditional = 'label'\ncondition_embedding = 3\nminibatch_discrimination = 4\nfeature_matching = 0.1\n"
       "[loss.adversarial]\nuse = 'hinge'"},
      {"penalized-dcgan", "size = 12\nrange = [-1.0, 1.0]",
       "use = 'dcgan'\nlatent = 6\ngenerator = [20, 12]\ndiscriminator = [12, 20]\ndiscriminator_norm = 'layer'\n"
       "spectral_norm = true\ndiscriminator_steps = 2\n[loss.adversarial]\nuse = 'wasserstein-gp'"},
      {"cnn", for_vae, "use = 'cnn'\nfilters = [6, 10]\nhidden = [20]\nbatch_norm = true\ndropout = 0.1"},
      {"tanh-rnn", for_vae, "use = 'rnn'\ncell = 'tanh'\nunits = 20\nlayers = 2"},
      {"lstm", for_vae, "use = 'rnn'\ncell = 'lstm'\nunits = 20"},
      {"gru", for_vae, "use = 'rnn'\ncell = 'gru'\nunits = 20"},
      {"image-to-image", for_vae, "use = 'cnn-image-to-image'\ntask = 'denoise'\nfilters = [6, 10]\nhidden = [20]"},
      {"segmentation", "use = 'digit-scenes'\nsize = 16\nmax_digits = 1" + counts + from_shapes,
       "use = 'cnn-segmentation'\nfilters = [6, 10]\nbatch_norm = true"},
      {"ssd", "use = 'digit-scenes'\nsize = 16\nmax_digits = 2" + counts + from_shapes,
       "use = 'ssd'\nfilters = [6, 10]\nscales = [0.4, 0.5]\ndetections = 10\nshown_score = 0.05\n[metric.map]\nuse = "
       "'mean-average-precision'"},
      {"next-frame",
       "use = 'moving-digits'\nsize = 12\ndigits = 1\nframes = 6\nspeed = [1.0, 1.5]" + counts + from_shapes,
       "use = 'rnn-next-frame'\nunits = 20\nfilters = [4]\nwindow = 2\nconnected = true"},
      {"manipulation",
       "use = 'transformed-pairs'\nmanipulation = 'shift'\nshift = [2, 0]\nvalidation = 0.2" + from_shapes,
       "use = 'rnn-manipulation'\nunits = 20"},
      {"pixelcnn", "size = 8\nvalidation = 0.2", "use = 'pixelcnn'\nfeatures = 4\nblocks = 2\nfirst_kernel = 5"},
      {"gated-pixelcnn", "size = 8\nvalidation = 0.2",
       "use = 'pixelcnn'\nlevels = 4\ngated = true\nfeatures = 4\nblocks = 1"},
      {"vae-gan", for_gan + "\nvalidation = 0.2",
       "use = 'vae-gan'\nlatent = 6\nencoder = [30, 20]\ndiscriminator = [30, 20]"},
      {"convolutional-vae-gan", for_gan + "\nvalidation = 0.2",
       "use = 'vae-gan'\nlatent = 6\nlayers = 'convolutional'\nencoder = [6, 10]\ndiscriminator = [6, 10]\n"
       "separate_generator = true"},
      {"diffusion", "size = 8\nrange = [-1.0, 1.0]\nvalidation = 0.2",
       "use = 'diffusion'\nsteps = 20\nchannels = [8, 8]\ngroups = 4\nheads = 2\ndropout = 0.1\nconditional = 'label'\n"
       "condition_dropout = 0.2\nguidance = 1.0\nsampling_steps = 5\neta = 1.0\nevaluation_draws = 2"},
      {"realnvp", "size = 8\nvalidation = 0.2", "use = 'realnvp'\nfeatures = [4, 6]\ncouplings = 1\nblocks = 1"},
      {"aae", for_vae, "use = 'aae'\nlatent = 2\nhidden = [30, 20]\ndiscriminator = [20]\nprior = 'mixture'"},
      {"character-rnn",
       "use = 'text-file'\nlength = 16\nstride = 5\ntest = 0.2\nvalidation = 0.2\nfile = '" LICENCE_FILE "'",
       "use = 'character-rnn'\ncell = 'gru'\nunits = 20\nlayers = 2\nembedding = 6\ndropout = 0.1\nsample_length = 24"},
      {"signal-vae", "use = 'signals'\nlength = 32" + counts, "use = 'signal-vae'\nlatent = 4\nfilters = [6, 10]"},
  };
  return list;
}

inline std::string text_of(const std::string& name, const std::string& rest = "") {
  const auto family = std::ranges::find(families(), name, &Family::name);
  REQUIRE(family != families().end());
  const bool of_shapes = !family->dataset.starts_with("use");
  return fmt::format(R"(
name = "tiny-{0}"
seed = 11
[dataset]
{1}
[model]
{2}
[optimizer]
use = "adam"
learning_rate = 2e-3
[train]
epochs = 3
batch_size = 32
[log]
every = 1
{3})",
                     name, (of_shapes ? "use = 'shapes'\ncount = 150\ntest_count = 70\n" : "") + family->dataset,
                     family->model, rest);
}

inline experiment::Experiment parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return experiment::parse(text, "tiny.toml", fs::temp_directory_path(), overrides, registry().descriptions());
}

inline training::RunOutcome run(const std::string& text, const Folder& folder, Watcher& watcher, int threads = 2,
                                const std::vector<std::string>& overrides = {}) {
  training::RunOptions options;
  options.threads = threads;
  options.out_directory = folder.path();
  options.stop = &watcher.stop;
  return training::run(parse(text, overrides), registry(), options, watcher);
}

// What keeps the experiment from running, or stops it; empty where nothing does.
inline std::string refusal(const std::string& text, const Folder& folder,
                           const std::vector<std::string>& overrides = {}) {
  Watcher watcher;
  try {
    return run(text, folder, watcher, 1, overrides).reason;
  } catch (const Error& error) {
    return error.what();
  }
}

inline bool same_bits(const tensor::Tensor& a, const tensor::Tensor& b) {
  return a.shape == b.shape && std::memcmp(a.storage.data(), b.storage.data(), a.bytes()) == 0;
}

inline void check_same_weights(const runlog::Weights& a, const runlog::Weights& b) {
  REQUIRE(a.parameters.size() == b.parameters.size());
  for (size_t i = 0; i < a.parameters.size(); ++i) {
    CHECK_MESSAGE(same_bits(a.parameters[i].value, b.parameters[i].value), a.parameters[i].name);
  }
  REQUIRE(a.state.size() == b.state.size());
  for (size_t i = 0; i < a.state.size(); ++i) {
    CHECK_MESSAGE(same_bits(a.state[i].value, b.state[i].value), a.state[i].name);
  }
}

inline pictures::ImageStack sampled(const fs::path& log, const training::RunOptions& options, int64_t count,
                                    uint64_t seed, inference::WeightsOf weights) {
  inference::TrainedModel trained(log, registry(), options, {}, weights);
  return inference::pictures_of(inference::sample(trained, registry(), options, count, seed)).images;
}

inline pictures::Strips drawn_view(const fs::path& log, const training::RunOptions& options, const std::string& name,
                                   int64_t count, uint64_t seed, inference::WeightsOf weights) {
  inference::TrainedModel trained(log, registry(), options, {}, weights);
  return inference::pictures_of(inference::view(trained, registry(), options, name, count, seed));
}

// What the models of two logs have made, of whatever kind it is.
inline void check_same_samples(const runlog::Reader& a, const runlog::Reader& b) {
  REQUIRE(a.description().samples.size() == b.description().samples.size());
  for (const runlog::SampleSeries& series : a.description().samples) {
    REQUIRE(a.sample_steps(series.name) == b.sample_steps(series.name));
    for (int64_t row = 0; row < std::ssize(a.sample_steps(series.name)); ++row) {
      if (series.kind == catalog::FieldKind::image || series.kind == catalog::FieldKind::image_sequence) {
        CHECK(a.samples(series.name, row).pixels == b.samples(series.name, row).pixels);
      } else {
        CHECK(same_bits(a.sample_values(series.name, row), b.sample_values(series.name, row)));
      }
    }
  }
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Metrics that both logs have, samples, weights, optimizer state: equal to the last bit.
inline void check_same_run(const fs::path& first, const fs::path& second) {
  const runlog::Reader a(first);
  const runlog::Reader b(second);
  for (const runlog::Cadence& cadence : a.description().cadences) {
    for (const runlog::MetricColumn& metric : cadence.metrics) {
      const runlog::MetricSeries x = a.metric(cadence.name, metric.name);
      const runlog::MetricSeries y = b.metric(cadence.name, metric.name);
      INFO(cadence.name << "/" << metric.name);
      REQUIRE(!x.values.empty());
      CHECK(x.steps == y.steps);
      REQUIRE(x.values.size() == y.values.size());
      CHECK(std::memcmp(x.values.data(), y.values.data(), x.values.size() * sizeof(double)) == 0);
    }
  }
  check_same_samples(a, b);
  check_same_weights(a.final_result()->weights, b.final_result()->weights);
  REQUIRE(a.best().has_value() == b.best().has_value());  // a game has none
  if (a.best()) {
    check_same_weights(a.best()->weights, b.best()->weights);
  }
  const auto left = a.newest_checkpoint();
  const auto right = b.newest_checkpoint();
  REQUIRE(left->optimizer.size() == right->optimizer.size());
  for (size_t i = 0; i < left->optimizer.size(); ++i) {
    CHECK_MESSAGE(same_bits(left->optimizer[i].value, right->optimizer[i].value), left->optimizer[i].name);
  }
}

}  // namespace whole
