// Random draws are counted: by seed, step, ordinal and place in the batch, and by nothing else.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "ops_bench.hpp"

namespace atelier::ops::test {
namespace {

Numbers draw(const std::string& name, const List& dims, int64_t step = 3, int64_t first_row = 0, uint64_t seed = 7,
             DType real = DType::f32) {
  Bench bench(Mode::train, real);
  bench.begin(step, first_row, seed);
  return bench.run({bench.apply(name, {}, {dims})})[0];
}

Numbers rows_between(const Numbers& all, size_t first, size_t last, size_t width) {
  return {all.begin() + static_cast<std::ptrdiff_t>(first * width),
          all.begin() + static_cast<std::ptrdiff_t>(last * width)};
}

double mean(const Numbers& numbers) {
  double sum = 0;
  for (const double x : numbers) {
    sum += x;
  }
  return sum / static_cast<double>(numbers.size());
}

}  // namespace

TEST_CASE("random: a row is the same in any batch, and in any precision") {
  for (const auto* name : {"random_uniform", "random_normal"}) {
    const Numbers batch = draw(name, {5, 3, 2});
    CHECK(draw(name, {2, 3, 2}) == rows_between(batch, 0, 2, 6));
    CHECK(draw(name, {2, 3, 2}, 3, 3) == rows_between(batch, 3, 5, 6));
    CHECK(draw(name, {5, 6}) == batch);
    CHECK(draw(name, {5, 3, 2}, 3, 0, 7, DType::f64) == batch);
    CHECK(draw(name, {5, 3, 2}, 4) != batch);
    CHECK(draw(name, {5, 3, 2}, 3, 0, 8) != batch);
    CHECK(draw(name, {}) == rows_between(draw(name, {1, 1}), 0, 1, 1));
  }
}

TEST_CASE("random: integers and permutations of a row are the same in any batch") {
  const auto drawn = [](const std::string& name, const List& dims, const std::vector<Given>& more, int64_t step = 3,
                        int64_t first_row = 0) {
    Bench bench(Mode::train);
    bench.begin(step, first_row);
    std::vector<Given> given{dims};
    given.insert(given.end(), more.begin(), more.end());
    return bench.run({bench.apply(name, {}, given)})[0];
  };
  const Numbers integers = drawn("random_integers", {5, 3, 2}, {-2, 9});
  CHECK(drawn("random_integers", {2, 3, 2}, {-2, 9}) == rows_between(integers, 0, 2, 6));
  CHECK(drawn("random_integers", {2, 6}, {-2, 9}, 3, 3) == rows_between(integers, 3, 5, 6));
  CHECK(drawn("random_integers", {5, 3, 2}, {-2, 9}, 4) != integers);
  CHECK(drawn("random_integers", {4}, {6, 7}) == Numbers(4, 6.0));

  const Numbers orders = drawn("random_permutation", {5, 2}, {7});
  CHECK(drawn("random_permutation", {2, 2}, {7}, 3, 3) == rows_between(orders, 3, 5, 14));
  CHECK(drawn("random_permutation", {5, 2}, {7}, 4) != orders);
  for (size_t order = 0; order < 10; ++order) {
    Numbers sorted = rows_between(orders, order, order + 1, 7);
    CHECK(sorted != rows_between(orders, (order + 1) % 10, (order + 1) % 10 + 1, 7));
    std::ranges::sort(sorted);
    CHECK(sorted == ramp(7));
  }
  CHECK(drawn("random_permutation", {}, {7}) == drawn("random_permutation", {1}, {7}));
  CHECK(drawn("random_permutation", {3}, {0}).empty());
}

TEST_CASE("random: each of the six orders of three is as likely") {
  Bench bench(Mode::train);
  bench.begin();
  const Numbers orders = bench.run({bench.apply("random_permutation", {}, {List{12000}, 3})})[0];
  std::map<double, int> counts;
  for (size_t i = 0; i < orders.size(); i += 3) {
    ++counts[orders[i] * 9 + orders[i + 1] * 3 + orders[i + 2]];
  }
  CHECK(counts.size() == 6);
  for (const auto& [order, count] : counts) {
    CHECK(count == doctest::Approx(2000).epsilon(0.08));
  }
}

TEST_CASE("random: the range of integers may change without a new plan, and is looked at every time") {
  Bench bench(Mode::train);
  for (const int high : {1, 5, 100}) {
    bench.begin();
    const Numbers drawn = bench.run({bench.apply("random_integers", {}, {List{1000}, 0, high})})[0];
    CHECK(*std::ranges::max_element(drawn) == high - 1);
    CHECK(*std::ranges::min_element(drawn) == 0);
  }
  CHECK(bench.session().plans_made() == 1);
  bench.begin();
  CHECK_THROWS_WITH_AS(bench.apply("random_integers", {}, {List{1000}, 0, 0}),
                       "model.cpp:12: random_integers: got the range [0, 0), expected one that is not empty", Error);
  Bench other(Mode::train);
  other.begin();
  CHECK_THROWS_WITH_AS(other.apply("random_permutation", {}, {List{2}, -1}),
                       "model.cpp:12: random_permutation: got an n of -1, expected at least 0", Error);
}

TEST_CASE("random: each draw of a step has its own numbers, in recording order, in one plan") {
  Bench bench(Mode::train);
  std::vector<std::vector<Numbers>> steps;
  for (int step = 0; step < 2; ++step) {
    bench.begin(step);
    const uint32_t a = bench.apply("random_uniform", {}, {List{4, 2}});
    const uint32_t b = bench.apply("random_uniform", {}, {List{4, 2}});
    steps.push_back(bench.run({a, b}));
    CHECK(steps.back()[0] != steps.back()[1]);
  }
  CHECK(steps[0] != steps[1]);
  CHECK(bench.session().plans_made() == 1);
}

TEST_CASE("random: masks, classes and dropout follow their probabilities") {
  Bench bench(Mode::train);
  bench.begin();
  const int64_t n = 20000;
  const auto count = static_cast<size_t>(n);
  const uint32_t mask = bench.apply("bernoulli", {bench.input({n}, Numbers(count, 0.3))});
  Numbers logits;
  for (size_t i = 0; i < count; ++i) {
    logits.insert(logits.end(), {std::log(0.2), std::log(0.5), std::log(0.3)});
  }
  const uint32_t classes = bench.apply("categorical", {bench.input({n, 3}, logits)});
  const uint32_t x = bench.input({n}, Numbers(count, 1.0));
  const uint32_t kept = bench.apply("dropout", {x}, {0.25});
  const auto gradient = bench.gradient(bench.apply("sum", {kept}), {x});
  const auto values = bench.run({mask, classes, kept, gradient[0]});
  CHECK(mean(values[0]) == doctest::Approx(0.3).epsilon(0.04));
  Numbers shares(3, 0.0);
  for (const double index : values[1]) {
    shares[static_cast<size_t>(index)] += 1.0 / static_cast<double>(n);
  }
  CHECK(shares[0] == doctest::Approx(0.2).epsilon(0.05));
  CHECK(shares[1] == doctest::Approx(0.5).epsilon(0.03));
  CHECK(mean(values[2]) == doctest::Approx(1).epsilon(0.02));
  CHECK(values[3] == values[2]);
  for (const double value : values[2]) {
    CHECK((value == 0 || value == doctest::Approx(1 / 0.75)));
  }
}

TEST_CASE("random: the rate of dropout may change without a new plan") {
  Bench bench(Mode::train);
  Numbers shares;
  for (const double rate : {0.0, 0.5, 0.9}) {
    bench.begin();
    const Numbers kept = bench.run({bench.apply("dropout", {bench.input({1000}, Numbers(1000, 1.0))}, {rate})})[0];
    shares.push_back(static_cast<double>(std::count(kept.begin(), kept.end(), 0.0)) / 1000);
  }
  CHECK(shares[0] == 0);
  CHECK(shares[1] == doctest::Approx(0.5).epsilon(0.1));
  CHECK(shares[2] == doctest::Approx(0.9).epsilon(0.05));
  CHECK(bench.session().plans_made() == 1);
}

}  // namespace atelier::ops::test
