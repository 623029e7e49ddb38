// Adversarial models that are conditional, or look through another run's classifier.
#include <cmath>
#include <functional>
#include <numeric>
#include <set>

#include "whole_run.hpp"

using namespace whole;

namespace {

const std::vector<std::string> small_cnn = {"dataset.size=12", "train.epochs=6"};

double tested(const training::RunOutcome& outcome, const std::string& metric) {
  REQUIRE_MESSAGE(outcome.status == runlog::Status::finished, outcome.reason);
  return outcome.metrics.at(metric);
}

}  // namespace

TEST_CASE("a classifier's features are matched: they come nearer than without") {
  const Folder folder;
  Watcher watcher;
  run(text_of("cnn"), folder, watcher, 2, small_cnn);
  const auto distance = [&](double weight) {
    return tested(run(text_of("dcgan"), folder, watcher, 2,
                      {"model.feature_matching_from=tiny-cnn", fmt::format("model.feature_matching={}", weight),
                       "train.epochs=10"}),
                  "feature_distance");
  };
  CHECK(distance(1.0) < 0.5 * distance(1e-9));
}

TEST_CASE("images conditional on a classifier's features are sampled from those of the last batches") {
  const Folder folder;
  Watcher watcher;
  run(text_of("cnn"), folder, watcher, 2, small_cnn);
  for (const char* model : {"gan", "dcgan"}) {
    CAPTURE(model);
    const auto outcome =
        run(text_of(model), folder, watcher, 2,
            {"dataset.size=12", "model.conditional=features", "model.condition_from=tiny-cnn",
             "model.condition_feature=convolutions", "model.condition_length=360", "model.condition_embedding=4"});
    CHECK(std::isfinite(tested(outcome, "loss")));
    const auto result = runlog::Reader(outcome.log).final_result();
    const auto recent = std::ranges::find(result->weights.state, "condition.recent", &runlog::NamedTensor::name);
    REQUIRE(recent != result->weights.state.end());
    const auto* values = recent->value.storage.as<float>();
    const int64_t count = recent->value.shape[0];
    std::set<std::vector<float>> different;
    for (int64_t row = 0; row < count; ++row) {
      different.insert({values + row * 360, values + (row + 1) * 360});
    }
    CHECK(count >= 1000);
    CHECK(different.size() > 90);                          // of most of the 120 training images, not of one batch
    CHECK(different.count(std::vector<float>(360)) == 0);  // and of nothing else
  }
}

TEST_CASE("views go from one latent vector to another, and through the classes where images are conditional on them") {
  const Folder folder;
  Watcher watcher;
  const auto draw = [&](const std::string& family, const std::string& name) {
    const auto outcome = run(text_of(family), folder, watcher, 2, {"train.epochs=1"});
    REQUIRE_MESSAGE(outcome.status == runlog::Status::finished, outcome.reason);
    training::RunOptions options;
    options.out_directory = folder.path();
    return drawn_view(outcome.log, options, name, 3, 5, inference::WeightsOf::final);
  };
  const pictures::Strips between = draw("gan", "interpolation");
  REQUIRE(between.images.count == 3 * between.per_strip);
  const auto size = static_cast<size_t>(between.images.height * between.images.width);
  const auto apart = [&](int64_t first, int64_t second) {
    const auto* from = between.images.pixels.data() + static_cast<size_t>(first) * size;
    const auto* to = between.images.pixels.data() + static_cast<size_t>(second) * size;
    return std::inner_product(from, from + size, to, 0, std::plus<>(), [](int a, int b) { return std::abs(a - b); });
  };
  for (int64_t strip = 0; strip < 3; ++strip) {
    const int64_t start = strip * between.per_strip;
    const int whole = apart(start, start + between.per_strip - 1);
    CHECK(whole > 0);
    for (int64_t i = start; i + 1 < start + between.per_strip; ++i) {
      CHECK(2 * apart(i, i + 1) < whole);
    }
  }
  CHECK(draw("conditional-gan", "traversal").per_strip == 10);
  const pictures::Strips classes = draw("conditional-gan", "classes");
  CHECK(classes.per_strip == 5);
  CHECK(classes.images.count == 15);
  const std::string refused = [&]() -> std::string {
    try {
      draw("gan", "classes");
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }();
  CHECK_MESSAGE(contains(refused, "has no view 'classes', it has interpolation"), refused);
}

TEST_CASE("conditions that cannot be are refused, with the reason") {
  const Folder folder;
  Watcher watcher;
  run(text_of("cnn"), folder, watcher, 2, {"dataset.size=10", "train.epochs=1"});
  const std::string without = refusal(text_of("gan"), folder, {"model.conditional=features"});
  CHECK_MESSAGE(contains(without, "model.condition_from: '' where model.conditional is 'features'"), without);
  const std::string unused = refusal(text_of("gan"), folder, {"model.condition_from=tiny-cnn"});
  CHECK_MESSAGE(contains(unused, "model.condition_from: 'tiny-cnn' where model.conditional is 'none'"), unused);
  const std::string length =
      refusal(text_of("gan"), folder,
              {"model.conditional=features", "model.condition_from=tiny-cnn", "model.condition_length=11"});
  CHECK_MESSAGE(contains(length, "model.condition_length: 11, expected 5, the length of the feature 'logits'"), length);
  const std::string weight = refusal(text_of("gan"), folder, {"model.feature_matching_from=tiny-cnn"});
  CHECK_MESSAGE(contains(weight, "model.feature_matching: 0, expected a weight"), weight);
}
