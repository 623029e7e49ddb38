// Losses that call their network several times, differentiate a gradient, and act after an update; and the game that
// adversarial models share.
#include <algorithm>
#include <cmath>

#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

const std::string gan =
    "[model]\nuse = \"gan\"\nlatent = 8\ngenerator = [32]\noutput_activation = \"sigmoid\"\ndiscriminator_layers = "
    "\"convolutional\"\ndiscriminator_filters = [4, 8]\n";

double largest(const std::vector<float>& values) {
  double out = 0;
  for (const float value : values) {
    out = std::max(out, std::abs(static_cast<double>(value)));
  }
  return out;
}

}  // namespace

TEST_CASE("a gradient penalty draws the critic's slope towards 1") {
  const std::string text = gan +
                           "[loss.adversarial]\nuse = \"wasserstein-gp\"\n[optimizer]\nuse = \"adam\"\n"
                           "learning_rate = 2e-3\nbeta1 = 0.5\n[train]\nsteps = 150\nbatch_size = 32\n";
  // E (slope - 1)^2, which is what the loss adds to the distance, over lambda.
  const auto deviation = [](const Run& run, double lambda) {
    const double distance = run.evaluated("real_score") - run.evaluated("fake_score");
    return (run.evaluated("discriminator_loss") + distance) / lambda;
  };
  const Run run = train(text);
  const std::vector<double> loss = run.train("discriminator_loss");
  CHECK(loss.front() > 1.0);
  CHECK(mean_of(loss, 130, 20) < 0.5 * loss.front());
  CHECK(deviation(run, 10.0) < 0.1);
  CHECK(deviation(train(text, {"loss.adversarial.lambda=0.01"}), 0.01) > 0.5);
}

TEST_CASE("the critic's first gradients with a penalty agree with differences of the loss") {
  // A smooth activation: at a kink the slope jumps, and with it the penalty.
  const std::string text = gan +
                           "discriminator_activation = \"softplus\"\n[loss.adversarial]\nuse = \"wasserstein-gp\"\n"
                           "[optimizer]\nuse = \"sgd\"\nlearning_rate = 0.0\n"
                           "[train]\nsteps = 1\nbatch_size = 16\n[log]\nevery = 1\ngradients = 1\n";
  const Run run = train(text);
  const tensor::Tensor gradient = run.log().tensor("gradients.discriminator.1.weight", 0);
  Bench bench(make(text));
  auto* weights = bench.parameter("discriminator.1.weight").value.storage.as<float>();
  const auto loss_with = [&](int64_t index, float change) {
    const float before = std::exchange(weights[index], weights[index] + change);
    bench->steps.batches().seek(0);
    bench->steps.record(1, 1000, {});
    bench->steps.session().start();
    const double value = bench->steps.session().wait().entries.front().value;
    bench->steps.batches().step_done();
    weights[index] = before;
    return value;
  };
  for (const int64_t index : {0, 17, 100, 301, 511}) {
    constexpr float change = 3e-2F;
    const double slope = (loss_with(index, change) - loss_with(index, -change)) / (2.0 * change);
    CHECK(gradient.storage.as<float>()[index] == doctest::Approx(slope).epsilon(0.01));
  }
}

TEST_CASE("a loss clips the weights of its network's group after every update, and no others") {
  const std::string text = gan + "[loss.adversarial]\nuse = \"wasserstein\"\nclip = 0.02\n";
  Bench bench(make(text));
  CHECK(largest(bench.values("discriminator.2.weight")) > 0.02);
  for (int i = 0; i < 5; ++i) {
    bench.step();
    for (const auto& parameter : bench->built.bank().parameters) {
      const bool clipped = parameter->name.starts_with("discriminator.");
      CHECK_MESSAGE((largest(bench.values(parameter->name)) <= 0.0200001F || !clipped), parameter->name);
    }
    CHECK(largest(bench.values("generator.0.weight")) > 0.1);
  }
  CHECK(bench->steps.session().plans_made() == 1);
}

TEST_CASE("clipping a network that was handed over without its group is a clear error") {
  TempFolder folder;
  const std::string text = "[model]\nuse = \"nameless\"\n[loss.adversarial]\nuse = \"wasserstein\"\n";
  const std::string message = message_of([&] { train(folder, make(text)); });
  CHECK_MESSAGE(contains(message, "a network without one"), message);
  CHECK_MESSAGE(contains(message, "hint: hand it a network that was built with a group"), message);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("several discriminator updates for one of the generator take a batch each") {
  // Without a learning rate the loss is a function of the batch of real images alone.
  const std::string text =
      "[model]\nuse = \"one-image\"\ndiscriminator_steps = 3\n[loss.adversarial]\nuse = \"least-squares\"\n"
      "[optimizer]\nuse = \"sgd\"\nlearning_rate = 0.0\n[train]\nepochs = 3\nbatch_size = 16\n";
  const Run run = train(text);
  CHECK(run.outcome.steps == 4);  // 64 samples are 4 batches: 3 epochs are 12, 3 a step
  CHECK(run.log().metric("train", "discriminator_loss").epochs.back() == doctest::Approx(3.0));

  const std::vector<double> several = run.train("discriminator_loss");
  const std::vector<double> each = train(text, {"model.discriminator_steps=1"}).train("discriminator_loss");
  REQUIRE(each.size() == 12);
  CHECK(each[0] != each[2]);
  for (size_t step = 0; step < 4; ++step) {
    CHECK(several[step] == doctest::Approx(each[3 * step + 2]));  // the last of its three batches
  }
}

TEST_CASE("matching features makes the generator's mean image that of the data") {
  // The features of one-image are the images themselves, so that the one image becomes their mean.
  const std::string text =
      "[model]\nuse = \"one-image\"\nfeature_matching = 1.0\n[loss.adversarial]\nuse = \"wasserstein\"\nclip = 1e-6\n"
      "[optimizer]\nuse = \"sgd\"\nlearning_rate = 0.2\n[train]\nsteps = 100\nbatch_size = 64\n";
  const std::vector<double> distance = train(text).train("feature_distance");
  CHECK(distance.front() > 1.0);
  CHECK(distance.back() < 1e-4 * distance.front());
}
