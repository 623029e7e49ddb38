// Training steps of real size: the bits must not depend on threads, on fusion, or on what is looked at.
#include <doctest/doctest.h>

#include <cmath>

#include "ops_bench.hpp"

namespace atelier::ops::test {
namespace {

Numbers waves(int64_t n, double scale, double phase = 0) {
  Numbers out(static_cast<size_t>(n));
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = scale * std::sin(phase + 1.7 * static_cast<double>(i));
  }
  return out;
}

// The parameters and logged values after some steps.
struct Trained {
  std::vector<Numbers> parameters;
  std::vector<Numbers> logged;
  friend bool operator==(const Trained&, const Trained&) = default;
};

// A classifier 784-256-10 with batch normalization and dropout on batches of 64 and a ragged one of 23.
Trained train_classifier(int threads, const record::Observation& observation = {}) {
  Bench bench(Mode::train, DType::f32, threads);
  std::vector<uint32_t> p{bench.parameter({256, 784}, waves(256 * 784, 0.05), 0),
                          bench.parameter({256}, waves(256, 0.1), 0), bench.parameter({256}, Numbers(256, 1.0), 0),
                          bench.parameter({10, 256}, waves(2560, 0.1), 0)};
  const uint32_t running = bench.parameter({256}, Numbers(256, 0.0));
  bench.group(0).clip_norm = 0.5;
  Trained out;
  for (int step = 0; step < 4; ++step) {
    const int64_t rows = step == 3 ? 23 : 64;
    Numbers labels;
    for (int64_t i = 0; i < rows; ++i) {
      labels.push_back(static_cast<double>((i * 7 + step) % 10));
    }
    bench.begin(step, 0, 7, observation);
    const uint32_t x = bench.input({rows, 784}, waves(rows * 784, 1, step));
    const uint32_t hidden = bench.apply("linear", {x, bench.use(p[0])});
    const uint32_t normal = bench.apply("batch_norm", {hidden, bench.use(p[2]), bench.use(p[1])});
    const uint32_t momentum = bench.apply("scalar", {}, {0.9});
    bench.assign(running, bench.apply("add", {bench.apply("mul", {bench.use(running), momentum}), normal + 1}));
    const uint32_t kept = bench.apply("dropout",
                                      {
                                          bench.apply("gelu", {normal}),
                                      },
                                      {0.1});
    const uint32_t logits = bench.apply("linear", {kept, bench.use(p[3])});
    const uint32_t loss = bench.apply("mean", {bench.apply("cross_entropy", {logits, bench.indices({rows}, labels)})});
    bench.log("loss", loss);
    bench.minimize(0, loss, 0.5);
    (void)bench.run();
    out.logged.push_back(bench.logged());
  }
  p.push_back(running);
  for (const uint32_t parameter : p) {
    out.parameters.push_back(bench.value(parameter));
  }
  return out;
}

// One pair of steps of an adversarial game on images of 16 x 16, both losses recorded before either is minimized, with
// a gradient penalty: gradients of gradients through convolutions.
Trained play(int threads, const record::Observation& observation = {}) {
  Bench bench(Mode::train, DType::f32, threads);
  const uint32_t g1 = bench.parameter({32, 8 * 8 * 8}, waves(32 * 512, 0.1), 0);
  const uint32_t g2 = bench.parameter({8, 3, 4, 4}, waves(8 * 3 * 16, 0.1, 1), 0);
  const uint32_t d1 = bench.parameter({8, 3, 4, 4}, waves(8 * 3 * 16, 0.1, 2), 1);
  const uint32_t d2 = bench.parameter({1, 8 * 8 * 8}, waves(512, 0.1, 3), 1);
  const List halving{2, 2};
  const List border{1, 1, 1, 1};
  Trained out;
  for (int step = 0; step < 3; ++step) {
    bench.begin(step, 0, 7, observation);
    const auto critic = [&](uint32_t x) {
      const uint32_t h =
          bench.apply("leaky_relu", {bench.apply("conv2d", {x, bench.use(d1)}, {halving, border})}, {0.2});
      return bench.apply("linear", {bench.apply("reshape", {h}, {List{16, -1}}), bench.use(d2)});
    };
    const uint32_t z = bench.apply("random_normal", {}, {List{16, 32}});
    const uint32_t h = bench.apply("relu", {bench.apply("matmul", {z, bench.use(g1)})});
    const uint32_t fake = bench.apply(
        "tanh", {bench.apply("conv_transpose2d", {bench.apply("reshape", {h}, {List{16, 8, 8, 8}}), bench.use(g2)},
                             {halving, border})});
    const uint32_t real = bench.input({16, 3, 16, 16}, waves(16 * 3 * 256, 1, step));
    const uint32_t slope = bench.gradient(bench.apply("sum", {critic(real)}), {real})[0];
    const uint32_t penalty = bench.apply(
        "mean", {bench.apply("square", {bench.apply("sum", {bench.apply("square", {slope})}, {List{1, 2, 3}})})});
    const uint32_t seen = bench.apply("mean", {critic(bench.apply("detach", {fake}))});
    const uint32_t difference = bench.apply("sub", {seen, bench.apply("mean", {critic(real)})});
    const uint32_t critic_loss = bench.apply("add", {difference, penalty});
    const uint32_t generator_loss = bench.apply("neg", {bench.apply("mean", {critic(fake)})});
    bench.log("critic", critic_loss);
    bench.log("generator", generator_loss);
    bench.minimize(1, critic_loss, 0.01);
    bench.minimize(0, generator_loss, 0.01);
    (void)bench.run();
    out.logged.push_back(bench.logged());
  }
  for (const uint32_t parameter : {g1, g2, d1, d2}) {
    out.parameters.push_back(bench.value(parameter));
  }
  CHECK(bench.session().plans_made() == 1);
  return out;
}

record::Observation unfused() {
  record::Observation observation;
  observation.every_value = true;
  return observation;
}

record::Observation watched() {
  record::Observation observation;
  observation.group_norms = true;
  observation.parameter_norms = true;
  observation.gradients = true;
  return observation;
}

}  // namespace

TEST_CASE("training: a classifier's bits") {
  const Trained expected = train_classifier(1);
  CHECK(expected.logged[0][0] > expected.logged[2][0]);
  CHECK(train_classifier(2) == expected);
  CHECK(train_classifier(3) == expected);
  CHECK(train_classifier(2, unfused()) == expected);
  CHECK(train_classifier(2, watched()) == expected);
}

TEST_CASE("training: an adversarial game's bits") {
  const Trained expected = play(1);
  for (const Numbers& parameter : expected.parameters) {
    for (const double x : parameter) {
      REQUIRE(std::isfinite(x));
    }
  }
  CHECK(play(2) == expected);
  CHECK(play(3) == expected);
  CHECK(play(2, unfused()) == expected);
  CHECK(play(2, watched()) == expected);
}

}  // namespace atelier::ops::test
