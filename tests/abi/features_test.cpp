// A loss that looks through another run's model: rescaled, in evaluation mode, frozen, and outside the log.
#include <algorithm>

#include "inference/weights.hpp"
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

experiment::Experiment watcher() {
  return make("[model]\nuse = \"watcher\"\n[train]\nsteps = 40\nbatch_size = 16\n", {"name=watcher"});
}

const std::string canvas =
    "[dataset]\nuse = \"shapes\"\nsize = 8\ncount = 64\ntest_count = 20\nrange = [-1.0, 1.0]\n[model]\nuse = "
    "\"canvas\"\n"
    "[loss.distance]\nuse = \"perceptual\"\nfrom = \"watcher\"\nfeature = \"hidden\"\nweight = "
    "16.0\npixels = \"none\"\n";  // 16 units, whose distance is a mean: a sum again

}  // namespace

TEST_CASE("features of another run see its range, its running statistics and no dropout") {
  TempFolder folder;
  const Run first = train(folder, watcher());
  REQUIRE_MESSAGE(first.outcome.status == runlog::Status::finished, first.outcome.reason);
  const Run second = train(folder, make(canvas));
  REQUIRE_MESSAGE(second.outcome.status == runlog::Status::finished, second.outcome.reason);

  // The same distance between the same images, once in [0, 1] by the model itself, once in [-1, 1] through the service.
  CHECK(second.evaluated("from_black") == doctest::Approx(first.evaluated("from_black")).epsilon(1e-4));
  const std::vector<double> loss = second.train("loss");
  CHECK(loss.back() < 0.8 * loss.front());
  CHECK(second.evaluated("loss") < second.evaluated("from_black"));

  const auto result = second.log().final_result();
  REQUIRE(result->weights.parameters.size() == 1);
  CHECK(result->weights.parameters[0].name == "canvas.first");
  CHECK(result->weights.state.empty());
  CHECK(second.log().newest_checkpoint()->weights.parameters.size() == 1);
}

TEST_CASE("another run's weights and running statistics stay as they were") {
  TempFolder folder;
  const Run first = train(folder, watcher());
  Bench bench(make(canvas), options(folder));
  const auto result = first.log().final_result();
  const runlog::Weights& weights = result->weights;
  const auto check = [&](const std::vector<runlog::NamedTensor>& list) {
    for (const runlog::NamedTensor& entry : list) {
      const auto* data = entry.value.storage.as<float>();
      CHECK_MESSAGE(
          bench.values("features.0." + entry.name) == std::vector<float>(data, data + entry.value.shape.elements()),
          entry.name);
    }
  };
  const std::vector<float> before = bench.values("canvas.first");
  for (int i = 0; i < 5; ++i) {
    bench.step();
  }
  CHECK(bench.values("canvas.first") != before);
  check(weights.parameters);
  check(weights.state);
  CHECK(weights.state.size() == 2);
}

TEST_CASE("a model whose loss looks through another run's model may be looked through itself") {
  TempFolder folder;
  train(folder, watcher());
  const Run second = train(folder, make(canvas, {"name=second"}));
  REQUIRE_MESSAGE(second.outcome.status == runlog::Status::finished, second.outcome.reason);
  Bench bench(make(canvas, {"loss.distance.from=second", "loss.distance.feature=away"}), options(folder));
  const auto result = second.log().final_result();
  const auto* learned = result->weights.parameters[0].value.storage.as<float>();
  CHECK(bench.values("features.0.canvas.first") == std::vector<float>(learned, learned + 64));
  CHECK(bench.parameter("features.1.classifier.first.weight").foreign);
  CHECK(inference::weights_of(bench->built.bank()).parameters.size() == 1);
  const double first = bench.step().entries.front().value;
  for (int i = 0; i < 15; ++i) {
    bench.step();
  }
  CHECK(bench.step().entries.front().value < first);
}

TEST_CASE("features that are not there are clear errors") {
  TempFolder folder;
  const std::string missing = message_of([&] { train(folder, make(canvas)); });
  CHECK_MESSAGE(contains(missing, "loss 'perceptual'"), missing);
  CHECK_MESSAGE(contains(missing, "watcher"), missing);

  train(folder, watcher());
  const std::string unknown = message_of([&] { train(folder, make(canvas, {"loss.distance.feature=hiden"})); });
  CHECK_MESSAGE(contains(unknown, "perceptual.cpp:"), unknown);
  CHECK_MESSAGE(contains(unknown, "has no feature 'hiden'"), unknown);
  CHECK_MESSAGE(contains(unknown, "did you mean 'hidden'?"), unknown);
  const std::string size = message_of([&] { train(folder, make(canvas, {"dataset.size=16"})); });
  CHECK_MESSAGE(contains(size, "that model sees images of (1, 8, 8), this run has (1, 16, 16)"), size);

  train(folder, make("[model]\nuse = \"quiet\"\n", {"name=silent"}));
  const std::string none = message_of([&] { train(folder, make(canvas, {"loss.distance.from=silent"})); });
  CHECK_MESSAGE(contains(none, "the model 'quiet' offers none"), none);
}
