// A batch in shards: each does what is recorded, and they meet where weights, state and logs are changed.
#include <doctest/doctest.h>

#include <cmath>

#include "ops_bench.hpp"

namespace atelier::ops::test {
namespace {

Bench sharded(size_t shards, int threads = 1) {
  return Bench(Mode::train, DType::f32, threads, kernels::Precision::float32, shards);
}

// The samples of a whole batch, of which each shard sees its own.
tensor::Tensor samples(const Shape& shape) {
  return Bench::tensor_of({shape, DType::f32}, ramp(static_cast<size_t>(shape.elements()), 1, 0.5));
}

}  // namespace

TEST_CASE("shards: a mean over all samples has the gradient of the whole batch") {
  const tensor::Tensor x = samples({24, 2});
  for (const size_t shards : {1U, 2U, 3U, 4U, 6U, 8U, 12U}) {
    CAPTURE(shards);
    Bench bench(Mode::train, DType::f32, 2, kernels::Precision::float32, shards);
    const uint32_t w = bench.parameter({2, 1}, {0.5, -0.25}, 0);
    bench.begin();
    const uint32_t batch = bench.batch({24 / static_cast<int64_t>(shards), 2}, x);
    const uint32_t y = bench.apply("matmul", {batch, bench.use(w)});
    const uint32_t loss = mean(bench, bench.apply("square", {y}));
    bench.log("loss", loss);
    bench.minimize(0, loss, 0.001);
    (void)bench.run();
    double expected_loss = 0;
    double g0 = 0;
    double g1 = 0;
    for (int i = 0; i < 24; ++i) {
      const double a = 1 + i;
      const double b = 1.5 + i;
      const double out = 0.5 * a - 0.25 * b;
      expected_loss += out * out / 24;
      g0 += 2 * out * a / 24;
      g1 += 2 * out * b / 24;
    }
    CHECK(bench.logged()[0] == doctest::Approx(expected_loss));
    CHECK(bench.value(w)[0] == doctest::Approx(0.5 - 0.001 * g0));
    CHECK(bench.value(w)[1] == doctest::Approx(-0.25 - 0.001 * g1));
  }
}

TEST_CASE("shards: a loss sees its own piece alone") {
  const tensor::Tensor x = samples({4});  // 1, 1.5, 2, 2.5
  Bench bench = sharded(2);
  const uint32_t w = bench.parameter({1}, {1}, 0);
  bench.begin();
  // The square of a mean is no mean of squares: (w 1.25)^2 and (w 2.25)^2.
  const uint32_t loss = bench.apply("square", {mean(bench, bench.apply("mul", {bench.batch({2}, x), bench.use(w)}))});
  bench.log("loss", loss);
  bench.minimize(0, loss, 0.5);
  (void)bench.run();
  const double expected = (1.25 * 1.25 + 2.25 * 2.25) / 2;
  CHECK(bench.logged()[0] == doctest::Approx(expected));
  CHECK(bench.value(w)[0] == doctest::Approx(1 - 0.5 * 2 * expected));
}

TEST_CASE("shards: state gets the mean, and what reads it afterwards sees that in every shard") {
  const tensor::Tensor x = samples({4});
  Bench bench = sharded(4);
  const uint32_t w = bench.parameter({1}, {1}, 0);
  const uint32_t state = bench.parameter({1}, {10});
  bench.begin();
  const uint32_t batch = bench.batch({1}, x);
  bench.assign(state, bench.apply("add", {bench.use(state), batch}));
  bench.log("after", mean(bench, bench.apply("mul", {bench.use(state), batch})));
  bench.minimize(0, mean(bench, bench.apply("mul", {bench.use(state), bench.use(w)})), 0.1);
  (void)bench.run();
  CHECK(bench.value(state)[0] == 11.75);
  CHECK(bench.logged()[0] == doctest::Approx(11.75 * 1.75));
  CHECK(bench.value(w)[0] == doctest::Approx(1 - 0.1 * 11.75));
}

TEST_CASE("shards: two groups are updated one after the other, the second from the first one's new weights") {
  const tensor::Tensor x = samples({6});
  for (const size_t shards : {2U, 3U}) {
    Bench bench = sharded(shards);
    const uint32_t a = bench.parameter({1}, {2}, 0);
    const uint32_t b = bench.parameter({1}, {3}, 1);
    bench.begin();
    const uint32_t batch = bench.batch({6 / static_cast<int64_t>(shards)}, x);
    bench.minimize(0, mean(bench, bench.apply("mul", {bench.apply("mul", {bench.use(a), bench.use(b)}), batch})), 0.1);
    bench.minimize(1, mean(bench, bench.apply("mul", {bench.apply("mul", {bench.use(a), bench.use(b)}), batch})), 0.1);
    (void)bench.run();
    const double new_a = 2 - 0.1 * 3 * 2.25;
    CHECK(bench.value(a)[0] == doctest::Approx(new_a));
    CHECK(bench.value(b)[0] == doctest::Approx(3 - 0.1 * new_a * 2.25));
  }
}

TEST_CASE("shards: draws count places in the whole batch") {
  const auto drawn = [](size_t shards, const char* name, std::vector<Given> given, bool has_input) {
    Bench bench(Mode::train, DType::f32, 1, kernels::Precision::float32, shards);
    const uint32_t w = bench.parameter({1}, {1}, 0);
    const auto rows = static_cast<int64_t>(12 / shards);
    const tensor::Tensor half = Bench::tensor_of({{12, 5}, DType::f32}, Numbers(60, 0.5));
    if (!has_input) {
      given.insert(given.begin(), Given(std::vector<int64_t>{rows, 5}));
    }
    record::Observation observation;
    observation.annotations = true;
    bench.begin(3, 0, 7, observation);
    const uint32_t batch = bench.batch({rows, 5}, half);
    const uint32_t x = bench.apply(name, has_input ? std::vector<uint32_t>{batch} : std::vector<uint32_t>{}, given);
    bench.session().annotate("drawn", x);
    bench.minimize(0, mean(bench, bench.use(w)), 0.1);
    bench.session().end();
    bench.session().start();
    for (const execute::StepResult& entry : bench.session().wait().entries) {
      if (entry.kind == record::OutputKind::annotation) {
        return Bench::numbers_of(*entry.tensor);
      }
    }
    return Numbers{};
  };
  for (const size_t shards : {2U, 3U, 12U}) {
    CAPTURE(shards);
    for (const char* name : {"random_normal", "random_uniform"}) {
      const Numbers whole = drawn(1, name, {}, false);
      REQUIRE(whole.size() == 60);
      CHECK(drawn(shards, name, {}, false) == whole);
    }
    CHECK(drawn(shards, "random_integers", {0, 1000}, false) == drawn(1, "random_integers", {0, 1000}, false));
    CHECK(drawn(shards, "random_permutation", {9}, false) == drawn(1, "random_permutation", {9}, false));
    CHECK(drawn(shards, "dropout", {0.25}, true) == drawn(1, "dropout", {0.25}, true));
    CHECK(drawn(shards, "bernoulli", {}, true) == drawn(1, "bernoulli", {}, true));
    CHECK(drawn(shards, "categorical", {}, true) == drawn(1, "categorical", {}, true));
  }
}

TEST_CASE("shards: gradients of gradients stay in their piece") {
  const tensor::Tensor x = samples({4});
  Bench bench = sharded(2);
  const uint32_t w = bench.parameter({1}, {1}, 0);
  bench.begin();
  const uint32_t batch = bench.batch({2}, x);
  const uint32_t cube = bench.apply("mul", {bench.apply("square", {batch}), bench.use(w)});
  const uint32_t slope = bench.gradient(bench.apply("sum", {cube}), {batch})[0];  // 2 x w
  bench.minimize(0, mean(bench, bench.apply("square", {slope})), 0.01);           // gradient 8 x^2 w / ...
  (void)bench.run();
  double expected = 0;
  for (const double value : {1.0, 1.5, 2.0, 2.5}) {
    expected += 8 * value * value / 4;
  }
  CHECK(bench.value(w)[0] == doctest::Approx(1 - 0.01 * expected));
}

TEST_CASE("shards: one piece's memory serves the next one") {
  const auto bytes_of = [](size_t shards, int64_t rows_of_shard) {
    Bench bench(Mode::train, DType::f32, 1, kernels::Precision::float32, shards);
    const uint32_t w = bench.parameter({64, 64}, ramp(4096, -1, 0.0005), 0);
    const tensor::Tensor x = samples({rows_of_shard * static_cast<int64_t>(shards), 64});
    bench.begin();
    uint32_t y = bench.batch({rows_of_shard, 64}, x);
    for (int layer = 0; layer < 6; ++layer) {
      y = bench.apply("tanh", {bench.apply("matmul", {y, bench.use(w)})});
    }
    bench.minimize(0, mean(bench, y), 0.1);
    bench.session().end();
    return bench.session().newest_plan()->arena_bytes;
  };
  const size_t piece = bytes_of(1, 512);
  CHECK(bytes_of(8, 512) < piece + piece / 4);
  CHECK(bytes_of(1, 8 * 512) > 6 * piece);
}

TEST_CASE("shards: what is computed from weights alone is computed once") {
  const tensor::Tensor x = samples({8, 4});
  const auto steps_named = [&](size_t shards, const std::string& name) {
    Bench bench(Mode::train, DType::f32, 1, kernels::Precision::float32, shards);
    const uint32_t w = bench.parameter({4, 4}, ramp(16), 0);
    bench.begin();
    const uint32_t batch = bench.batch({8 / static_cast<int64_t>(shards), 4}, x);
    const uint32_t product = bench.apply("matmul", {bench.use(w), bench.use(w)});
    bench.minimize(0, mean(bench, bench.apply("mul", {batch, bench.apply("sum", {product})})), 0.1);
    bench.session().end();
    int count = 0;
    for (const record::Node& node : bench.session().newest_plan()->lowered->graph.nodes()) {
      count += node.operation->name == name ? 1 : 0;
    }
    return count;
  };
  CHECK(steps_named(4, "matmul/1") == steps_named(1, "matmul/1"));
}

TEST_CASE("shards: a sum over all of them makes one batch of the pieces, gradients included") {
  // Normalization by the whole batch's mean and variance, by way of sums over the shards, behind a weight.
  const auto step = [](size_t shards) {
    const tensor::Tensor x = samples({12, 2});
    Bench bench(Mode::train, DType::f32, 2, kernels::Precision::float32, shards);
    const uint32_t w = bench.parameter({2, 3}, {0.5, -0.25, 1, 0.75, 0.1, -0.6}, 0);
    const uint32_t shift = bench.parameter({3}, {0.3, 0.2, 0.1}, 0);
    bench.begin();
    const uint32_t batch = bench.batch({12 / static_cast<int64_t>(shards), 2}, x);
    const uint32_t y = bench.apply("matmul", {batch, bench.use(w)});
    const auto over_batch = [&](uint32_t of) {
      const uint32_t count = bench.apply("shard_sum", {bench.input({}, {12.0 / static_cast<double>(shards)})});
      return bench.apply("div",
                         {bench.apply("shard_sum", {bench.apply("sum", {of}, {std::vector<int64_t>{0}})}), count});
    };
    const uint32_t centred = bench.apply("sub", {y, over_batch(y)});
    const uint32_t variance = over_batch(bench.apply("square", {centred}));
    const uint32_t normalized = bench.apply("div", {centred, bench.apply("sqrt", {variance})});
    const uint32_t error = bench.apply("square", {bench.apply("sub", {normalized, bench.use(shift)})});
    const uint32_t loss = mean(bench, bench.apply("square", {error}));
    bench.log("loss", loss);
    bench.minimize(0, loss, 1);
    (void)bench.run();
    Numbers out = bench.value(w);
    for (const double value : bench.value(shift)) {
      out.push_back(value);
    }
    out.push_back(bench.logged()[0]);
    return out;
  };
  const Numbers whole = step(1);
  for (const size_t shards : {2U, 3U, 6U}) {
    CAPTURE(shards);
    const Numbers pieces = step(shards);
    REQUIRE(pieces.size() == whole.size());
    for (size_t i = 0; i < whole.size(); ++i) {
      CHECK(pieces[i] == doctest::Approx(whole[i]).epsilon(1e-4));
    }
  }
}

TEST_CASE("shards: a step whose loss is not finite in one of them updates nothing") {
  tensor::Tensor x = samples({4});
  x.storage.as<float>()[2] = std::nanf("");
  Bench bench = sharded(4);
  const uint32_t w = bench.parameter({1}, {1}, 0);
  bench.begin();
  bench.minimize(0, mean(bench, bench.apply("mul", {bench.batch({1}, x), bench.use(w)})), 0.1);
  bench.session().end();
  bench.session().start();
  CHECK(!bench.session().wait().finite);
  CHECK(bench.value(w)[0] == 1);
}

TEST_CASE("shards: reading a value that each has another of is refused, a constant is read") {
  const tensor::Tensor x = samples({4});
  Bench bench = sharded(2);
  const uint32_t w = bench.parameter({1}, {1}, 0);
  bench.begin();
  uint32_t constant = bench.input({1}, {5});
  uint32_t batch = bench.batch({2}, x);
  double out[2] = {};
  bench.session().read(constant, out, 2, {"model.cpp", 20});
  CHECK(out[0] == 5);
  CHECK_THROWS_WITH_AS(bench.session().read(batch, out, 2, {"model.cpp", 21}),
                       "model.cpp:21: a value is read in a training step of 2 shards, each of which has another; hint: "
                       "[train] shards = 1, or a model that logs the value instead",
                       Error);
  CHECK_THROWS_AS(bench.session().read(batch = bench.apply("square", {bench.use(w)}), out, 2, {}), Error);
}

TEST_CASE("shards: whole numbers that differ cannot be assigned") {
  const tensor::Tensor x = samples({4});
  Bench bench = sharded(2);
  const uint32_t w = bench.parameter({1}, {1}, 0);
  auto counter = std::make_unique<record::Parameter>();
  counter->name = "counter";
  counter->value = Bench::tensor_of({{1}, DType::i64}, {0});
  bench.bank().parameters.push_back(std::move(counter));
  bench.begin();
  bench.assign(
      1, bench.apply("argmax", {bench.apply("reshape", {bench.batch({2}, x)}, {std::vector<int64_t>{1, 2}})}, {-1}));
  bench.minimize(0, mean(bench, bench.use(w)), 0.1);
  CHECK_THROWS_WITH_AS(
      bench.session().end(),
      "model.cpp:15: assign: 'counter' is int64 and gets another value from each shard of the batch, "
      "expected one that does not change with the batch, or a real state, which gets their mean; hint: "
      "[train] shards = 1",
      Error);
}

}  // namespace atelier::ops::test
