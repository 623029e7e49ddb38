// What a session makes of a recorded step: which plans, and what runs together.
#include <doctest/doctest.h>

#include <algorithm>

#include "ops_bench.hpp"

namespace atelier::ops::test {
namespace {

// A step that descends along the gradients of a convolution with relu behind it.
struct ConvolutionStep {
  std::string operation;
  int64_t batch, channels, results, side;

  // The weights and the bias afterwards, and what ran.
  [[nodiscard]] std::pair<Numbers, Numbers> run(bool is_fused, std::vector<std::string>& names) const {
    Bench bench(Mode::train);
    const auto weights = static_cast<size_t>(results * channels * 9);
    const uint32_t w =
        bench.parameter({results, channels, 3, 3}, ramp(weights, -1, 2.0 / static_cast<double>(weights)), 0);
    const uint32_t bias = bench.parameter({results}, ramp(static_cast<size_t>(results), -0.3, 0.1), 0);
    record::Observation observation;
    observation.every_value = !is_fused;
    bench.begin(0, 0, 7, observation);
    const auto pixels = static_cast<size_t>(batch * channels * side * side);
    const uint32_t x = bench.input({batch, channels, side, side}, ramp(pixels, -3, 6.0 / static_cast<double>(pixels)));
    const uint32_t y = bench.apply("relu", {bench.apply(operation, {x, bench.use(w), bench.use(bias)})});
    bench.minimize(0, bench.apply("mean", {bench.apply("square", {y})}), 0.1);
    bench.session().end();
    for (const plan::Step& step : bench.session().newest_plan()->steps) {
      names.push_back(step.name);
    }
    bench.session().start();
    bench.session().wait();
    return {bench.value(w), bench.value(bias)};
  }
};

}  // namespace

TEST_CASE("session: structures that alternate, and a ragged batch, are planned once each") {
  Bench bench(Mode::train);
  const uint32_t w = bench.parameter({2, 3}, ramp(6), 0);
  const auto step = [&](int64_t rows, bool squared) {
    bench.begin();
    const auto elements = static_cast<size_t>(rows * 3);
    const uint32_t y = bench.apply("linear", {bench.input({rows, 3}, ramp(elements)), bench.use(w)});
    bench.minimize(0, bench.apply("sum", {squared ? bench.apply("square", {y}) : y}), 1e-4);
    return bench.run({y})[0].size();
  };
  for (int i = 0; i < 3; ++i) {
    CHECK(step(4, false) == 8);
    CHECK(step(4, true) == 8);
  }
  CHECK(bench.session().plans_made() == 2);
  for (int i = 0; i < 2; ++i) {
    CHECK(step(3, false) == 6);
    CHECK(step(4, false) == 8);
  }
  CHECK(bench.session().plans_made() == 3);
}

TEST_CASE("session: a structure that is the beginning of another has a plan of its own") {
  Bench bench(Mode::train);
  const uint32_t p = bench.parameter({2}, {1, 2}, 0);
  for (int step = 0; step < 6; ++step) {
    bench.begin(step);
    const uint32_t x = bench.apply("exp", {bench.use(p)});
    bench.log("short", bench.apply("sum", {x}));
    if (step % 2 == 0) {
      bench.log("long", bench.apply("sum", {bench.apply("neg", {x})}));
    }
    (void)bench.run();
    CHECK(bench.logged().size() == (step % 2 == 0 ? 2 : 1));
  }
  CHECK(bench.session().plans_made() == 2);
}

TEST_CASE("session: what depends on the parameters alone is computed again only when they change") {
  Bench bench(Mode::sample);
  const uint32_t p = bench.parameter({2, 2}, {1, 2, 3, 4});
  const auto run = [&](double x) {
    bench.begin();
    const uint32_t turned = bench.apply("permute", {bench.use(p)}, {std::vector<int64_t>{1, 0}});
    return bench.run({bench.apply("matmul", {bench.input({1, 2}, {x, 1}), turned})})[0];
  };
  const auto pieces = [&](double x) {
    execute::Profile profile;
    bench.session().set_profile(&profile);
    run(x);
    bench.session().set_profile(nullptr);
    return profile.plans.at(0).workers.at(0).pieces.size();
  };
  CHECK(run(1) == Numbers{3, 7});
  CHECK(pieces(1) == 1);  // the product
  CHECK(run(10) == Numbers{12, 34});
  bench.bank().parameters[p]->value.storage.as<float>()[3] = 5;
  ++bench.bank().version;
  CHECK(run(1) == Numbers{3, 8});
  ++bench.bank().version;
  CHECK(pieces(1) == 2);
  CHECK(bench.session().plans_made() == 1);
}

TEST_CASE("session: what follows a convolution element by element runs with it") {
  for (const ConvolutionStep& step : {ConvolutionStep{"conv2d/1", 8, 2, 4, 6},
                                      ConvolutionStep{"conv2d/2", 8, 32, 32, 18}}) {  // by minimal filtering, or not
    std::vector<std::string> fused;
    std::vector<std::string> apart;
    CHECK(step.run(true, fused) == step.run(false, apart));
    CHECK(std::ranges::count_if(fused, [](const std::string& name) {
            return name.starts_with("convolution_forward/1+add/1+relu/1");
          }) == 1);
    CHECK(std::ranges::count(apart, "convolution_forward/1") == 1);
  }
}

}  // namespace atelier::ops::test
