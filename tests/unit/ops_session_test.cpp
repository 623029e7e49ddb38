// Whole graphs, recorded, planned and run: versions of parameters, cuts, plans that are kept.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops_bench.hpp"

namespace atelier::ops::test {
namespace {

uint32_t sum(Bench& bench, uint32_t x) {
  return bench.apply("sum", {x});
}

}  // namespace

TEST_CASE("session: minimize descends, and what is recorded later sees the new version") {
  Bench bench(Mode::train);
  const uint32_t p = bench.parameter({2}, {3, -1}, 0);
  bench.begin();
  const uint32_t before = bench.apply("mul", {bench.use(p), bench.use(p)});
  bench.minimize(0, sum(bench, before), 0.25);  // gradient 2 p: p becomes p / 2
  const uint32_t after = bench.apply("mul", {bench.use(p), bench.use(p)});
  const auto values = bench.run({before, after});
  CHECK(values[0] == Numbers{9, 1});
  CHECK(values[1] == Numbers{2.25, 0.25});
  CHECK(bench.value(p) == Numbers{1.5, -0.5});
}

TEST_CASE("session: two losses recorded first, minimized afterwards, both see the old versions") {
  for (const bool unfused : {false, true}) {
    for (const int threads : {1, 3}) {
      Bench bench(Mode::train, DType::f32, threads);
      const uint32_t a = bench.parameter({2}, {1, 2}, 0);
      const uint32_t b = bench.parameter({2}, {3, 5}, 1);
      record::Observation observation;
      observation.every_value = unfused;
      for (int64_t step = 0; step < 3; ++step) {
        const Numbers old_a = bench.value(a);
        const Numbers old_b = bench.value(b);
        bench.begin(step, 0, 7, observation);
        const uint32_t product = bench.apply("mul", {bench.use(a), bench.use(b)});
        const uint32_t first = sum(bench, product);
        const uint32_t second = sum(bench, bench.apply("square", {product}));
        bench.minimize(0, first, 0.5);      // d first / d a = b
        bench.minimize(1, second, 0.0625);  // d second / d b = 2 a^2 b with the old a
        (void)bench.run();
        for (size_t i = 0; i < 2; ++i) {
          CHECK(bench.value(a)[i] == doctest::Approx(old_a[i] - 0.5 * old_b[i]));
          CHECK(bench.value(b)[i] == doctest::Approx(old_b[i] - 0.125 * old_a[i] * old_a[i] * old_b[i]));
        }
      }
      CHECK(bench.session().plans_made() == 1);
    }
  }
}

TEST_CASE("session: an old version that is still read after the update is copied") {
  Bench bench(Mode::train);
  const uint32_t p = bench.parameter({3}, {1, 2, 3}, 0);
  bench.begin();
  const uint32_t old_version = bench.use(p);
  bench.minimize(0, sum(bench, old_version), 1);  // gradient 1
  const uint32_t fresh = bench.use(p);
  // Needs both versions, so it can only run after the update.
  const uint32_t both =
      bench.apply("sub", {bench.apply("mul", {fresh, old_version}), bench.apply("exp", {old_version})});
  const auto values = bench.run({both, old_version, fresh});
  for (size_t i = 0; i < 3; ++i) {
    const double x = static_cast<double>(i) + 1;
    CHECK(values[0][i] == doctest::Approx((x - 1) * x - std::exp(x)));
  }
  CHECK(values[1] == Numbers{1, 2, 3});
  CHECK(values[2] == Numbers{0, 1, 2});
}

TEST_CASE("session: elementwise neighbours of both versions are not fused into a cycle") {
  Bench bench(Mode::train);
  const uint32_t p = bench.parameter({2}, {1, 2}, 0);
  bench.begin();
  const uint32_t old_p = bench.use(p);
  const uint32_t early = bench.apply("square", {bench.input({2}, {2, 3})});
  bench.minimize(0, sum(bench, bench.apply("square", {old_p})), 0.25);  // p becomes p / 2
  const uint32_t middle = bench.apply("add", {early, bench.use(p)});    // after the update
  const uint32_t late = bench.apply("mul", {early, old_p});             // before it
  const auto values = bench.run({middle, late});
  CHECK(values[0] == Numbers{4.5, 10});
  CHECK(values[1] == Numbers{4, 18});
}

TEST_CASE("session: state is assigned in recording order, also when nothing reads it") {
  Bench bench(Mode::train);
  const uint32_t mean = bench.parameter({2}, {10, 20});
  for (int step = 0; step < 2; ++step) {
    bench.begin(step);
    const uint32_t half = bench.apply("scalar", {}, {0.5});
    bench.assign(mean, bench.apply("mul", {bench.use(mean), half}));
    bench.assign(mean, bench.apply("add", {bench.use(mean), bench.input({2}, {1, 1})}));
    (void)bench.run();
  }
  CHECK(bench.value(mean) == Numbers{4, 6.5});
  CHECK(bench.session().plans_made() == 1);
}

TEST_CASE("session: a swap of two states by assignment keeps both old values") {
  Bench bench(Mode::train);
  const uint32_t a = bench.parameter({2}, {1, 2});
  const uint32_t b = bench.parameter({2}, {3, 4});
  bench.begin();
  const uint32_t old_a = bench.use(a);
  const uint32_t old_b = bench.use(b);
  bench.assign(a, old_b);
  bench.assign(b, old_a);
  (void)bench.run();
  CHECK(bench.value(a) == Numbers{3, 4});
  CHECK(bench.value(b) == Numbers{1, 2});
}

TEST_CASE("session: a view of a parameter is assigned to another") {
  Bench bench(Mode::train);
  const uint32_t a = bench.parameter({2, 2}, {1, 2, 3, 4});
  const uint32_t b = bench.parameter({4}, {0, 0, 0, 0});
  bench.begin();
  const uint32_t flat = bench.apply("reshape", {bench.use(a)}, {std::vector<int64_t>{4}});
  bench.assign(b, flat);
  bench.assign(a, bench.apply("neg", {bench.use(a)}));
  const auto values = bench.run({flat});
  CHECK(values[0] == Numbers{1, 2, 3, 4});
  CHECK(bench.value(b) == Numbers{1, 2, 3, 4});
  CHECK(bench.value(a) == Numbers{-1, -2, -3, -4});
}

TEST_CASE("session: a result that shows another value in another shape has that shape") {
  Bench bench(Mode::evaluate);
  bench.begin();
  const uint32_t sum = bench.apply("add", {bench.input({2, 3}, {0, 1, 2, 3, 4, 5}), bench.input({1}, {1})});
  const uint32_t turned = bench.apply("reshape", {sum}, {std::vector<int64_t>{3, 1, 2}});
  bench.session().end(std::span(&turned, 1));
  bench.session().start();
  const execute::StepResults& results = bench.session().wait();
  REQUIRE(results.entries.size() == 1);
  CHECK(results.entries[0].tensor->shape == Shape{3, 1, 2});
  CHECK(Bench::numbers_of(*results.entries[0].tensor) == Numbers{1, 2, 3, 4, 5, 6});
}

TEST_CASE("session: a loss that is not finite updates nothing") {
  Bench bench(Mode::train);
  const uint32_t p = bench.parameter({1}, {0}, 0);
  bench.begin();
  bench.minimize(0, sum(bench, bench.apply("log", {bench.use(p)})), 0.5);
  (void)bench.run();
  CHECK(bench.value(p) == Numbers{0});
}

TEST_CASE("session: gradients are clipped by their common norm") {
  Bench bench(Mode::train);
  const uint32_t p = bench.parameter({2}, {0, 0}, 0);
  bench.group(0).clip_norm = 1;
  bench.begin();
  bench.minimize(0, sum(bench, bench.apply("mul", {bench.use(p), bench.input({2}, {30, 40})})), 1);
  (void)bench.run();
  CHECK(bench.value(p)[0] == doctest::Approx(-0.6));
  CHECK(bench.value(p)[1] == doctest::Approx(-0.8));
}

TEST_CASE("session: minimize says what it needs") {
  Bench bench(Mode::train);
  const uint32_t p = bench.parameter({2}, {1, 2}, 0);
  bench.begin();
  CHECK_THROWS_WITH(bench.minimize(0, bench.use(p), 1),
                    "model.cpp:14: minimize: got a loss of float32 (2), expected a scalar; hint: take its mean or sum");
  bench.minimize(0, sum(bench, bench.input({2}, {1, 2})), 1);
  CHECK_THROWS_WITH(bench.session().end(),
                    "model.cpp:14: minimize: the loss does not depend on any parameter of the group 'g0'");
}

TEST_CASE("session: a read in training gives the value, and the step goes on with gradients through it") {
  Bench bench(Mode::train);
  const uint32_t p = bench.parameter({2}, {3, 4}, 0);
  for (int step = 0; step < 3; ++step) {
    const Numbers before = bench.value(p);
    bench.begin(step);
    uint32_t square = bench.apply("square", {bench.use(p)});
    double read[2] = {};
    bench.session().read(square, read, 2, {"model.cpp", 20});
    CHECK(read[0] == before[0] * before[0]);
    CHECK(read[1] == before[1] * before[1]);
    bench.minimize(0, sum(bench, square), 0.25);
    uint32_t fresh = bench.use(p);
    bench.session().read(fresh, read, 2, {"model.cpp", 23});
    CHECK(read[0] == before[0] / 2);
    bench.log("after", sum(bench, fresh));
    (void)bench.run();
    CHECK(bench.logged() == Numbers{(before[0] + before[1]) / 2});
    CHECK(bench.value(p) == Numbers{before[0] / 2, before[1] / 2});
  }
  CHECK(bench.session().plans_made() == 3);  // two cuts and the rest, once
  CHECK(bench.session().take_warning().starts_with("model.cpp:20: a value is read in the middle of a training step"));
  CHECK(bench.session().take_warning().empty());
}

TEST_CASE("session: a loop of cuts in sampling runs one plan many times") {
  Bench bench(Mode::sample);
  bench.begin();
  uint32_t canvas = bench.input({2, 8}, Numbers(16, 0.0));
  for (int position = 0; position < 8; ++position) {
    const uint32_t left = bench.apply("slice", {canvas}, {1, position == 0 ? 0 : position - 1, 1});
    const uint32_t next = bench.apply("add", {left, bench.apply("scalar", {}, {1.0})});
    canvas = bench.apply("update_slice", {canvas, next}, {1, position});
    bench.session().materialize(std::span(&canvas, 1), {"model.cpp", 30});
  }
  const auto values = bench.run({canvas});
  for (size_t row = 0; row < 2; ++row) {
    for (size_t i = 0; i < 8; ++i) {
      CHECK(values[0][row * 8 + i] == static_cast<double>(i + 1));
    }
  }
  CHECK(bench.session().plans_made() == 2);  // the iteration's, and the end's
}

TEST_CASE("session: draws go on counting after a cut") {
  const auto draws = [](bool cut) {
    Bench bench(Mode::sample);
    bench.begin();
    const std::vector<int64_t> dims{2, 3};
    uint32_t first = bench.apply("random_normal", {}, {dims});
    if (cut) {
      bench.session().materialize(std::span(&first, 1), {});
    }
    const uint32_t second = bench.apply("random_normal", {}, {dims});
    return bench.run({first, second});
  };
  const auto whole = draws(false);
  CHECK(whole[0] != whole[1]);
  CHECK(draws(true) == whole);
}

TEST_CASE("session: a number that changes is a runtime operand of one plan") {
  Bench bench(Mode::train);
  const uint32_t p = bench.parameter({1}, {8}, 0);
  for (int step = 0; step < 4; ++step) {
    const double before = bench.value(p)[0];
    const double beta = 0.25 * step;
    bench.begin(step);
    const uint32_t scale = bench.apply("scalar", {}, {beta});
    bench.minimize(0, sum(bench, bench.apply("mul", {scale, bench.use(p)})), 1.0 + step);
    (void)bench.run();
    CHECK(bench.value(p)[0] == before - (1.0 + step) * beta);
  }
  CHECK(bench.session().plans_made() == 1);
}

TEST_CASE("session: an integer stands for a number") {
  Bench bench;
  for (int step = 0; step < 2; ++step) {
    bench.begin();
    const uint32_t x = bench.input({3}, {-3, 0.5, 3});
    CHECK(bench.run({bench.apply("clamp", {x}, {-1, step + 1})})[0] == Numbers{-1, 0.5, step + 1.0});
  }
  CHECK(bench.session().plans_made() == 1);
}

TEST_CASE("session: a read in evaluation cuts, keeps the value, and lets go of the others") {
  Bench bench(Mode::evaluate, DType::f64);
  const uint32_t p = bench.parameter({2}, {3, 4});
  bench.begin();
  uint32_t doubled = bench.apply("add", {bench.use(p), bench.use(p)});
  const uint32_t generation = bench.session().generation();
  double read[2] = {};
  CHECK_THROWS_WITH(bench.session().read(doubled, read, 1, {"model.cpp", 20}),
                    "model.cpp:20: read: the tensor has 2 elements, there is room for 1");
  bench.session().read(doubled, read, 2, {"model.cpp", 21});
  CHECK(read[1] == 8);
  CHECK(bench.session().generation() != generation);
  const uint32_t count = bench.apply("scalar", {}, {2.0});
  bench.session().log("sum", sum(bench, bench.apply("mul", {doubled, bench.use(p)})), &count, {"model.cpp", 22});
  bench.session().end();
  bench.session().start();
  const execute::StepResult& logged = bench.session().wait().entries.at(0);
  CHECK(logged.value == 50);
  CHECK(logged.count == 2);
  CHECK(bench.session().names().at(static_cast<size_t>(logged.index)) == "sum");
}

TEST_CASE("session: a step recorded while the one before runs gives the same results") {
  const auto train = [](bool overlapped) {
    Bench bench(Mode::train, DType::f32, 2);
    const uint32_t w = bench.parameter({64, 32}, ramp(2048, -1, 1e-3), 0);
    Numbers losses;
    const auto collect = [&] { losses.push_back(bench.session().wait().entries.at(0).value); };
    for (int step = 0; step < 6; ++step) {
      bench.begin(step);
      const uint32_t noise = bench.apply("random_normal", {}, {std::vector<int64_t>{128, 32}});
      const uint32_t x = bench.apply("add", {noise, bench.input({128, 32}, ramp(4096, step, 1e-4))});
      const uint32_t y = bench.apply("linear", {x, bench.use(w)});
      const uint32_t loss = bench.apply("mean", {bench.apply("square", {y})});
      bench.log("loss", loss);
      bench.minimize(0, loss, 0.01 * (step + 1));
      bench.session().end();
      if (overlapped && step > 0) {
        collect();
      }
      bench.session().start();
      if (!overlapped) {
        collect();
      }
    }
    if (overlapped) {
      collect();
    }
    return std::pair(losses, bench.value(w));
  };
  const auto expected = train(false);
  CHECK(expected.first.size() == 6);
  CHECK(train(true) == expected);
}

TEST_CASE("session: what made the first bad value is found") {
  Bench bench(Mode::train);
  const uint32_t p = bench.parameter({2}, {1, -1}, 0);
  record::Observation observation;
  observation.every_value = true;
  bench.begin(0, 0, 7, observation);
  const uint32_t root = bench.apply("sqrt", {bench.use(p)});
  bench.minimize(0, sum(bench, bench.apply("mul", {root, root})), 0.5);
  bench.session().end();
  CHECK(bench.session().find_non_finite() == "the result of sqrt/1 at model.cpp:12, (2)");
  CHECK(bench.value(p) == Numbers{1, -1});
}

TEST_CASE("session: what fits into memory one by one, and not together, is refused before it is tried") {
  const int64_t machine = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE);
  const int64_t elements = machine / 4 * 6 / 10;  // of 4 bytes: six tenths of all there is
  Bench bench;
  bench.begin();
  const uint32_t a = bench.apply("random_normal", {}, {std::vector<int64_t>{elements}});
  const uint32_t b = bench.apply("random_normal", {}, {std::vector<int64_t>{elements}});
  const uint32_t both = bench.apply("sum", {bench.apply("mul", {a, b})});
  std::string message = "no error";
  try {
    bench.session().end(std::span(&both, 1));
  } catch (const Error& error) {
    message = error.what();
  }
  CHECK_MESSAGE(message.starts_with("a batch of an evaluation needs "), message);
  CHECK_MESSAGE(message.find("of memory, this machine has ") != std::string::npos, message);
  // What it is for: each of them by its operation, line, type and size.
  CHECK_MESSAGE(message.find("; the largest: random_normal at model.cpp:12, float32 (" + std::to_string(elements) +
                             "), ") != std::string::npos,
                message);
  CHECK_MESSAGE(message.ends_with("; hint: a smaller batch, or smaller layers"), message);
}

}  // namespace atelier::ops::test
