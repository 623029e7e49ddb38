#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "kernel_runner.hpp"
#include "kernels/finite.hpp"
#include "kernels/reduce.hpp"

using namespace atelier;
using namespace atelier::kernels;
using namespace atelier::kernels::test;
using tensor::DType;

namespace {

struct ReduceSizes {
  int64_t outer;
  int64_t reduced;
  int64_t inner;
  [[nodiscard]] size_t elements() const { return static_cast<size_t>(outer * reduced * inner); }
  [[nodiscard]] size_t results() const { return static_cast<size_t>(outer * inner); }
};

const std::vector<ReduceSizes> reduce_sizes = {
    {1, 1, 1},     {3, 1, 5},    {7, 10, 1},   {64, 127, 1},  {5, 2049, 1}, {1, 200001, 1},
    {2, 70000, 1}, {1, 64, 512}, {1, 5000, 3}, {2, 1000, 33}, {4, 31, 700}, {1, 3333, 513},
    {3, 0, 4},     {0, 5, 1},    {5, 3, 0},    {64, 32, 49},
};

template <typename T>
void check_against_double(DType dtype, double tolerance) {
  for (const ReduceSizes& s : reduce_sizes) {
    const std::vector<T> x = numbers<T>(s.elements(), 5);
    const std::vector<T> sum = result_of<T>(*make_reduce(Reduction::sum, dtype, s.outer, s.reduced, s.inner),
                                            s.results(), {}, Order::forward, x);
    const std::vector<T> max = result_of<T>(*make_reduce(Reduction::max, dtype, s.outer, s.reduced, s.inner),
                                            s.results(), {}, Order::forward, x);
    const std::vector<T> min = result_of<T>(*make_reduce(Reduction::min, dtype, s.outer, s.reduced, s.inner),
                                            s.results(), {}, Order::forward, x);
    for (int64_t o = 0; o < s.outer; ++o) {
      for (int64_t i = 0; i < s.inner; ++i) {
        double wanted = 0;
        double magnitude = 0;
        T wanted_max = -std::numeric_limits<T>::infinity();
        T wanted_min = std::numeric_limits<T>::infinity();
        for (int64_t r = 0; r < s.reduced; ++r) {
          const T value = x[static_cast<size_t>((o * s.reduced + r) * s.inner + i)];
          wanted += value;
          magnitude += std::fabs(value);
          wanted_max = std::max(wanted_max, value);
          wanted_min = std::min(wanted_min, value);
        }
        const auto at = static_cast<size_t>(o * s.inner + i);
        INFO("(", s.outer, ", ", s.reduced, ", ", s.inner, ") at ", at);
        REQUIRE(std::fabs(sum[at] - wanted) <= tolerance * magnitude);
        REQUIRE(max[at] == wanted_max);
        REQUIRE(min[at] == wanted_min);
      }
    }
  }
}

}  // namespace

TEST_CASE("sums, maxima and minima against a loop in double") {
  check_against_double<float>(DType::f32, 4e-7);
  check_against_double<double>(DType::f64, 1e-14);
}

TEST_CASE("a reduction has the same bits in any order of pieces and on every instruction set") {
  for (const ReduceSizes& s : reduce_sizes) {
    const std::vector<float> x = numbers<float>(s.elements(), 6);
    std::vector<float> first;
    for (const Isa isa : supported_isas()) {
      const PinnedIsa pinned(isa);
      for (const Order order : all_orders) {
        const std::vector<float> sum = result_of<float>(
            *make_reduce(Reduction::sum, DType::f32, s.outer, s.reduced, s.inner), s.results(), {}, order, x);
        first = first.empty() ? sum : first;
        CHECK(same_bits(first, sum));
      }
    }
  }
}

TEST_CASE("a row has the same bits in a batch of any size, at any alignment") {
  for (const int64_t n : {1, 31, 33, 784, 2048, 5001, 70001, 300000}) {
    const std::vector<float> row = numbers<float>(static_cast<size_t>(n), 7);
    const std::vector<float> alone =
        result_of<float>(*make_reduce(Reduction::sum, DType::f32, 1, n, 1), 1, {}, Order::forward, row);
    std::vector<float> batch;
    for (int i = 0; i < 5; ++i) {
      batch.insert(batch.end(), row.begin(), row.end());
    }
    const std::vector<float> together =
        result_of<float>(*make_reduce(Reduction::sum, DType::f32, 5, n, 1), 5, {}, Order::forward, batch);
    CHECK(same_bits(together, std::vector<float>(5, alone[0])));
  }
}

TEST_CASE("the error of a long sum stays small") {
  const std::vector<float> tenths(10000000, 0.1F);
  const float sum =
      result_of<float>(*make_reduce(Reduction::sum, DType::f32, 1, 10000000, 1), 1, {}, Order::forward, tenths)[0];
  CHECK(std::fabs(sum - 0.1F * 1e7) / 1e6 < 1e-6);
}

TEST_CASE("argmax and argmin give the first extreme, and nan is one") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x = {1, 3, 3, 2, 0, 5, nan, nan, 7, 7, 7, 7};
  const auto index = [&](Reduction reduction, int64_t outer, int64_t reduced, int64_t inner) {
    return result_of<int64_t>(*make_reduce(reduction, DType::f32, outer, reduced, inner),
                              static_cast<size_t>(outer * inner), {}, Order::threads, x);
  };
  CHECK(index(Reduction::argmax, 3, 4, 1) == std::vector<int64_t>{1, 2, 0});
  CHECK(index(Reduction::argmin, 3, 4, 1) == std::vector<int64_t>{0, 2, 0});
  CHECK(index(Reduction::argmax, 1, 3, 4) == std::vector<int64_t>{2, 2, 1, 1});
  CHECK(index(Reduction::argmin, 1, 3, 4) == std::vector<int64_t>{1, 0, 1, 1});
  CHECK_THROWS_WITH_AS(make_reduce(Reduction::argmax, DType::f32, 2, 0, 1),
                       "argmax and argmin: got an axis of length 0, expected at least one element", Error);
}

TEST_CASE("a nan anywhere is the maximum, the minimum and the sum") {
  for (const int64_t n : {2, 40, 3000, 100000}) {
    for (const int64_t place : {int64_t{0}, n / 2, n - 1}) {
      std::vector<float> x(static_cast<size_t>(n), 1.0F);
      x[static_cast<size_t>(place)] = std::numeric_limits<float>::quiet_NaN();
      for (const Reduction reduction : {Reduction::sum, Reduction::max, Reduction::min}) {
        CHECK(std::isnan(result_of<float>(*make_reduce(reduction, DType::f32, 1, n, 1), 1, {}, Order::forward, x)[0]));
      }
    }
  }
}

TEST_CASE_TEMPLATE("finite: a number that is not is found at every place", T, float, double) {
  const DType dtype = sizeof(T) == 4 ? DType::f32 : DType::f64;
  const Isa before = active_isa();
  for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512}) {
    if (!is_supported(isa)) {
      continue;
    }
    set_active_isa(isa);
    for (const int64_t count : {0, 1, 31, 32, 33, 200}) {
      std::vector<T> x = numbers<T>(static_cast<size_t>(count), 3);
      if (count > 1) {
        x[0] = std::numeric_limits<T>::max();
        x[1] = -std::numeric_limits<T>::denorm_min();
      }
      CHECK(all_finite(x.data(), dtype, count));
      for (T& place : x) {
        for (const T bad : {std::numeric_limits<T>::infinity(), -std::numeric_limits<T>::infinity(),
                            std::numeric_limits<T>::quiet_NaN()}) {
          const T kept = std::exchange(place, bad);
          CHECK_FALSE(all_finite(x.data(), dtype, count));
          place = kept;
        }
      }
    }
  }
  set_active_isa(before);
}
