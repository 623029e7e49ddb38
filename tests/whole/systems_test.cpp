// Models beside those that generate images: they learn what they are for, draw it, and say which data they need.
#include "whole_run.hpp"

using namespace whole;

namespace {

using Overrides = std::vector<std::string>;

fs::path finished(const std::string& family, const Folder& folder, const Overrides& overrides) {
  Watcher watcher;
  const auto outcome = run(text_of(family), folder, watcher, 2, overrides);
  REQUIRE_MESSAGE(outcome.status == runlog::Status::finished, outcome.reason);
  return outcome.log;
}

double measured(const fs::path& log, const std::string& metric) {
  return runlog::Reader(log).metric("test", metric).values.back();
}

// The pixels of `strips` strips, image by image.
std::vector<std::vector<uint8_t>> images_of(const fs::path& log, const std::string& view, int64_t strips) {
  training::RunOptions options;
  const pictures::Strips drawn = drawn_view(log, options, view, strips, 3, inference::WeightsOf::final);
  REQUIRE(drawn.images.count == strips * drawn.per_strip);
  std::vector<std::vector<uint8_t>> out;
  const auto bytes = static_cast<int64_t>(drawn.images.pixels.size()) / drawn.images.count;
  for (auto at = drawn.images.pixels.begin(); at != drawn.images.pixels.end(); at += bytes) {
    out.emplace_back(at, at + bytes);
  }
  return out;
}

std::string on_shapes(const std::string& model) {
  return fmt::format(
      "name = 'misplaced'\n[dataset]\nuse = 'shapes'\n[model]\nuse = '{}'\n[optimizer]\nuse = 'adam'\n[train]\nepochs "
      "= 1",
      model);
}

}  // namespace

TEST_CASE("a denoiser's images are nearer to the clean ones than what it was given") {
  const Folder folder;
  const fs::path log = finished("image-to-image", folder, {"train.epochs=60", "dataset.count=400"});
  CHECK(measured(log, "input_squared_error") == doctest::Approx(0.25).epsilon(0.05));  // noise of 0.5
  CHECK(measured(log, "squared_error") < 0.2 * measured(log, "input_squared_error"));
}

TEST_CASE("a sequence to sequence moves images, and so do two readers of opposite directions") {
  for (const std::string architecture : {"sequence-to-sequence", "bidirectional"}) {
    CAPTURE(architecture);
    const Folder folder;
    const fs::path log = finished(
        "manipulation", folder,
        {"train.epochs=80", "optimizer.learning_rate=1e-2", "model.units=40", "model.architecture=" + architecture});
    CHECK(measured(log, "squared_error") < 0.3 * measured(log, "input_squared_error"));
  }
}

TEST_CASE("the smoothed copy of a last frame is good where nothing moves, and a network is better where all does") {
  const Folder folder;
  const Overrides sizes = {"dataset.size=16", "dataset.frames=8", "dataset.count=1000", "model.filters=[]"};
  const auto with = [&](Overrides more) {
    more.insert(more.end(), sizes.begin(), sizes.end());
    return finished("next-frame", folder, more);
  };
  const fs::path still = with({"dataset.speed=[0.0, 0.0]"});
  const fs::path moving = with({"dataset.speed=[1.5, 2.0]", "train.epochs=40", "optimizer.learning_rate=5e-3",
                                "schedule.use=cosine", "model.units=100"});
  CHECK(measured(still, "baseline") < 0.8 * measured(moving, "baseline"));
  CHECK(measured(moving, "loss") < 0.95 * measured(moving, "baseline"));
}

TEST_CASE("a segmentation finds what lies on the ground") {
  const Folder folder;
  const fs::path few = finished("segmentation", folder, {"train.epochs=1"});
  const fs::path many = finished("segmentation", folder, {"train.epochs=30"});
  CHECK(measured(many, "loss") < 0.5 * measured(few, "loss"));
  CHECK(measured(many, "accuracy") > 0.9);
}

TEST_CASE("a detector finds what lies on the ground, and where") {
  const Folder folder;
  const Overrides easy = {"dataset.max_digits=1", "dataset.count=600", "optimizer.learning_rate=5e-3"};
  const auto trained = [&](const char* epochs) {
    Overrides all = easy;
    all.emplace_back(epochs);
    return finished("ssd", folder, all);
  };
  const fs::path few = trained("train.epochs=1"), many = trained("train.epochs=20");
  CHECK(measured(many, "loss") < 0.5 * measured(few, "loss"));
  CHECK(measured(many, "map") > 0.25);
  CHECK(measured(few, "map") < 0.5 * measured(many, "map"));
}

TEST_CASE("views show the data as they are, and beside them what this model makes of them") {
  const Folder folder;
  for (const auto& [family, view, made] :
       {std::tuple{"manipulation", "manipulation", std::vector{false, true, false}},
        std::tuple{"segmentation", "segmentation", std::vector{false, false, true}},
        std::tuple{"ssd", "detection", std::vector{false, true}},
        std::tuple{"next-frame", "animation", std::vector{false, false, false, true, true, true}},
        std::tuple{"cnn", "saliency", std::vector{false, true}}}) {
    CAPTURE(view);
    const auto one = images_of(finished(family, folder, {"seed=1"}), view, 2);
    const auto other = images_of(finished(family, folder, {"seed=2"}), view, 2);
    REQUIRE(one.size() == 2 * made.size());
    for (size_t i = 0; i < one.size(); ++i) {
      CAPTURE(i);
      CHECK((one[i] != other[i]) == made[i % made.size()]);
    }
  }
}

TEST_CASE("a saliency map goes up to white, and is black where no pixel matters") {
  const Folder folder;
  const auto images = images_of(finished("cnn", folder, {"train.epochs=10"}), "saliency", 3);
  for (size_t i = 1; i < images.size(); i += 2) {
    CHECK(std::ranges::max(images[i]) == 255);
    CHECK(std::ranges::min(images[i]) < 32);
  }
}

TEST_CASE("data that lack what a model needs are refused, with the dataset that has it") {
  CHECK(refusal(on_shapes("rnn-next-frame"), Folder()).find("needs a field 'frames' (T, C, H, W) in [0, 1]") !=
        std::string::npos);
  CHECK(refusal(text_of("next-frame"), Folder(), {"dataset.range=[-1.0, 1.0]"}).find("needs a field 'frames'") !=
        std::string::npos);
  CHECK(refusal(text_of("next-frame"), Folder(), {"model.filters=[4, 4, 4]"})
            .find("sides are multiples of 8; the data has 12x12") != std::string::npos);
  CHECK(refusal(on_shapes("rnn-manipulation"), Folder()).find("hint: [dataset] use = \"transformed-pairs\"") !=
        std::string::npos);
  CHECK(refusal(on_shapes("cnn-segmentation"), Folder()).find("hint: [dataset] use = \"digit-scenes\"") !=
        std::string::npos);
  CHECK(refusal(text_of("segmentation"), Folder(), {"model.filters=[4, 4, 4, 4, 4, 4]"})
            .find("multiples of 32; the data has 16x16") != std::string::npos);
  CHECK(refusal(on_shapes("ssd"), Folder()).find("needs a field 'boxes' (N, 5)") != std::string::npos);
  CHECK(refusal(text_of("ssd"), Folder(), {"model.scales=[0.1, 0.2, 0.3]"})
            .find("model.scales: 3 scales, expected 1 to 2: one for each of the last levels") != std::string::npos);
  CHECK(refusal(text_of("ssd"), Folder(), {"model.filters=[4, 4, 4, 4, 4, 4]"})
            .find("multiples of 32; the data has 16x16") != std::string::npos);
  CHECK(refusal(text_of("image-to-image"), Folder(), {"model.task=translate"})
            .find("task 'translate' needs images and targets") != std::string::npos);
}
