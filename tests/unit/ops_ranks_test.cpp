// A batch whose shards are spread over ranks: what each of them has after a step are the bits of one process.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "only_threads.hpp"
#include "ops_bench.hpp"
#include "thread_ranks.hpp"

namespace atelier::ops::test {
namespace {

using atelier::test::as_ranks;

constexpr int64_t batch_rows = 24;  // of a batch

tensor::Tensor samples(int64_t columns) {
  const Shape shape{batch_rows, columns};
  Numbers values = ramp(static_cast<size_t>(shape.elements()));
  for (double& value : values) {
    value = std::sin(1.7 * value) * std::exp2(std::fmod(value, 5));
  }
  return Bench::tensor_of({shape, DType::f32}, values);
}

using Record = std::function<void(Bench&, uint32_t batch)>;

// What a step leaves: parameters, state, what it logged, and what it named.
std::vector<Numbers> after(size_t shards, Ranks* ranks, const std::vector<Numbers>& weights, const Record& record,
                           int threads) {
  const tensor::Tensor x = samples(4);
  Bench bench(Mode::train, DType::f32, threads, kernels::Precision::float32, shards, ranks);
  for (const Numbers& weight : weights) {
    bench.parameter({4, static_cast<int64_t>(weight.size()) / 4}, weight, 0);
  }
  const uint32_t state = bench.parameter({1}, {10});
  const size_t count = ranks == nullptr ? 1 : static_cast<size_t>(ranks->count());
  const size_t first = ranks == nullptr ? 0 : static_cast<size_t>(ranks->rank()) * batch_rows / count;
  std::vector<Numbers> out;
  for (int64_t step = 1; step <= 3; ++step) {
    bench.begin(step, 0, 7, {.group_norms = true, .parameter_norms = true, .gradients = true, .annotations = true});
    const uint32_t batch = bench.session().input({{batch_rows / static_cast<int64_t>(shards), 4}, DType::f32},
                                                 x.storage.as<const float>() + first * 4, {});
    bench.assign(state, bench.apply("add", {bench.use(state),
                                            bench.apply("reshape", {mean(bench, batch)}, {std::vector<int64_t>{1}})}));
    record(bench, batch);
    bench.session().end();
    bench.session().start();
    for (const execute::StepResult& entry : bench.session().wait().entries) {
      out.push_back(entry.tensor == nullptr ? Numbers{entry.value, entry.count} : Bench::numbers_of(*entry.tensor));
    }
  }
  for (uint32_t parameter = 0; parameter <= state; ++parameter) {
    out.push_back(bench.value(parameter));
  }
  return out;
}

void check_equal(const std::vector<Numbers>& weights, const Record& record) {
  for (const size_t shards : only_threads ? std::vector<size_t>{2, 6} : std::vector<size_t>{2, 3, 4, 6, 8, 12, 24}) {
    CAPTURE(shards);
    const std::vector<Numbers> alone = after(shards, nullptr, weights, record, 1);
    REQUIRE(alone.size() > 6);
    for (const Numbers& numbers : alone) {
      REQUIRE(std::ranges::all_of(numbers, [](double number) { return std::isfinite(number); }));
    }
    for (const int count : {2, 3, 4, 6, 8}) {
      if (shards % static_cast<size_t>(count) == 0) {
        CAPTURE(count);
        CHECK_NOTHROW(as_ranks(count, [&](Ranks& ranks) {
          if (after(shards, &ranks, weights, record, 1 + ranks.rank() % 2) != alone) {
            throw Error(ErrorKind::internal, "rank {}: other bits", ranks.rank());
          }
        }));
      }
    }
  }
}

// A loss of two layers with noise, whose first is wide enough for messages of its own.
uint32_t loss_of(Bench& bench, uint32_t batch, const std::function<uint32_t(uint32_t)>& between) {
  const uint32_t wide = bench.apply("tanh", {between(bench.apply("matmul", {batch, bench.use(0)}))});
  const uint32_t noise =
      bench.apply("random_normal", {}, {std::vector<int64_t>{bench.session().type(wide).shape[0], 4}});
  const uint32_t narrow =
      bench.apply("matmul", {bench.apply("add", {bench.apply("slice", {wide}, {1, 0, 4}), noise}), bench.use(1)});
  bench.session().annotate("narrow", narrow);
  const uint32_t loss = mean(bench, bench.apply("square", {narrow}));
  bench.log("loss", loss);
  return loss;
}

const std::vector<Numbers> two_layers{ramp(4 * 20000, -0.5, 0.0000371), ramp(12, -0.3, 0.07)};

}  // namespace

TEST_CASE("ranks: any number computes the bits of one process") {
  check_equal(two_layers, [](Bench& bench, uint32_t batch) {
    bench.group(0).clip_norm = 0.5;
    bench.minimize(0, loss_of(bench, batch, [](uint32_t x) { return x; }), 0.01);
    bench.minimize(0, loss_of(bench, batch, [](uint32_t x) { return x; }), 0.01);  // of the new weights
  });
}

TEST_CASE("ranks: sums over all shards, and their gradients, have the bits of one process") {
  check_equal(two_layers, [](Bench& bench, uint32_t batch) {
    const auto whole_mean = [&](uint32_t x) {
      const uint32_t count = bench.apply("shard_sum", {bench.input({}, {3})});
      return bench.apply("div",
                         {bench.apply("shard_sum", {bench.apply("sum", {x}, {std::vector<int64_t>{0}})}), count});
    };
    bench.minimize(
        0,
        loss_of(bench, batch,
                [&](uint32_t x) {
                  const uint32_t centred = bench.apply("sub", {x, whole_mean(x)});
                  return bench.apply(
                      "div",
                      {centred, bench.apply("sqrt", {bench.apply("add", {whole_mean(bench.apply("square", {centred})),
                                                                         bench.input({}, {0.01})})})});
                }),
        0.01);
  });
}

TEST_CASE("ranks: gradients of gradients of one shard have no part in the others', in sync or not") {
  for (const bool in_sync : {false, true}) {
    CAPTURE(in_sync);
    check_equal(two_layers, [in_sync](Bench& bench, uint32_t batch) {
      uint32_t sum = 0;
      const uint32_t loss = loss_of(bench, batch, [&](uint32_t x) {
        sum = mean(bench, bench.apply("square", {x}));
        return in_sync ? bench.apply("sub", {x, bench.apply("mul", {bench.apply("shard_sum", {mean(bench, x)}),
                                                                    bench.input({}, {0.1})})})
                       : x;
      });
      if (in_sync) {
        sum = bench.apply("mul", {sum, bench.apply("shard_sum", {sum})});
      }
      const uint32_t slope = bench.gradient(sum, {batch})[0];
      bench.minimize(0,
                     bench.apply("add", {loss, bench.apply("mul", {mean(bench, bench.apply("square", {slope})),
                                                                   bench.input({}, {1e-6})})}),
                     0.01);
    });
  }
}

TEST_CASE("ranks: a loss that is not finite in one of them updates nothing in any") {
  as_ranks(2, [](Ranks& ranks) {
    Bench bench(Mode::train, DType::f32, 1, kernels::Precision::float32, 4, &ranks);
    const uint32_t w = bench.parameter({1}, {1}, 0);
    const tensor::Tensor x = Bench::tensor_of({{2}, DType::f32}, {1, ranks.rank() == 1 ? std::nan("") : 2.0});
    bench.begin();
    bench.minimize(0, mean(bench, bench.apply("mul", {bench.batch({1}, x), bench.use(w)})), 0.1);
    bench.session().end();
    bench.session().start();
    if (bench.session().wait().finite || bench.value(w)[0] != 1) {
      throw Error(ErrorKind::internal, "rank {} updated", ranks.rank());
    }
  });
}

}  // namespace atelier::ops::test
