#include <Random123/philox.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "kernel_runner.hpp"
#include "kernels/loops/loops.hpp"
#include "kernels/random.hpp"

using namespace atelier;
using namespace atelier::kernels;
using namespace atelier::kernels::test;
using tensor::DType;

namespace {

OperandReference constant(int64_t value) {
  return {.slot = -1, .constant = {.integer = value}};
}

RandomOperands operands(int64_t seed, int64_t purpose, int64_t step, int64_t ordinal, int64_t first_row) {
  return {constant(seed), constant(purpose), constant(step), constant(ordinal), constant(first_row)};
}

std::vector<float> normal_rows(int64_t rows, int64_t n, const RandomOperands& position, Order order = Order::forward) {
  return result_of<float>(*make_random_normal(DType::f32, rows, n, position), static_cast<size_t>(rows * n), {}, order,
                          std::vector<float>{});
}

// The largest distance between the distribution of a sample and the one wanted.
double kolmogorov_smirnov(std::vector<float> sample, double (*distribution)(double)) {
  std::sort(sample.begin(), sample.end());
  double worst = 0;
  const auto n = static_cast<double>(sample.size());
  for (size_t i = 0; i < sample.size(); ++i) {
    const double wanted = distribution(sample[i]);
    worst = std::max(
        {worst, std::fabs(wanted - static_cast<double>(i) / n), std::fabs(wanted - static_cast<double>(i + 1) / n)});
  }
  return worst;
}

struct Moments {
  double mean = 0;
  double variance = 0;
  double kurtosis = 0;
};
Moments moments_of(const std::vector<float>& sample) {
  Moments m;
  const auto n = static_cast<double>(sample.size());
  for (const float x : sample) {
    m.mean += x / n;
  }
  double fourth = 0;
  for (const float x : sample) {
    m.variance += std::pow(x - m.mean, 2) / n;
    fourth += std::pow(x - m.mean, 4) / n;
  }
  m.kurtosis = fourth / (m.variance * m.variance);
  return m;
}

}  // namespace

TEST_CASE("the words are Random123's philox4x32-10, on every instruction set") {
  const philox4x32_key_t key = {{0x12345678U, 0xdeadbeefU}};
  for (const Isa isa : supported_isas()) {
    for (const uint32_t group : {0U, 1U, 77U, 0x0fffffffU}) {
      uint32_t words[random_group];
      loops_of(isa).random->words(group, 5, 6, 0x70001U, key.v[0], key.v[1], words);
      for (uint32_t lane = 0; lane < 16; ++lane) {
        const philox4x32_ctr_t counter = {{group * 16 + lane, 5, 6, 0x70001U}};
        const philox4x32_ctr_t wanted = philox4x32(counter, key);
        for (uint32_t word = 0; word < 4; ++word) {
          REQUIRE(words[16 * word + lane] == wanted.v[word]);
        }
      }
    }
  }
}

TEST_CASE("uniform numbers lie in (0, 1) and are uniform") {
  std::vector<float> sample(1000000);
  uniform_host(sample, {.seed = 3, .purpose = 1});
  const auto [low, high] = std::minmax_element(sample.begin(), sample.end());
  CHECK(*low > 0.0F);
  CHECK(*high < 1.0F);
  const Moments m = moments_of(sample);
  CHECK(m.mean == doctest::Approx(0.5).epsilon(0.003));
  CHECK(m.variance == doctest::Approx(1.0 / 12).epsilon(0.005));
  CHECK(m.kurtosis == doctest::Approx(1.8).epsilon(0.005));
  CHECK(kolmogorov_smirnov(sample, [](double x) { return x; }) < 1.63e-3);  // 1% of samples are worse
  uint32_t extremes[random_group] = {0, 0xffffffffU};
  float out[random_group];
  loops_of(Isa::baseline).random->uniform(extremes, out);
  CHECK(out[0] == 0x1p-24F);
  CHECK(out[1] == 1.0F - 0x1p-24F);
}

TEST_CASE("normal numbers are normal") {
  std::vector<float> sample(1000000);
  normal_host(sample, {.seed = 4, .purpose = 1});
  const Moments m = moments_of(sample);
  CHECK(std::fabs(m.mean) < 0.003);
  CHECK(m.variance == doctest::Approx(1.0).epsilon(0.005));
  CHECK(m.kurtosis == doctest::Approx(3.0).epsilon(0.01));
  CHECK(kolmogorov_smirnov(sample, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }) < 1.63e-3);
  uint32_t extremes[random_group] = {};
  std::fill(std::begin(extremes) + 16, std::end(extremes), 0xffffffffU);
  float out[random_group];
  loops_of(Isa::baseline).random->normal(extremes, out);
  for (const float x : out) {
    CHECK(std::isfinite(x));
    CHECK(std::fabs(x) < 6.7F);
  }
}

TEST_CASE("a row's numbers do not depend on its batch, on the order of pieces, or on the instruction set") {
  const int64_t n = 3 * 28 * 28 + 5;
  const std::vector<float> batch = normal_rows(20, n, operands(9, 2, 100, 3, 40));
  for (const Isa isa : supported_isas()) {
    const PinnedIsa pinned(isa);
    for (const Order order : all_orders) {
      CHECK(same_bits(batch, normal_rows(20, n, operands(9, 2, 100, 3, 40), order)));
    }
  }
  const std::vector<float> row = normal_rows(1, n, operands(9, 2, 100, 3, 47));
  CHECK(same_bits(row, std::vector<float>(batch.begin() + 7 * n, batch.begin() + 8 * n)));
  std::vector<float> host(static_cast<size_t>(n));
  normal_host(host, {.seed = 9, .purpose = 2}, {.step = 100, .ordinal = 3, .row = 47});
  CHECK(same_bits(row, host));
  const std::vector<float> shorter = normal_rows(1, 20, operands(9, 2, 100, 3, 47));
  CHECK(same_bits(shorter, std::vector<float>(row.begin(), row.begin() + 20)));
}

TEST_CASE("every part of the position and of the key gives other numbers") {
  std::set<float> firsts;
  for (int64_t large = 1; large <= (int64_t{1} << 40); large <<= 20) {
    for (int64_t part = 0; part < 5; ++part) {
      int64_t p[5] = {1, 2, 3, 4, 5};
      if ((part == 3 || part == 4) && large > 1 << 20) {
        continue;  // beyond the documented range
      }
      p[part] += part == 3 ? large % 60000 : large;
      firsts.insert(normal_rows(1, 1, operands(p[0], p[1], p[2], p[3], p[4]))[0]);
    }
  }
  CHECK(firsts.size() == 13);
}

TEST_CASE("float64 draws are the float32 ones, and operands are read at run time") {
  const RandomOperands runtime = {
      {.slot = 0, .constant = {}}, constant(2), {.slot = 1, .constant = {}}, constant(0), constant(0)};
  const std::vector<Operand> values = {Operand{.integer = 11}, Operand{.integer = 12}};
  const std::vector<double> wide = result_of<double>(*make_random_uniform(DType::f64, 3, 100, runtime), 300, values,
                                                     Order::forward, std::vector<float>{});
  const std::vector<float> narrow =
      result_of<float>(*make_random_uniform(DType::f32, 3, 100, operands(11, 2, 12, 0, 0)), 300, {}, Order::forward,
                       std::vector<float>{});
  CHECK(wide == std::vector<double>(narrow.begin(), narrow.end()));
}

TEST_CASE("a permutation holds every index once, and changes with the epoch") {
  for (const uint32_t n : {0U, 1U, 2U, 3U, 1000U, 60000U}) {
    std::vector<uint32_t> order = permutation({.seed = 1, .purpose = 2}, 3, n);
    CHECK(order == permutation({.seed = 1, .purpose = 2}, 3, n));
    if (n >= 1000) {
      CHECK(order != permutation({.seed = 1, .purpose = 2}, 4, n));
    }
    std::sort(order.begin(), order.end());
    for (uint32_t i = 0; i < n; ++i) {
      REQUIRE(order[i] == i);
    }
  }
}

TEST_CASE("all orders of three are equally likely") {
  std::vector<int> counts(27);
  for (uint64_t epoch = 0; epoch < 6000; ++epoch) {
    const std::vector<uint32_t> order = permutation({.seed = 5, .purpose = 6}, epoch, 3);
    ++counts[order[0] * 9 + order[1] * 3 + order[2]];
  }
  double chi_squared = 0;
  for (const int count : counts) {
    chi_squared += count == 0 ? 0 : (count - 1000) * (count - 1000) / 1000.0;
  }
  CHECK(std::count(counts.begin(), counts.end(), 0) == 21);
  CHECK(chi_squared < 20.5);  // 5 degrees of freedom: 0.1% of samples are worse
}

TEST_CASE("random integers: of Random123's words, uniform, and a row is the same in any batch") {
  constexpr int64_t n = 70;
  const auto draw = [&](int64_t rows, int64_t low, int64_t high, const RandomOperands& position, Order order) {
    return result_of<int64_t>(*make_random_integers(rows, n, constant(low), constant(high), position),
                              static_cast<size_t>(rows * n), {}, order, std::vector<int64_t>{});
  };
  const std::vector<int64_t> drawn = draw(700, -3, 4, operands(7, 1, 3, 2, 0), Order::forward);
  CHECK(draw(700, -3, 4, operands(7, 1, 3, 2, 0), Order::shuffled) == drawn);
  const std::vector<int64_t> alone = draw(1, -3, 4, operands(7, 1, 3, 2, 5), Order::forward);
  CHECK(std::equal(alone.begin(), alone.end(), drawn.begin() + 5 * n));
  CHECK(draw(700, -3, 4, operands(7, 1, 4, 2, 0), Order::forward) != drawn);
  for (int64_t value = -3; value < 4; ++value) {
    const auto share = static_cast<double>(std::count(drawn.begin(), drawn.end(), value)) / (700 * n);
    CHECK(share == doctest::Approx(1.0 / 7).epsilon(0.03));
  }
  CHECK(*std::max_element(drawn.begin(), drawn.end()) == 3);

  // The whole range but one value: the bits themselves, nearly. Uniform numbers show the upper 23 of each word.
  const std::vector<int64_t> wide = draw(1, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
                                         operands(7, 1, 3, 2, 5), Order::forward);
  const auto uniform = result_of<float>(*make_random_uniform(DType::f32, 1, 2 * n, operands(7, 1, 3, 2, 5)), 2 * n, {},
                                        Order::forward, std::vector<float>{});
  for (size_t i = 0; i < n; ++i) {
    const size_t high_word = i / 32 * 64 + 32 + i % 32;
    const auto bits = static_cast<uint64_t>(wide[i]) + (uint64_t{1} << 63U);
    if (high_word < uniform.size()) {
      CHECK(static_cast<float>(static_cast<double>(bits >> 41U) + 0.5) * 0x1p-23F == uniform[high_word]);
    }
  }
}
