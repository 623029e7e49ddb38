#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "kernel_runner.hpp"
#include "kernels/movement.hpp"

using namespace atelier;
using namespace atelier::kernels;
using namespace atelier::kernels::test;
using tensor::DType;
using tensor::Shape;

namespace {

std::vector<float> counted(int64_t n) {
  std::vector<float> x(static_cast<size_t>(n));
  std::iota(x.begin(), x.end(), 0.0F);
  return x;
}

template <typename T, typename... Inputs>
std::vector<T> run(const std::unique_ptr<Kernel>& kernel, int64_t elements, const std::vector<Inputs>&... inputs) {
  const std::vector<T> out = result_of<T>(*kernel, static_cast<size_t>(elements), {}, Order::forward, inputs...);
  for (const Order order : all_orders) {
    CHECK(same_bits(out, result_of<T>(*kernel, static_cast<size_t>(elements), {}, order, inputs...)));
  }
  return out;
}

OperandReference start(int64_t value) {
  return {.slot = -1, .constant = {.integer = value}};
}

// The index on each axis of an element of a row-major array.
std::vector<int64_t> indices_of(const Shape& shape, int64_t element) {
  std::vector<int64_t> index(shape.rank());
  for (size_t axis = shape.rank(); axis-- > 0;) {
    index[axis] = element % shape[axis];
    element /= shape[axis];
  }
  return index;
}
int64_t element_of(const Shape& shape, const std::vector<int64_t>& index) {
  int64_t element = 0;
  for (size_t axis = 0; axis < shape.rank(); ++axis) {
    element = element * shape[axis] + index[axis];
  }
  return element;
}

}  // namespace

TEST_CASE("permute") {
  const std::vector<std::pair<Shape, std::vector<int>>> cases = {{{3, 5}, {1, 0}},
                                                                 {{257, 130}, {1, 0}},
                                                                 {{4, 3, 35, 33}, {0, 2, 3, 1}},
                                                                 {{4, 35, 33, 3}, {0, 3, 1, 2}},
                                                                 {{2, 3, 4}, {1, 0, 2}},
                                                                 {{2, 3, 4}, {2, 1, 0}},
                                                                 {{7}, {0}},
                                                                 {{}, {}},
                                                                 {{0, 4}, {1, 0}},
                                                                 {{2, 1, 3, 5}, {3, 2, 1, 0}},
                                                                 {{5, 1}, {1, 0}}};
  for (const auto& [shape, axes] : cases) {
    Shape permuted;
    for (const int axis : axes) {
      permuted.append(shape[static_cast<size_t>(axis)]);
    }
    const std::vector<float> out =
        run<float>(make_permute(DType::f32, shape, axes), shape.elements(), counted(shape.elements()));
    for (int64_t i = 0; i < shape.elements(); ++i) {
      const std::vector<int64_t> to = indices_of(permuted, i);
      std::vector<int64_t> from(axes.size());
      for (size_t axis = 0; axis < axes.size(); ++axis) {
        from[static_cast<size_t>(axes[axis])] = to[axis];
      }
      REQUIRE(out[static_cast<size_t>(i)] == static_cast<float>(element_of(shape, from)));
    }
  }
  const std::vector<int64_t> wide = {1, 2, 3, 4, 5, 6};
  CHECK(run<int64_t>(make_permute(DType::i64, {2, 3}, {1, 0}), 6, wide) == std::vector<int64_t>{1, 4, 2, 5, 3, 6});
}

TEST_CASE("strided copy: starts at run time, steps, and starts held in range") {
  const std::vector<float> x = counted(4 * 6);
  const auto slice = [&](int64_t y, int64_t x_start, const std::vector<int64_t>& steps) {
    return run<float>(make_strided_copy(DType::f32, {4, 6}, {2, 3}, {start(y), start(x_start)}, steps), 6, x);
  };
  CHECK(slice(1, 2, {1, 1}) == std::vector<float>{8, 9, 10, 14, 15, 16});
  CHECK(slice(0, 1, {3, 2}) == std::vector<float>{1, 3, 5, 19, 21, 23});
  CHECK(slice(100, -7, {1, 1}) == std::vector<float>{12, 13, 14, 18, 19, 20});
  const OperandReference runtime{.slot = 0, .constant = {}};
  const std::unique_ptr<Kernel> kernel = make_strided_copy(DType::f32, {4, 6}, {1, 6}, {runtime, start(0)}, {1, 1});
  CHECK(result_of<float>(*kernel, 6, {Operand{.integer = 2}}, Order::forward, x) ==
        std::vector<float>{12, 13, 14, 15, 16, 17});
  CHECK_THROWS_WITH_AS(make_strided_copy(DType::f32, {4}, {3}, {start(0)}, {2}),
                       "slice: got 3 elements in steps of 2 on axis 0, expected at most the 4 that it has", Error);
}

TEST_CASE("update slice, apart and in place") {
  const std::vector<double> base(12, 1.0);
  const std::vector<double> block = {5, 6, 7, 8};
  const std::unique_ptr<Kernel> kernel = make_update_slice(DType::f64, {3, 4}, {2, 2}, {start(1), start(2)});
  const std::vector<double> wanted = {1, 1, 1, 1, 1, 1, 5, 6, 1, 1, 7, 8};
  CHECK(run<double>(kernel, 12, base, block) == wanted);
  CHECK(kernel->may_overwrite(0));
  CHECK_FALSE(kernel->may_overwrite(1));
  std::vector<double> in_place = base;
  run_kernel(*kernel, {in_place.data(), block.data()}, {in_place.data()});
  CHECK(in_place == wanted);
}

TEST_CASE("blocks of many axes against their definition, whatever lies together in them") {
  struct Block {
    std::vector<int64_t> whole, part, from;
  };
  const std::vector<Block> blocks = {
      {{5, 7, 9, 3}, {5, 7, 9, 3}, {0, 0, 0, 0}},
      {{5, 7, 9, 3}, {5, 7, 4, 3}, {0, 0, 2, 0}},
      {{5, 7, 9, 3}, {2, 7, 9, 3}, {3, 0, 0, 0}},
      {{5, 7, 9, 3}, {5, 3, 9, 2}, {0, 4, 0, 1}},
      {{1, 6, 1, 8, 1}, {1, 6, 1, 5, 1}, {0, 0, 0, 3, 0}},
      {{1, 1, 1}, {1, 1, 1}, {0, 0, 0}},
      {{30, 40, 50}, {30, 40, 50}, {0, 0, 0}},  // more than one row of what lies together
      {{30, 40, 50}, {30, 39, 50}, {0, 1, 0}},
      {{4, 0, 3}, {4, 0, 3}, {0, 0, 0}}};
  for (const Block& block : blocks) {
    const tensor::Shape whole{std::span(block.whole)};
    const tensor::Shape part{std::span(block.part)};
    std::vector<OperandReference> starts;
    for (const int64_t from : block.from) {
      starts.push_back(start(from));
    }
    const std::vector<float> x = counted(static_cast<size_t>(whole.elements()));
    std::vector<float> wanted;
    std::vector<float> updated(x.size(), -1);
    for (int64_t i = 0; i < part.elements(); ++i) {
      std::vector<int64_t> index = indices_of(part, i);
      std::ranges::transform(index, block.from, index.begin(), std::plus<>());
      const auto at = static_cast<size_t>(element_of(whole, index));
      wanted.push_back(x[at]);
      updated[at] = x[at];
    }
    CAPTURE(to_string(whole));
    CAPTURE(to_string(part));
    CHECK(run<float>(make_strided_copy(DType::f32, whole, part, starts, std::vector<int64_t>(whole.rank(), 1)),
                     wanted.size(), x) == wanted);
    CHECK(run<float>(make_update_slice(DType::f32, whole, part, starts), x.size(), std::vector<float>(x.size(), -1),
                     wanted) == updated);
  }
}

TEST_CASE("concatenate") {
  const std::vector<float> a = {1, 2, 3, 4};
  const std::vector<float> b = {5, 6};
  const std::vector<float> none;
  CHECK(run<float>(make_concatenate(DType::f32, 2, {2, 1}, 1), 6, a, b) == std::vector<float>{1, 2, 5, 3, 4, 6});
  CHECK(run<float>(make_concatenate(DType::f32, 1, {2, 0, 1}, 2), 6, a, none, b) ==
        std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(run<float>(make_concatenate(DType::f32, 40000, {1, 1}, 1), 80000, counted(40000), counted(40000))[79999] ==
        39999);
}

TEST_CASE("pad") {
  CHECK(run<float>(make_pad(DType::f32, {2, 2}, {1, 0}, {0, 2}), 12, std::vector<float>{1, 2, 3, 4}) ==
        std::vector<float>{0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0});
  CHECK(run<int64_t>(make_pad(DType::i64, {2}, {1}, {1}), 4, std::vector<int64_t>{8, 9}) ==
        std::vector<int64_t>{0, 8, 9, 0});
  CHECK(run<float>(make_pad(DType::f32, {}, {}, {}), 1, std::vector<float>{3}) == std::vector<float>{3});
  const std::vector<float> image = run<float>(make_pad(DType::f32, {20, 3, 28, 28}, {0, 0, 2, 2}, {0, 0, 2, 2}),
                                              20 * 3 * 32 * 32, std::vector<float>(20 * 3 * 28 * 28, 1.0F));
  CHECK(std::accumulate(image.begin(), image.end(), 0.0F) == 20 * 3 * 28 * 28);
  CHECK(image[2 * 32 + 2] == 1);
  CHECK(image[2 * 32 + 1] == 0);
}

TEST_CASE("gather and scatter-add") {
  const std::vector<float> table = {0, 1, 10, 11, 20, 21};
  const std::vector<int64_t> indices = {2, 0, 2, -1, 3};
  const std::vector<float> rows = run<float>(make_gather(DType::f32, 3, 2, 5), 10, table, indices);
  CHECK(std::vector<float>(rows.begin(), rows.begin() + 6) == std::vector<float>{20, 21, 0, 1, 20, 21});
  for (size_t i = 6; i < 10; ++i) {
    CHECK(std::isnan(rows[i]));
  }
  const std::vector<float> updates = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  CHECK(run<float>(make_scatter_add(DType::f32, 3, 2, 5), 6, indices, updates) == std::vector<float>{3, 4, 0, 0, 6, 8});
  const std::vector<int64_t> many(3000, 17);
  const std::vector<float> sums =
      run<float>(make_scatter_add(DType::f32, 100, 100, 3000), 10000, many, numbers<float>(300000));
  const std::vector<float> x = numbers<float>(300000);
  float wanted = 0;
  for (size_t i = 0; i < 3000; ++i) {
    wanted += x[i * 100 + 7];
  }
  CHECK(sums[1707] == wanted);
}

TEST_CASE("one-hot, take along and put along") {
  const std::vector<int64_t> indices = {1, 0, 3};
  const std::vector<double> hot = run<double>(make_one_hot(DType::f64, 3, 3), 9, indices);
  CHECK(std::vector<double>(hot.begin(), hot.begin() + 6) == std::vector<double>{0, 1, 0, 1, 0, 0});
  CHECK(std::isnan(hot[8]));
  const std::vector<float> taken = run<float>(make_take_along(DType::f32, 3, 3), 3, counted(9), indices);
  CHECK(taken[0] == 1);
  CHECK(taken[1] == 3);
  CHECK(std::isnan(taken[2]));
  CHECK(run<float>(make_put_along(DType::f32, 3, 3), 9, std::vector<float>{7, 8, 9}, indices) ==
        std::vector<float>{0, 7, 0, 8, 0, 0, 0, 0, 0});
}

TEST_CASE("fill, copy and cast") {
  CHECK(run<float>(make_fill(DType::f32, 70000, {.slot = -1, .constant = {.real = 2.5}}), 70000,
                   std::vector<float>{}) == std::vector<float>(70000, 2.5F));
  CHECK(run<int64_t>(make_fill(DType::i64, 3, start(-4)), 3, std::vector<float>{}) == std::vector<int64_t>(3, -4));
  CHECK(run<float>(make_copy(DType::f32, 70000), 70000, counted(70000)) == counted(70000));
  const std::vector<float> x = {1.9F, -1.9F, std::numeric_limits<float>::quiet_NaN(), 1e30F, -1e30F};
  CHECK(run<int64_t>(make_cast(DType::f32, DType::i64, 5), 5, x) ==
        std::vector<int64_t>{1, -1, 0, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()});
  CHECK(run<double>(make_cast(DType::i64, DType::f64, 2), 2, std::vector<int64_t>{3, -4}) ==
        std::vector<double>{3, -4});
  CHECK(run<float>(make_cast(DType::f64, DType::f32, 1), 1, std::vector<double>{0.1}) == std::vector<float>{0.1F});
  CHECK(run<float>(make_cast(DType::f32, DType::f32, 2), 2, std::vector<float>{1, 2}) == std::vector<float>{1, 2});
}
