// Losses that call their network several times, differentiate a gradient, and act after an update.
#include <algorithm>
#include <cmath>

#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

const std::string gan = "[model]\nuse = \"conv-gan\"\n";

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
                           "[loss.adversarial]\nuse = \"wgan-gp\"\nlambda = 10.0\n[optimizer]\nuse = \"adam\"\n"
                           "learning_rate = 2e-3\nbeta1 = 0.5\n[train]\nsteps = 150\nbatch_size = 32\n";
  const Run run = train(text);
  const std::vector<double> loss = run.train("critic_loss");
  CHECK(loss.front() > 5.0);  // lambda (0.1 - 1)^2 or so: a fresh critic is nearly flat
  CHECK(mean_of(loss, 130, 20) < 0.5 * loss.front());
  CHECK(run.evaluated("slope") == doctest::Approx(1.0).epsilon(0.35));
  const Run without = train(text, {"loss.adversarial.lambda=0.0"});
  CHECK(std::abs(without.evaluated("slope") - 1.0) > 2 * std::abs(run.evaluated("slope") - 1.0));
}

TEST_CASE("the critic's first gradients with a penalty agree with differences of the loss") {
  // A smooth activation: at a kink the slope jumps, and with it the penalty.
  const std::string text = gan +
                           "activation = \"softplus\"\n[loss.adversarial]\nuse = \"wgan-gp\"\n[optimizer]\nuse = "
                           "\"sgd\"\nlearning_rate = 0.0\n"
                           "[train]\nsteps = 1\nbatch_size = 16\n[log]\nevery = 1\ngradients = 1\n";
  const Run run = train(text);
  const tensor::Tensor gradient = run.log().tensor("gradients.critic.second.weight", 0);
  Bench bench(make(text));
  auto* weights = bench.parameter("critic.second.weight").value.storage.as<float>();
  const auto loss_with = [&](int64_t index, float change) {
    const float before = std::exchange(weights[index], weights[index] + change);
    bench->batches().seek(0);
    bench->record_step(1, 1000, {});
    bench->training().start();
    const double value = bench->training().wait().entries.front().value;
    bench->batches().step_done();
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
  const std::string text = gan + "[loss.adversarial]\nuse = \"wgan-clip\"\nbound = 0.02\n";
  Bench bench(make(text));
  CHECK(largest(bench.values("critic.last.weight")) > 0.02);
  for (int i = 0; i < 5; ++i) {
    bench.step();
    for (const auto& parameter : bench->model().bank().parameters) {
      const bool clipped = parameter->name.starts_with("critic.");
      CHECK_MESSAGE((largest(bench.values(parameter->name)) <= 0.0200001F || !clipped), parameter->name);
    }
    CHECK(largest(bench.values("generator.0.weight")) > 0.1);
  }
  CHECK(bench->training().plans_made() == 1);
}

TEST_CASE("clipping a network that was handed over without its group is a clear error") {
  TempFolder folder;
  const std::string text = gan + "nameless = true\n[loss.adversarial]\nuse = \"wgan-clip\"\n";
  const std::string message = message_of([&] { train(folder, make(text)); });
  CHECK_MESSAGE(contains(message, "a network without one"), message);
  CHECK_MESSAGE(contains(message, "hint: hand it a network that was built with a group"), message);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("several critic updates for one of the generator take a batch each") {
  const std::string text =
      gan + "critic_steps = 3\n[loss.adversarial]\nuse = \"wgan-clip\"\n[train]\nepochs = 3\nbatch_size = 16\n";
  const Run run = train(text);
  CHECK(run.outcome.steps == 4);  // 64 samples are 4 batches: 3 epochs are 12, 3 a step
  const runlog::MetricSeries brightness = run.log().metric("train", "brightness");
  CHECK(brightness.epochs.back() == doctest::Approx(3.0));

  // The first three batches are those that three steps of one batch each take.
  const Run single = train(text, {"model.critic_steps=1"});
  const std::vector<double> each = single.train("brightness");
  REQUIRE(each.size() == 12);
  CHECK(brightness.values[0] == doctest::Approx(each[0] + each[1] + each[2]));
  CHECK(brightness.values[3] == doctest::Approx(each[9] + each[10] + each[11]));
}
