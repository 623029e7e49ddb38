#include <doctest/doctest.h>

#include <cmath>

#include "kernel_runner.hpp"
#include "kernels/gemm.hpp"

using namespace atelier;
using namespace atelier::kernels;
using namespace atelier::kernels::test;
using tensor::DType;

namespace {

struct GemmSizes {
  int64_t batch;
  int64_t m;
  int64_t n;
  int64_t k;
};

const std::vector<GemmSizes> gemm_sizes = {
    {1, 1, 1, 1},      {1, 5, 7, 3},      {1, 64, 10, 513},   {1, 1, 300, 77},   {1, 300, 1, 77}, {1, 1, 1, 999},
    {1, 64, 512, 784}, {1, 512, 65, 400}, {1, 70, 100, 2048}, {2, 33, 16, 1030}, {1, 3, 5, 0},    {1, 0, 5, 3},
    {3, 17, 13, 9},    {40, 8, 8, 8},     {2, 1, 9, 33},      {0, 4, 4, 4},      {1, 37, 1000, 1}};

GemmSpec spec_of(const GemmSizes& s, bool transpose_a, bool transpose_b, bool shared_b) {
  return {transpose_a, transpose_b, s.batch, s.m, s.n, s.k, s.m * s.k, shared_b ? 0 : s.k * s.n, s.m * s.n};
}

template <typename T>
void check_against_twin(DType dtype, double tolerance) {
  for (const GemmSizes& s : gemm_sizes) {
    for (int variant = 0; variant < 8; ++variant) {
      const GemmSpec spec = spec_of(s, (variant & 1) != 0, (variant & 2) != 0, (variant & 4) != 0);
      const std::vector<T> a = numbers<T>(static_cast<size_t>(s.batch * s.m * s.k), 1);
      const std::vector<T> b = numbers<T>(static_cast<size_t>(std::max<int64_t>(1, s.batch) * s.k * s.n), 2);
      const auto elements = static_cast<size_t>(s.batch * s.m * s.n);
      const std::unique_ptr<Kernel> kernel = make_gemm(spec, dtype);
      const std::vector<T> got = result_of<T>(*kernel, elements, {}, Order::forward, a, b);
      INFO("(", s.batch, ", ", s.m, ", ", s.n, ", ", s.k, ") variant ", variant);
      if (!only_threads) {
        const std::vector<T> wanted = result_of<T>(*make_gemm_naive(spec, dtype), elements, {}, Order::forward, a, b);
        for (size_t i = 0; i < elements; ++i) {
          REQUIRE(std::fabs(got[i] - wanted[i]) <= tolerance * (1 + static_cast<double>(s.k)));
        }
      }
      for (const Order order : all_orders) {
        CHECK(same_bits(got, result_of<T>(*kernel, elements, {}, order, a, b)));
      }
    }
  }
}

}  // namespace

TEST_CASE("products of matrices against three loops, in any order of pieces") {
  check_against_twin<float>(DType::f32, 1e-6);
  check_against_twin<double>(DType::f64, 1e-14);
}

TEST_CASE("large products have pieces for several threads, small ones do not") {
  CHECK(make_gemm(spec_of({1, 64, 512, 784}, false, false, false), DType::f32)->pieces(0) >= 4);
  CHECK(make_gemm(spec_of({1, 784, 512, 64}, true, false, false), DType::f32)->pieces(0) >= 4);
  CHECK(make_gemm(spec_of({1, 64, 10, 64}, false, false, false), DType::f32)->pieces(0) == 1);
}

TEST_CASE("a matrix times a vector has the same bits on every instruction set") {
  for (const bool transpose : {false, true}) {
    const GemmSpec spec = spec_of({1, 131, 1, 519}, transpose, false, false);
    const std::vector<float> a = numbers<float>(131 * 519, 1);
    const std::vector<float> b = numbers<float>(519, 2);
    std::vector<float> first;
    for (const Isa isa : supported_isas()) {
      const PinnedIsa pinned(isa);
      const std::vector<float> c = result_of<float>(*make_gemm(spec, DType::f32), 131, {}, Order::forward, a, b);
      first = first.empty() ? c : first;
      CHECK(same_bits(first, c));
    }
  }
}
