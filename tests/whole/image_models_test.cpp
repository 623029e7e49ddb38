// Models of images: they learn, and say which settings do not fit the images.
#include "whole_run.hpp"

using namespace whole;

namespace {

double last_value(const std::string& family, const std::string& metric, const std::vector<std::string>& overrides) {
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of(family), folder, watcher, 2, overrides);
  REQUIRE(outcome.status == runlog::Status::finished);
  return runlog::Reader(outcome.log).metric("test", metric).values.back();
}

}  // namespace

TEST_CASE("a convolutional classifier tells drawn shapes apart that it has not seen") {
  CHECK(last_value("cnn", "accuracy",
                   {"train.epochs=20", "dataset.count=2000", "dataset.size=20", "model.filters=[8, 16, 16]",
                    "dataset.test_count=300"}) > 0.9);
}

TEST_CASE("a convolutional autoencoder learns, whatever its layers have switched on") {
  const std::vector<std::string> few = {"train.epochs=1"};
  const std::vector<std::string> many = {"train.epochs=30"};
  CHECK(last_value("convolutional-vae", "loss", many) < 0.8 * last_value("convolutional-vae", "loss", few));
}

TEST_CASE("a model of pixels learns, gated or not") {
  for (const std::string family : {"pixelcnn", "gated-pixelcnn"}) {
    const std::vector<std::string> few = {"train.epochs=1"};
    const std::vector<std::string> many = {"train.epochs=40"};
    CHECK(last_value(family, "bits_per_dimension", many) < 0.7 * last_value(family, "bits_per_dimension", few));
  }
}

TEST_CASE("a diffusion model and a flow learn, by their bits for a pixel") {
  for (const std::string family : {"diffusion", "realnvp"}) {
    CAPTURE(family);
    const std::vector<std::string> few = {"train.epochs=1"};
    const std::vector<std::string> many = {"train.epochs=30"};
    CHECK(last_value(family, "bits_per_dimension", many) < 0.8 * last_value(family, "bits_per_dimension", few));
  }
  CHECK(last_value("diffusion", "loss", {"train.epochs=30"}) <
        0.7 * last_value("diffusion", "loss", {"train.epochs=1"}));
}

TEST_CASE("a flow gives back what it was given, to the last level") {
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("realnvp"), folder, watcher, 2, {"dataset.channels=3", "train.epochs=10"});
  const pictures::Strips pairs = drawn_view(outcome.log, {}, "reconstruction", 20, 1, inference::WeightsOf::final);
  REQUIRE(pairs.per_strip == 2);
  const size_t image = pairs.images.pixels.size() / 40;
  for (size_t i = 0; i < 20; ++i) {
    const auto given = pairs.images.pixels.begin() + static_cast<int64_t>(2 * i * image);
    const auto back = given + static_cast<int64_t>(image);
    CHECK(std::equal(given, back, back));
  }
}

TEST_CASE("a diffusion model has views of its steps, of the way between two noises, and of classes") {
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("diffusion"), folder, watcher, 2, {"train.epochs=1"});
  const auto pictures = [&](const std::string& view) {
    return drawn_view(outcome.log, {}, view, 4, 1, inference::WeightsOf::final).per_strip;
  };
  CHECK(pictures("denoising") == 6);  // noise, and what each of five steps leaves of it
  CHECK(pictures("interpolation") == 10);
  CHECK(pictures("classes") == 5);
}

TEST_CASE("autoencoders with an adversary learn to reconstruct") {
  for (const std::string family : {"vae-gan", "convolutional-vae-gan"}) {
    const std::string pixels = "model.reconstruction_in=\"pixels\"";
    const std::vector<std::string> few = {"train.epochs=1", pixels};
    const std::vector<std::string> many = {"train.epochs=30", pixels};
    CHECK(last_value(family, "pixel_error", many) < 0.8 * last_value(family, "pixel_error", few));
  }
  CHECK(last_value("aae", "loss", {"train.epochs=30"}) < 0.9 * last_value("aae", "loss", {"train.epochs=1"}));
}

TEST_CASE("networks that do not fit the images are refused, with the reason") {
  CHECK(refusal(text_of("dcgan"), Folder(), {"model.generator=[8, 8, 8]"})
            .find("model.generator: 3 layers, expected at least one, and images whose sides are multiples of 8; the "
                  "data has 12x12") != std::string::npos);
  CHECK(refusal(text_of("dcgan"), Folder(), {"model.discriminator=[]"}).find("model.discriminator: 0 layers") !=
        std::string::npos);
  CHECK(
      refusal(text_of("dcgan"), Folder(), {"dataset.range=[0.0, 1.0]"}).find("hint: set dataset.range = [-1.0, 1.0]") !=
      std::string::npos);
  CHECK(
      refusal(text_of("diffusion"), Folder(), {"model.channels=[8, 8, 8, 8, 8]"})
          .find("model.channels: 5 levels, expected at least one, and images whose sides are multiples of 16; the data "
                "has 8x8") != std::string::npos);
  CHECK(refusal(text_of("diffusion"), Folder(), {"model.groups=3"})
            .find("model.channels: 8, expected a multiple of model.groups, 3") != std::string::npos);
  CHECK(refusal(text_of("diffusion"), Folder(), {"model.heads=3"})
            .find("model.heads: 3, expected a number that divides") != std::string::npos);
  CHECK(refusal(text_of("diffusion"), Folder(), {"model.sampling_steps=21"})
            .find("model.sampling_steps: 21, expected no more than model.steps, 20") != std::string::npos);
  CHECK(refusal(text_of("diffusion"), Folder(), {"model.condition_dropout=0.0"}).find("model.guidance: needs") !=
        std::string::npos);
  CHECK(refusal(text_of("diffusion"), Folder(), {"dataset.range=[0.0, 1.0]"})
            .find("hint: set dataset.range = [-1.0, 1.0]") != std::string::npos);
  CHECK(
      refusal(text_of("realnvp"), Folder(), {"model.features=[4, 4, 4, 4, 4]"})
          .find("model.features: 5 scales, expected at least one, and images whose sides are multiples of 16; the data "
                "has 8x8") != std::string::npos);
  CHECK(refusal(text_of("vae-gan"), Folder(), {"model.feature_layer=3"})
            .find("model.feature_layer: 3, expected one of the discriminator's 2 layers") != std::string::npos);
  CHECK(refusal(text_of("aae"), Folder(), {"model.latent=3"})
            .find("model.latent: 3, expected 2 where model.prior is \"mixture\"") != std::string::npos);
  CHECK(refusal(text_of("cnn"), Folder(), {"model.kernel=4"}).find("model.kernel: 4, expected an odd number") !=
        std::string::npos);
  CHECK(refusal(text_of("cnn"), Folder(), {"model.filters=[4, 4, 4, 4, 4]"}).find("model.filters: 5 layers") !=
        std::string::npos);
}
