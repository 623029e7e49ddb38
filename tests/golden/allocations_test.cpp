// Once training runs, a step allocates nothing: neither its execution, nor the recording of the next one, nor its
// batches.
#include "allocations.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "experiment/experiment.hpp"
#include "training/setup.hpp"

namespace atelier::golden {
namespace {

constexpr int64_t warm_up = 40;
constexpr int64_t measured = 40;

constexpr const char* gan = R"(
name = "gan"
[dataset]
use   = "shapes"
count = 10000
range = [-1.0, 1.0]
[model]
use = "gan"
[loss.adversarial]
use = "non-saturating"
[optimizer]
use = "adam"
[train]
batch_size = 64
steps      = 1000
)";

constexpr const char* vae = R"(
name = "vae"
[dataset]
use   = "shapes"
count = 10000
[dataset.transform]
crop     = 24
flip     = 0.5
shift    = 1
noise    = 0.1
binarize = "fresh"
[model]
use        = "vae"
batch_norm = true
[loss.reconstruction]
use = "bce"
[optimizer]
use = "adam"
[train]
batch_size = 64
steps      = 1000
clip_norm  = 1.0
average    = 0.99
)";

// What one step allocates in the trainer's loop (without its log): recording, on this thread, while the step before
// runs, and all of it.
struct Counts {
  double recording = 0;
  double whole = 0;
  double onednn = 0, onednn_megabytes = 0;
};

Counts count(const char* text, int threads) {
  const bool traced = std::getenv("ATELIER_TRACE_ALLOCATIONS") != nullptr;
  static const plugin::Registry registry({PLUGINS});
  const experiment::Experiment experiment = experiment::parse(text, "test", ".", {}, registry.descriptions());
  inference::Environment environment;
  environment.threads = threads;
  training::Setup setup(experiment, registry, environment);
  training::TrainingSteps& steps = setup.steps;
  const auto record = [&](int64_t step) { steps.record(step, warm_up + measured, {}); };
  Allocations before;
  int64_t recording = 0;
  record(1);
  for (int64_t step = 1; step < warm_up + measured; ++step) {
    if (step == warm_up) {
      before = allocations();
      count_allocations(true, traced);
    }
    // While nothing runs, what recording allocates can be told apart; in the other steps it overlaps.
    const bool apart = step % 2 == 0;
    steps.session().start(steps.batches().prefetch());
    if (apart) {
      (void)steps.session().wait();
    }
    const int64_t before_recording = allocations().ours;
    record(step + 1);
    recording += apart ? allocations().ours - before_recording : 0;
    (void)steps.session().wait();
    steps.batches().step_done();
  }
  count_allocations(false, false);
  (void)steps.session().wait();
  const Allocations after = allocations();
  const auto counted = static_cast<double>(measured);
  return {static_cast<double>(recording) * 2 / counted, static_cast<double>(after.ours - before.ours) / counted,
          static_cast<double>(after.onednn - before.onednn) / counted,
          static_cast<double>(after.onednn_bytes - before.onednn_bytes) / counted / 1e6};
}

}  // namespace

TEST_CASE("steady state: a training step allocates nothing") {
  for (const std::string model : {"gan", "vae"}) {
    for (const int threads : {1, 2}) {
      const Counts counts = count(model == "gan" ? gan : vae, threads);
      CAPTURE(model);
      CAPTURE(threads);
      CHECK(counts.recording == 0);
      CHECK(counts.whole == 0);
      MESSAGE("oneDNN allocates ", counts.onednn, " times in a step, ", counts.onednn_megabytes, " MB");
    }
  }
}

}  // namespace atelier::golden
