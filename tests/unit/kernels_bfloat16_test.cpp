#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "convolution_definition.hpp"
#include "kernel_runner.hpp"
#include "kernels/bfloat16.hpp"
#include "kernels/convolution.hpp"
#include "kernels/gemm.hpp"

using namespace atelier;
using namespace atelier::kernels;
using namespace atelier::kernels::test;
using tensor::DType;

namespace {

float from_bits(uint16_t bits) {
  return std::bit_cast<float>(uint32_t{bits} << 16U);
}

std::vector<uint16_t> to_bits(const std::vector<float>& x) {
  return result_of<uint16_t>(*make_to_bfloat16(std::ssize(x)), x.size(), {}, Order::forward, x);
}

std::vector<float> rounded(const std::vector<float>& x) {
  return result_of<float>(*make_rounded_to_bfloat16(std::ssize(x)), x.size(), {}, Order::forward, x);
}

// The definition: the nearest of the two neighbours with eight bits, the even one where both are as near.
float nearest(float x) {
  const auto below = static_cast<uint16_t>(std::bit_cast<uint32_t>(x) >> 16U);
  const auto above = static_cast<uint16_t>(below + 1);  // further from zero
  const double to_below = std::fabs(static_cast<double>(x) - from_bits(below));
  const double to_above = std::fabs(static_cast<double>(from_bits(above)) - x);
  return to_below < to_above || (to_below == to_above && below % 2 == 0) ? from_bits(below) : from_bits(above);
}

bool has_instructions() {
  const bool has = !bfloat16_instructions().empty();
  if (!has) {
    MESSAGE("this processor has no instructions for bfloat16");
  }
  return has;
}

void check(const Kernel& kernel, const std::vector<uint16_t>& a, const std::vector<uint16_t>& b, const Sums& wanted) {
  const std::vector<float> got = result_of<float>(kernel, wanted.sum.size(), {}, Order::forward, a, b);
  for (size_t i = 0; i < got.size(); ++i) {
    REQUIRE(std::fabs(got[i] - wanted.sum[i]) <= 0x1p-20 * (1e-3 + wanted.magnitude[i]));
  }
  for (const Order order : all_orders) {
    CHECK(same_bits(got, result_of<float>(kernel, got.size(), {}, order, a, b)));
  }
}

struct Product {
  int64_t batch, m, n, k;
  bool transpose_a, transpose_b, shared_b;
};

void check_product(const Product& p) {
  const GemmSpec spec{p.transpose_a, p.transpose_b, p.batch, p.m, p.n, p.k, p.m * p.k, p.shared_b ? 0 : p.k * p.n,
                      p.m * p.n};
  const std::vector<float> a = rounded(numbers<float>(static_cast<size_t>(p.batch * p.m * p.k), 1));
  const std::vector<float> b = rounded(numbers<float>(static_cast<size_t>((p.shared_b ? 1 : p.batch) * p.k * p.n), 2));
  Sums wanted(static_cast<size_t>(p.batch * p.m * p.n));
  for (int64_t at = 0; at < std::ssize(wanted.sum); ++at) {
    const int64_t matrix = at / (p.m * p.n);
    const int64_t i = at / p.n % p.m;
    const int64_t j = at % p.n;
    for (int64_t l = 0; l < p.k; ++l) {
      const int64_t in_a = matrix * p.m * p.k + (p.transpose_a ? l * p.m + i : i * p.k + l);
      const int64_t in_b = (p.shared_b ? 0 : matrix * p.k * p.n) + (p.transpose_b ? j * p.k + l : l * p.n + j);
      wanted.add(static_cast<size_t>(at),
                 static_cast<double>(a[static_cast<size_t>(in_a)]) * b[static_cast<size_t>(in_b)]);
    }
  }
  CAPTURE(p.m);
  CAPTURE(p.n);
  CAPTURE(p.k);
  check(*make_gemm(spec, DType::bf16), to_bits(a), to_bits(b), wanted);
}

void check_convolution(const ConvolutionSpec& s) {
  REQUIRE(has_bfloat16(s));
  const auto x_size = static_cast<size_t>(s.batch * s.in_channels * s.in_height * s.in_width);
  const auto y_size = static_cast<size_t>(s.batch * s.out_channels * s.out_height() * s.out_width());
  const std::vector<float> x = rounded(numbers<float>(x_size, 1));
  const std::vector<float> w = rounded(numbers<float>(static_cast<size_t>(s.weight_elements()), 2));
  const std::vector<float> dy = rounded(numbers<float>(y_size, 3));
  Sums y(y_size);
  Sums dx(x_size);
  Sums dw(w.size());
  for_each_product(s, [&](size_t at_x, size_t at_w, size_t at_y) {
    y.add(at_y, static_cast<double>(x[at_x]) * w[at_w]);
    dx.add(at_x, static_cast<double>(dy[at_y]) * w[at_w]);
    dw.add(at_w, static_cast<double>(x[at_x]) * dy[at_y]);
  });
  const auto packed = [&](ConvolutionPass pass) {
    const auto size = static_cast<size_t>(packed_weight_elements(s, pass, DType::bf16));
    return result_of<uint16_t>(*make_packed_weights(s, pass, DType::bf16), size, {}, Order::forward, w);
  };
  check(*make_convolution_forward(s, DType::bf16), to_bits(x), packed(ConvolutionPass::forward), y);
  check(*make_convolution_data_gradient(s, DType::bf16), to_bits(dy), packed(ConvolutionPass::data_gradient), dx);
  check(*make_convolution_weight_gradient(s, DType::bf16), to_bits(x), to_bits(dy), dw);
}

ConvolutionSpec square(int64_t batch, int64_t in, int64_t out, int64_t side, int64_t kernel, int64_t stride,
                       int64_t pad) {
  return square_kernel(batch, in, out, side, side + 1, kernel, stride, pad);
}

}  // namespace

TEST_CASE("numbers are rounded to the nearest bfloat16, ties to even, on every instruction set") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> x = numbers<float>(40000, 5);
  const std::vector<float> special = {0.0F,         -0.0F, 1.0F,
                                      1.00390625F,   // halfway from 1 to the next: to 1, which is even
                                      1.01171875F,   // halfway from an odd one: up
                                      -1.00390631F,  // a little beyond halfway
                                      3.0e38F,
                                      1e-40F,  // subnormal
                                      -9.2e-41F};
  x.insert(x.end(), special.begin(), special.end());
  for (const Isa isa : supported_isas()) {
    const PinnedIsa pinned(isa);
    const std::vector<uint16_t> bits = to_bits(x);
    const std::vector<float> values = rounded(x);
    for (size_t i = 0; i < x.size(); ++i) {
      CAPTURE(x[i]);
      REQUIRE(values[i] == nearest(x[i]));
      REQUIRE(std::bit_cast<uint32_t>(values[i]) == std::bit_cast<uint32_t>(from_bits(bits[i])));
    }
    const std::vector<float> ends = rounded(
        {infinity, -infinity, std::nanf(""), std::bit_cast<float>(0x7f800001U), std::numeric_limits<float>::max()});
    CHECK(ends[0] == infinity);
    CHECK(ends[1] == -infinity);
    CHECK(std::isnan(ends[2]));
    CHECK(std::isnan(ends[3]));  // whose own upper half would be infinity
    CHECK(ends[4] == infinity);  // nearer to it than to the largest
  }
}

TEST_CASE("products of bfloat16 against sums in double precision, in any order of pieces") {
  if (!has_instructions()) {
    return;
  }
  for (int variant = 0; variant < 4; ++variant) {
    const bool a = (variant & 1) != 0;
    const bool b = (variant & 2) != 0;
    check_product({1, 16, 16, 16, a, b, false});
    check_product({1, 64, 300, 130, a, b, false});
    check_product({1, 300, 64, 37, a, b, false});
    check_product({1, 129, 513, 1025, a, b, false});
    check_product({3, 17, 33, 50, a, b, false});
    check_product({5, 20, 16, 24, a, b, true});
  }
}

TEST_CASE("convolutions of bfloat16 and their gradients against the definition, in any order of pieces") {
  if (!has_instructions()) {
    return;
  }
  check_convolution(square(3, 8, 16, 9, 3, 1, 1));
  check_convolution(square(5, 24, 10, 12, 4, 2, 1));  // the last part of the weight gradient is smaller
  check_convolution(square(2, 64, 130, 8, 4, 2, 1));
  check_convolution(square(37, 16, 32, 7, 5, 2, 2));
  check_convolution(square(2, 32, 64, 6, 1, 1, 0));
}

TEST_CASE("a convolution with few channels, in groups or of one pixel keeps float32") {
  CHECK_FALSE(suits_bfloat16(square(16, 3, 64, 64, 4, 2, 1)));
  CHECK_FALSE(suits_bfloat16(square(16, 64, 3, 64, 4, 2, 1)));
  ConvolutionSpec apart = square(16, 64, 64, 16, 3, 1, 1);
  CHECK(suits_bfloat16(apart));
  apart.groups = 64;
  CHECK_FALSE(suits_bfloat16(apart));
  ConvolutionSpec whole = square(16, 64, 64, 4, 4, 1, 0);
  whole.in_width = 4;
  CHECK_FALSE(suits_bfloat16(whole));
}
