// Structures that once were planned or read wrongly: one value given twice, a value beside its own reshape, random
// graphs, many reads.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "base/error.hpp"
#include "ops_bench.hpp"

using namespace atelier;
using namespace atelier::ops::test;

namespace {

using Axes = std::vector<int64_t>;

// The same recording, planned with its fusions and with every value kept.
template <typename Body>
void fused_and_unfused(const Body& body) {
  for (const bool every_value : {false, true}) {
    CAPTURE(every_value);
    Bench bench;
    record::Observation observation;
    observation.every_value = every_value;
    bench.begin(0, 0, 7, observation);
    body(bench);
  }
}

bool same_bits(const std::vector<Numbers>& a, const std::vector<Numbers>& b) {
  return std::ranges::equal(a, b, [](const Numbers& x, const Numbers& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0;
  });
}

}  // namespace

TEST_CASE("an operation may be given one value twice") {
  fused_and_unfused([](Bench& bench) {
    const uint32_t x = bench.apply("relu", {bench.input({2, 2}, {1, 2, 3, 4})});
    const uint32_t rows = bench.apply("concatenate", {x, x}, {0});
    const uint32_t columns = bench.apply("concatenate", {x, x, x}, {1});
    const uint32_t product = bench.apply("matmul", {x, x});
    const auto results = bench.run({rows, columns, product});
    CHECK(results[0] == Numbers{1, 2, 3, 4, 1, 2, 3, 4});
    CHECK(results[1] == Numbers{1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4});
    CHECK(results[2] == Numbers{7, 10, 15, 22});
  });
  fused_and_unfused([](Bench& bench) {  // straight from a leaf, with another leaf beside it
    const uint32_t x = bench.input({2}, {1, 2});
    const uint32_t other = bench.input({2}, {7, 8});
    const auto results = bench.run({bench.apply("concatenate", {x, x}, {0}), bench.apply("sum", {other})});
    CHECK(results[0] == Numbers{1, 2, 1, 2});
    CHECK(results[1] == Numbers{15});
  });
}

TEST_CASE("the gradient of an operation that is given one value twice") {
  Bench bench;
  bench.begin();
  const uint32_t x = bench.input({2, 2}, {1, 2, 3, 4});
  const uint32_t of_product = bench.gradient(bench.apply("sum", {bench.apply("matmul", {x, x})}), {x})[0];
  const uint32_t weights = bench.input({4, 2}, ramp(8));
  const uint32_t twice = bench.apply("mul", {bench.apply("concatenate", {x, x}, {0}), weights});
  const uint32_t of_rows = bench.gradient(bench.apply("sum", {twice}), {x})[0];
  const auto results = bench.run({of_product, of_rows});
  CHECK(results[0] == Numbers{7, 11, 9, 13});  // d/dx_ij: the sum of row j and the sum of column i
  CHECK(results[1] == Numbers{4, 6, 8, 10});
}

TEST_CASE("a parameter may be assigned its own value") {
  Bench bench(Mode::train);
  const uint32_t state = bench.parameter({2}, {1, 2});
  const uint32_t other = bench.parameter({2}, {5, 6});
  for (int64_t step = 0; step < 3; ++step) {
    bench.begin(step);
    bench.assign(state, bench.use(state));
    const uint32_t sum = bench.apply("sum", {bench.input({2}, {7, 8})});
    CHECK(bench.run({sum})[0] == Numbers{15});
    CHECK(bench.value(state) == Numbers{1, 2});
    CHECK(bench.value(other) == Numbers{5, 6});
  }
}

TEST_CASE("a value meets a detached or reshaped copy of itself") {
  fused_and_unfused([](Bench& bench) {  // the straight-through estimator, z + (q - z).detach()
    const uint32_t z = bench.apply("relu", {bench.input({4}, {-1, 0.5, 1.5, 2.75})});
    const uint32_t rest = bench.apply("detach", {bench.apply("sub", {bench.apply("floor", {z}), z})});
    const uint32_t y = bench.apply("add", {z, rest});
    const uint32_t slope = bench.gradient(bench.apply("sum", {y}), {z})[0];
    const auto results = bench.run({y, slope});
    CHECK(results[0] == Numbers{0, 0, 1, 2});
    CHECK(results[1] == Numbers{1, 1, 1, 1});
  });
  fused_and_unfused([](Bench& bench) {
    const uint32_t z = bench.apply("relu", {bench.input({4}, {-1, 0.5, 1.5, 2.75})});
    const uint32_t rest = bench.apply("reshape", {bench.apply("sub", {bench.apply("floor", {z}), z})}, {Axes{4}});
    CHECK(bench.run({bench.apply("add", {z, rest})})[0] == Numbers{0, 0, 1, 2});
  });
  fused_and_unfused([](Bench& bench) {
    const uint32_t x = bench.apply("exp", {bench.input({4, 4}, ramp(16, -1, 0.25))});
    CHECK(bench.run({bench.apply("sub", {x, bench.apply("detach", {x})})})[0] == Numbers(16, 0.0));
  });
  fused_and_unfused([](Bench& bench) {
    const uint32_t t = bench.apply("tanh", {bench.input({4, 4}, ramp(16, -1, 0.25))});
    const auto results = bench.run({bench.apply("add", {t, bench.apply("reshape", {t}, {Axes{4, 4}})}), t});
    for (size_t i = 0; i < 16; ++i) {
      CHECK(results[0][i] == 2 * results[1][i]);
    }
  });
  fused_and_unfused([](Bench& bench) {  // the result of a product, whose kernel could finish the sum
    const uint32_t x = bench.input({4, 4}, ramp(16, -1, 0.25));
    const uint32_t product = bench.apply("matmul", {x, x});
    const auto results = bench.run({bench.apply("add", {product, bench.apply("detach", {product})}), product});
    for (size_t i = 0; i < 16; ++i) {
      CHECK(results[0][i] == 2 * results[1][i]);
    }
  });
  fused_and_unfused([](Bench& bench) {  // the argument and the result of one function, both again
    const uint32_t square = bench.apply("square", {bench.input({4}, {0, 0.5, 1, 2})});
    const uint32_t sine = bench.apply("sin", {square});
    const uint32_t rest = bench.apply("detach", {bench.apply("sub", {square, sine})});
    const auto result = bench.run({bench.apply("add", {sine, rest})})[0];
    for (const size_t i : {0, 1, 2, 3}) {
      CHECK(result[i] == doctest::Approx(Numbers{0, 0.25, 1, 4}[i]));
    }
  });
}

namespace {

constexpr int64_t side = 4;

// A random recording of elementwise operations, reductions, reshapes and products, always the same for one seed.
class RandomRecording {
 public:
  RandomRecording(Bench& bench, const std::vector<uint32_t>& parameters, unsigned seed, bool with_cuts)
      : bench_(bench), parameters_(parameters), random_(seed), with_cuts_(with_cuts) {}

  // The values that the recording asks for.
  std::vector<uint32_t> record(int64_t step) {
    values_ = {bench_.input({side, side}, ramp(side * side, -0.4, 0.07)), bench_.use(parameters_[0])};
    const auto length = static_cast<int>(6 + random_() % 22);
    for (int i = 0; i < length; ++i) {
      add_one(i, step);
      if (random_() % 4 == 0) {
        requested_.push_back(values_[random_() % values_.size()]);
      }
    }
    return requested_;
  }

 private:
  uint32_t pick() {  // mostly one of the newest
    return random_() % 3 != 0 ? values_[values_.size() - 1 - random_() % std::min<size_t>(values_.size(), 4)]
                              : values_[random_() % values_.size()];
  }
  uint32_t scalar(double value) { return bench_.apply("scalar", {}, {value}); }

  void add_one(int i, int64_t step) {
    switch (random_() % 13) {
      case 0:
        return values_.push_back(bench_.use(parameters_[random_() % parameters_.size()]));
      case 1:
        return values_.push_back(bench_.apply("tanh", {pick()}));
      case 2:
        return add_pair("add");
      case 3:
        return add_pair("mul");
      case 4: {
        const uint32_t left = pick();
        return values_.push_back(
            bench_.apply("matmul", {left, bench_.apply("add", {pick(), scalar(0.001 * i + 0.001)})}));
      }
      case 5: {
        const uint32_t flat = bench_.apply("reshape", {pick()}, {Axes{side * side}});
        return values_.push_back(bench_.apply("reshape", {bench_.apply("sin", {flat})}, {Axes{side, side}}));
      }
      case 6: {
        const uint32_t means = bench_.apply("mean", {pick()}, {Axes{1}, 1});
        return values_.push_back(bench_.apply("sub", {pick(), means}));
      }
      case 7: {
        const uint32_t factor = scalar(0.5 + 0.01 * static_cast<double>(step));
        return values_.push_back(bench_.apply("mul", {pick(), factor}));
      }
      case 10:
        return values_.push_back(bench_.apply("random_normal", {}, {Axes{side, side}}));
      case 12:
        return with_cuts_ ? cut() : void();
      default:
        return;
    }
  }

  void add_pair(const std::string& operation) {
    const uint32_t left = pick();
    values_.push_back(bench_.apply(operation, {left, pick()}));
  }

  void cut() {
    std::vector<uint32_t> all = values_;
    all.insert(all.end(), requested_.begin(), requested_.end());
    bench_.session().materialize(all, {"model.cpp", 1});
    std::copy_n(all.begin(), values_.size(), values_.begin());
    std::copy(all.begin() + static_cast<std::ptrdiff_t>(values_.size()), all.end(), requested_.begin());
  }

  Bench& bench_;
  const std::vector<uint32_t>& parameters_;
  std::mt19937 random_;
  bool with_cuts_;
  std::vector<uint32_t> values_, requested_;
};

std::vector<Numbers> run_random(unsigned seed, bool every_value, bool with_cuts, int threads) {
  Bench bench(Mode::evaluate, DType::f32, threads);
  std::vector<uint32_t> parameters;
  for (const auto& [first, step] : {std::pair(0.1, 0.03), {0.2, 0.03}, {0.3, 0.03}, {0.2, 0.01}}) {
    parameters.push_back(bench.parameter({side, side}, ramp(side * side, first, step)));
  }
  std::vector<Numbers> out;
  for (int64_t step = 0; step < 2; ++step) {
    record::Observation observation;
    observation.every_value = every_value;
    bench.begin(step, 0, 7, observation);
    RandomRecording recording(bench, parameters, seed * 7 + 1, with_cuts);
    for (Numbers& values : bench.run(recording.record(step))) {
      out.push_back(std::move(values));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("random graphs are planned, and give equal bits fused and unfused, whole and cut") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    try {
      const std::vector<Numbers> unfused = run_random(seed, true, false, 1);
      CHECK_MESSAGE(same_bits(run_random(seed, false, false, 1), unfused), "fused, seed ", seed);
      CHECK_MESSAGE(same_bits(run_random(seed, false, true, 1), unfused), "cut, seed ", seed);
    } catch (const Error& error) {
      FAIL_CHECK("seed " << seed << ": " << error.what());
    }
  }
  for (const unsigned seed : {243U, 7U, 31U}) {
    CHECK_MESSAGE(same_bits(run_random(seed, false, true, 3), run_random(seed, true, false, 1)), "threads, ", seed);
  }
}

TEST_CASE("a training step may read very often, and computes the same") {
  constexpr int reads = 140;
  const auto train = [](bool reading) {
    Bench bench(Mode::train);
    const uint32_t weight = bench.parameter({2}, {1, 2}, 0);
    for (int64_t step = 0; step < 2; ++step) {
      bench.begin(step);
      uint32_t x = bench.use(weight);
      Numbers expected = bench.value(weight);
      for (int i = 0; i < reads; ++i) {
        x = bench.apply("add", {x, bench.apply("mul", {bench.apply("sin", {x}), bench.apply("scalar", {}, {0.01})})});
        for (double& value : expected) {
          value += 0.01 * std::sin(value);
        }
        if (reading) {
          Numbers values(2);
          bench.session().read(x, values.data(), values.size(), {"model.cpp", 2});
          CHECK(values[0] == doctest::Approx(expected[0]).epsilon(1e-4));
          CHECK(values[1] == doctest::Approx(expected[1]).epsilon(1e-4));
        }
      }
      bench.minimize(0, bench.apply("sum", {x}), 0.1);
      bench.run();
    }
    return bench.value(weight);
  };
  const Numbers without = train(false);
  CHECK(without[0] < 0.95);  // the gradient went all the way
  CHECK(train(true) == without);
}
