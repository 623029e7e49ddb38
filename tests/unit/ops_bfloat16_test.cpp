// Products and convolutions that read bfloat16: what they give, and the gradients that go through them, once and twice.
#include <doctest/doctest.h>

#include <cmath>

#include "kernels/bfloat16.hpp"
#include "ops_bench.hpp"
#include "plan/plan.hpp"

namespace atelier::ops::test {
namespace {

using kernels::Precision;

Numbers sines(size_t n, double frequency) {
  Numbers out(n);
  for (size_t i = 0; i < n; ++i) {
    out[i] = std::sin(frequency * static_cast<double>(i + 1));
  }
  return out;
}

struct Network {
  int64_t channels = 16;
  int64_t outputs = 24;
  int64_t batch = 16;
};

// The loss of a convolution and a linear layer, their gradients, and the gradients of the squared norm of the image's.
std::vector<Numbers> values_of(const Network& network, Precision precision, int threads = 1) {
  Bench bench(Mode::evaluate, DType::f32, threads, precision);
  bench.begin();
  const auto [channels, outputs, batch] = network;
  const int64_t features = outputs * 25;
  const auto leaf = [&](const Shape& shape, double frequency) {
    return bench.input(shape, sines(static_cast<size_t>(shape.elements()), frequency));
  };
  const uint32_t x = leaf({batch, channels, 5, 5}, 0.37);
  const uint32_t w = leaf({outputs, channels, 3, 3}, 0.91);
  const uint32_t v = leaf({40, features}, 0.53);
  const uint32_t h = bench.apply(
      "tanh", {bench.apply("conv2d", {x, w}, {std::vector<int64_t>{1, 1}, std::vector<int64_t>{1, 1, 1, 1}})});
  const uint32_t y = bench.apply("linear", {bench.apply("reshape", {h}, {std::vector<int64_t>{batch, features}}), v});
  const uint32_t loss = bench.apply("mean", {bench.apply("square", {y})});
  const std::vector<uint32_t> first = bench.gradient(loss, {x, w, v});
  const uint32_t norm = bench.apply("sum", {bench.apply("square", {first[0]})});
  const std::vector<uint32_t> second = bench.gradient(norm, {w, v});
  return bench.run({loss, first[0], first[1], first[2], second[0], second[1]});
}

// The distance of two vectors as a share of the second one's length.
double distance(const Numbers& a, const Numbers& b) {
  double apart = 0;
  double length = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    apart += (a[i] - b[i]) * (a[i] - b[i]);
    length += b[i] * b[i];
  }
  return std::sqrt(apart / length);
}

std::vector<Precision> reduced() {
  std::vector<Precision> out{Precision::emulated_bfloat16};
  if (!kernels::bfloat16_instructions().empty()) {
    out.push_back(Precision::bfloat16);
  }
  return out;
}

}  // namespace

TEST_CASE("bfloat16: values and gradients are float32's but for the rounding, on any number of threads") {
  const std::vector<Numbers> exact = values_of({}, Precision::float32);
  for (const Precision precision : reduced()) {
    const std::vector<Numbers> rounded = values_of({}, precision);
    REQUIRE(rounded.size() == exact.size());
    for (size_t i = 0; i < exact.size(); ++i) {
      CAPTURE(i);
      CHECK(distance(rounded[i], exact[i]) > 0);
      // Two numbers' rounding makes at most 2^-8 of their product, and the longest way goes through five.
      CHECK(distance(rounded[i], exact[i]) < 5 * 0x1p-8);
    }
    CHECK(values_of({}, precision, 3) == rounded);
  }
}

TEST_CASE("bfloat16: with too few channels or rows products are float32's to the last bit") {
  const Network small{.channels = 3, .outputs = 7, .batch = 9};
  for (const Precision precision : reduced()) {
    CHECK(values_of(small, precision) == values_of(small, Precision::float32));
  }
}

TEST_CASE("bfloat16: what several products read is rounded once") {
  Bench bench(Mode::evaluate, DType::f32, 1, Precision::emulated_bfloat16);
  bench.begin();
  const uint32_t x = bench.input({32, 20}, sines(640, 0.3));
  const uint32_t w = bench.input({16, 20}, sines(320, 0.7));
  const uint32_t y = bench.apply("linear", {x, w});
  const uint32_t loss = bench.apply("sum", {bench.apply("square", {y})});
  const std::vector<uint32_t> gradients = bench.gradient(loss, {x, w});
  bench.session().end(gradients);
  int64_t roundings = 0;
  for (const plan::Step& step : bench.session().newest_plan()->steps) {
    roundings += step.name.find("rounded_to_bfloat16") != std::string::npos ? 1 : 0;
  }
  CHECK(roundings == 3);  // x, w, and the gradient of y: each serves two products
}

TEST_CASE("bfloat16: an inverse and its gradients, once and twice, keep float32's products") {
  const auto of = [](Precision precision) {
    Bench bench(Mode::evaluate, DType::f32, 1, precision);
    bench.begin();
    Numbers values = sines(400, 0.61);
    for (size_t i = 0; i < 20; ++i) {
      values[i * 21] += 9;
    }
    const uint32_t a = bench.input({20, 20}, values);
    const uint32_t loss = bench.apply("sum", {bench.apply("inverse", {a})});
    const uint32_t first = bench.gradient(loss, {a})[0];
    const uint32_t norm = bench.apply("sum", {bench.apply("square", {first})});
    return bench.run({loss, first, bench.gradient(norm, {a})[0]});
  };
  CHECK(of(Precision::emulated_bfloat16) == of(Precision::float32));
}

}  // namespace atelier::ops::test
