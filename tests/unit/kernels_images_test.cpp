// Pooling, statistics, resizing and sampling against their definitions, in any order of pieces and with every
// instruction set.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "kernel_runner.hpp"
#include "kernels/normalization.hpp"
#include "kernels/pooling.hpp"
#include "kernels/upsampling.hpp"
#include "kernels/warp.hpp"

using namespace atelier;
using namespace atelier::kernels;
using namespace atelier::kernels::test;
using tensor::DType;

namespace {

template <typename T>
constexpr DType dtype_of = sizeof(T) == sizeof(float) ? DType::f32 : DType::f64;

using Make = std::function<std::unique_ptr<Kernel>()>;

// The outputs of a kernel, after checking that neither the order of pieces nor the instruction set changes a bit.
template <typename T>
std::vector<std::vector<T>> outputs_of(const Make& make, const std::vector<std::vector<T>>& inputs,
                                       const std::vector<size_t>& sizes) {
  const auto run = [&](Order order) {
    std::vector<std::vector<T>> out;
    std::vector<const void*> from;
    std::vector<void*> to;
    for (const auto& input : inputs) {
      from.push_back(input.data());
    }
    for (const size_t size : sizes) {
      out.emplace_back(size, T(-77));
    }
    for (auto& output : out) {
      to.push_back(output.data());
    }
    run_kernel(*make(), from, to, {}, order);
    return out;
  };
  const auto expected = run(Order::forward);
  for (const Isa isa : supported_isas()) {
    const PinnedIsa pinned(isa);
    for (const Order order : all_orders) {
      const auto actual = run(order);
      for (size_t i = 0; i < sizes.size(); ++i) {
        CHECK_MESSAGE(same_bits(actual[i], expected[i]), name_of(isa) << " output " << i);
      }
    }
  }
  return expected;
}

template <typename T>
void check_close(const std::vector<T>& actual, const std::vector<double>& expected, double tolerance) {
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    REQUIRE_MESSAGE(std::fabs(actual[i] - expected[i]) <= tolerance * (1 + std::fabs(expected[i])),
                    i << ": expected " << expected[i] << ", got " << actual[i]);
  }
}

const std::vector<PoolingSpec> pooling_specs = {
    {.batch = 2,
     .height = 6,
     .width = 8,
     .channels = 37,
     .kernel_height = 2,
     .kernel_width = 2,
     .stride_y = 2,
     .stride_x = 2},
    {.batch = 3,
     .height = 7,
     .width = 5,
     .channels = 3,
     .kernel_height = 3,
     .kernel_width = 2,
     .stride_y = 2,
     .stride_x = 1,
     .pad_top = 1,
     .pad_bottom = 2,
     .pad_left = 1},
    {.batch = 1,
     .height = 9,
     .width = 4,
     .channels = 16,
     .kernel_height = 2,
     .kernel_width = 1,
     .stride_y = 3,
     .stride_x = 2},
    {.batch = 40,
     .height = 28,
     .width = 28,
     .channels = 5,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride_y = 1,
     .stride_x = 1,
     .pad_top = 1,
     .pad_bottom = 1,
     .pad_left = 1,
     .pad_right = 1},
    {.batch = 1,
     .height = 1,
     .width = 1,
     .channels = 1,
     .kernel_height = 2,
     .kernel_width = 2,
     .stride_y = 2,
     .stride_x = 2,
     .pad_top = 1,
     .pad_left = 1},
    {.batch = 0,
     .height = 4,
     .width = 4,
     .channels = 2,
     .kernel_height = 2,
     .kernel_width = 2,
     .stride_y = 2,
     .stride_x = 2},
};

struct PoolingSizes {
  size_t x, y;
  explicit PoolingSizes(const PoolingSpec& s)
      : x(static_cast<size_t>(s.batch * s.height * s.width * s.channels)),
        y(static_cast<size_t>(s.batch * s.out_height() * s.out_width() * s.channels)) {}
};

// Calls f(element of y, elements of x in its window, in row-major order).
template <typename Function>
void for_windows(const PoolingSpec& s, Function&& f) {
  for (int64_t i = 0; i < s.batch * s.out_height() * s.out_width() * s.channels; ++i) {
    const int64_t c = i % s.channels;
    const int64_t ox = i / s.channels % s.out_width();
    const int64_t oy = i / s.channels / s.out_width() % s.out_height();
    const int64_t b = i / s.channels / s.out_width() / s.out_height();
    std::vector<size_t> window;
    for (int64_t k = 0; k < s.kernel_height * s.kernel_width; ++k) {
      const int64_t y = oy * s.stride_y - s.pad_top + k / s.kernel_width;
      const int64_t x = ox * s.stride_x - s.pad_left + k % s.kernel_width;
      if (y >= 0 && y < s.height && x >= 0 && x < s.width) {
        window.push_back(static_cast<size_t>(((b * s.height + y) * s.width + x) * s.channels + c));
      }
    }
    f(static_cast<size_t>(i), window);
  }
}

template <typename T>
void check_max_pool(const PoolingSpec& s) {
  const PoolingSizes sizes(s);
  std::vector<T> x = numbers<T>(sizes.x, 1);
  for (T& value : x) {
    value = std::floor(value * 2);  // so that many are equal
  }
  const std::vector<T> u = numbers<T>(sizes.x, 2);
  const std::vector<T> g = numbers<T>(sizes.y, 3);
  std::vector<double> y(sizes.y);
  std::vector<double> gathered(sizes.y);
  std::vector<double> scattered(sizes.x);
  for_windows(s, [&](size_t i, const std::vector<size_t>& window) {
    const size_t best =
        *std::max_element(window.begin(), window.end(), [&](size_t a, size_t b) { return x[a] < x[b]; });
    y[i] = x[best];
    gathered[i] = u[best];
    scattered[best] += g[i];
  });
  const DType dtype = dtype_of<T>;
  check_close(outputs_of<T>([&] { return make_max_pool(s, dtype); }, {x}, {sizes.y})[0], y, 0);
  check_close(outputs_of<T>([&] { return make_max_pool_gather(s, dtype); }, {x, u}, {sizes.y})[0], gathered, 0);
  check_close(outputs_of<T>([&] { return make_max_pool_scatter(s, dtype); }, {x, g}, {sizes.x})[0], scattered, 1e-6);
}

template <typename T>
void check_sum_pool(const PoolingSpec& s, PoolingDivisor divisor) {
  const PoolingSizes sizes(s);
  const std::vector<T> x = numbers<T>(sizes.x, 1);
  const std::vector<T> g = numbers<T>(sizes.y, 3);
  std::vector<double> y(sizes.y);
  std::vector<double> dx(sizes.x);
  for_windows(s, [&](size_t i, const std::vector<size_t>& window) {
    const double by = divisor == PoolingDivisor::none     ? 1.0
                      : divisor == PoolingDivisor::kernel ? static_cast<double>(s.kernel_height * s.kernel_width)
                                                          : static_cast<double>(window.size());
    for (const size_t at : window) {
      y[i] += x[at] / by;
      dx[at] += g[i] / by;
    }
  });
  const DType dtype = dtype_of<T>;
  check_close(outputs_of<T>([&] { return make_sum_pool(s, divisor, dtype); }, {x}, {sizes.y})[0], y, 1e-6);
  check_close(outputs_of<T>([&] { return make_sum_pool_spread(s, divisor, dtype); }, {g}, {sizes.x})[0], dx, 1e-6);
}

template <typename T>
void check_statistics(int64_t outer, int64_t reduced, int64_t inner, double tolerance) {
  const auto size = static_cast<size_t>(outer * reduced * inner);
  const auto out_size = static_cast<size_t>(outer * inner);
  const std::vector<T> x = numbers<T>(size, 1);
  const std::vector<T> g = numbers<T>(size, 2);
  const std::vector<T> center = numbers<T>(out_size, 3);
  std::vector<double> mean(out_size);
  std::vector<double> variance(out_size);
  std::vector<double> sums(out_size);
  std::vector<double> products(out_size);
  const auto count = static_cast<double>(reduced);
  const auto place = [&](size_t i) {
    return i / static_cast<size_t>(reduced * inner) * static_cast<size_t>(inner) + i % static_cast<size_t>(inner);
  };
  for (size_t i = 0; i < size; ++i) {
    mean[place(i)] += x[i] / count;
    sums[place(i)] += g[i] / count;
    products[place(i)] += static_cast<double>(g[i]) * (static_cast<double>(x[i]) - center[place(i)]) / count;
  }
  for (size_t i = 0; i < size; ++i) {
    variance[place(i)] += (x[i] - mean[place(i)]) * (x[i] - mean[place(i)]) / count;
  }
  const DType dtype = dtype_of<T>;
  const auto moments =
      outputs_of<T>([&] { return make_moments(dtype, outer, reduced, inner); }, {x}, {out_size, out_size});
  check_close(moments[0], mean, tolerance);
  check_close(moments[1], variance, tolerance);
  auto centered = outputs_of<T>([&] { return make_centered_sums(dtype, outer, reduced, inner); }, {g, x, center},
                                {out_size, out_size});
  for (auto& sum : centered) {
    for (T& value : sum) {
      value /= static_cast<T>(count);
    }
  }
  check_close(centered[0], sums, tolerance);
  check_close(centered[1], products, tolerance);
}

// The sum of products of a linear map's result with v is that of its argument with the transpose's result.
double product(const std::vector<double>& a, const std::vector<double>& b) {
  double out = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    out += a[i] * b[i];
  }
  return out;
}

}  // namespace

TEST_CASE("pooling against the definition, in any order of pieces") {
  for (const PoolingSpec& s : pooling_specs) {
    check_max_pool<float>(s);
    check_max_pool<double>(s);
    for (const PoolingDivisor divisor : {PoolingDivisor::none, PoolingDivisor::kernel, PoolingDivisor::window}) {
      check_sum_pool<float>(s, divisor);
      check_sum_pool<double>(s, divisor);
    }
  }
}

TEST_CASE("means, variances and centered sums against the definition, in any order of pieces") {
  const int64_t shapes[][3] = {{1, 3, 5}, {2, 33, 7},   {1, 5000, 70}, {3, 1, 64},   {1, 7000, 1},
                               {5, 9, 1}, {64, 784, 3}, {2, 40000, 1}, {1, 300, 513}};
  for (const auto& [outer, reduced, inner] : shapes) {
    CAPTURE(reduced);
    check_statistics<float>(outer, reduced, inner, 1e-6);
    check_statistics<double>(outer, reduced, inner, 1e-13);
  }
}

TEST_CASE("resizing blends the pixels around a place, and its transpose is one") {
  for (const ResizeSpec& s : {ResizeSpec{2, 3, 4, 7, 5, 19}, ResizeSpec{30, 16, 16, 32, 32, 3},
                              ResizeSpec{1, 9, 8, 2, 3, 1}, ResizeSpec{1, 1, 1, 4, 4, 2}}) {
    const auto small = static_cast<size_t>(s.batch * s.height * s.width * s.channels);
    const auto large = static_cast<size_t>(s.batch * s.out_height * s.out_width * s.channels);
    const std::vector<double> x = numbers<double>(small, 1);
    const std::vector<double> g = numbers<double>(large, 2);
    const auto y = outputs_of<double>([&] { return make_resize_bilinear(s, DType::f64); }, {x}, {large})[0];
    const auto dx = outputs_of<double>([&] { return make_resize_bilinear_transpose(s, DType::f64); }, {g}, {small})[0];
    CHECK(product(y, g) == doctest::Approx(product(x, dx)));
    const std::vector<double> ones(small, 1.0);
    check_close(outputs_of<double>([&] { return make_resize_bilinear(s, DType::f64); }, {ones}, {large})[0],
                std::vector<double>(large, 1.0), 1e-14);
    const std::vector<float> narrow(x.begin(), x.end());
    check_close(outputs_of<float>([&] { return make_resize_bilinear(s, DType::f32); }, {narrow}, {large})[0], y, 1e-6);
  }
}

TEST_CASE("sampling follows its formula, and its transpose is one") {
  const SampleSpec s{.batch = 2, .height = 4, .width = 5, .out_height = 3, .out_width = 7, .channels = 3};
  const size_t in = 2 * 4 * 5 * 3;
  const size_t out = 2 * 3 * 7 * 3;
  const std::vector<double> x = numbers<double>(in, 1);
  const std::vector<double> g = numbers<double>(out, 2);
  std::vector<double> grid = numbers<double>(out / 3 * 2, 3);
  for (double& place : grid) {
    place = place * 2 + 2;  // in [-2, 6), so that some lie outside
  }
  std::vector<double> expected(out);
  const auto kernel = [](double d) { return std::max(0.0, 1 - std::fabs(d)); };
  for (size_t p = 0; p < out / 3; ++p) {
    for (size_t q = 0; q < 4 * 5; ++q) {
      const double weight =
          kernel(grid[2 * p] - static_cast<double>(q % 5)) * kernel(grid[2 * p + 1] - static_cast<double>(q / 5));
      for (size_t c = 0; c < 3; ++c) {
        expected[3 * p + c] += weight * x[(p / 21 * 20 + q) * 3 + c];
      }
    }
  }
  const auto y = outputs_of<double>([&] { return make_sample(s, DType::f64); }, {x, grid}, {out})[0];
  check_close(y, expected, 1e-14);
  const auto dx = outputs_of<double>([&] { return make_sample_transpose(s, DType::f64); }, {g, grid}, {in})[0];
  CHECK(product(y, g) == doctest::Approx(product(x, dx)));
}
