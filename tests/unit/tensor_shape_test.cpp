#include <doctest/doctest.h>

#include <vector>

#include "base/error.hpp"
#include "tensor/shape.hpp"

using namespace atelier;
using namespace atelier::tensor;

namespace {

template <typename Action>
std::string shape_error(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::shape);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("element types have their size and their name") {
  CHECK(size_of(DType::f32) == sizeof(float));
  CHECK(size_of(DType::f64) == sizeof(double));
  CHECK(size_of(DType::i64) == sizeof(int64_t));
  CHECK(name_of(DType::f32) == "float32");
  CHECK(name_of(DType::f64) == "float64");
  CHECK(name_of(DType::i64) == "int64");
}

TEST_CASE("a shape has the axes that it was given, in their order") {
  const Shape images{64, 1, 28, 30};
  CHECK(images.rank() == 4);
  CHECK(images[0] == 64);
  CHECK(images[3] == 30);
  CHECK(std::vector<int64_t>(images.dims().begin(), images.dims().end()) == std::vector<int64_t>{64, 1, 28, 30});

  Shape appended;
  for (const int64_t length : images.dims()) {
    appended.append(length);
  }
  CHECK(appended == images);
  appended[1] = 3;
  CHECK(appended == Shape{64, 3, 28, 30});
}

TEST_CASE("shapes are equal where rank and all lengths are") {
  CHECK(Shape{} == Shape{});
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Shape{2, 3} != Shape{2, 3, 1});
  CHECK(Shape{} != Shape{0});
  CHECK(Shape{0} != Shape{0, 0});
  CHECK(Shape{1, 1, 1, 1, 1, 1, 1, 2} != Shape{1, 1, 1, 1, 1, 1, 1, 3});
}

TEST_CASE("there are no more elements than can be counted, whatever the order of the axes") {
  constexpr int64_t vast = int64_t{1} << 62U;
  const std::string more = " has more elements than any machine has memory for";
  CHECK(shape_error([] { (void)Shape{vast, 4}; }) == "(4611686018427387904, 4)" + more);
  CHECK(shape_error([] {
          (void)Shape{int64_t{1} << 32U, (int64_t{1} << 31U) + 1};
        }) == "(4294967296, 2147483649)" + more);
  CHECK(shape_error([] { (void)Shape{0, vast, 4}; }) == "(0, 4611686018427387904, 4)" + more);
  Shape grown{int64_t{1} << 30U};
  CHECK(shape_error([&] { grown.append(int64_t{1} << 30U); }) == "(1073741824, 1073741824)" + more);
  CHECK(grown == Shape{int64_t{1} << 30U});
  CHECK(Shape{int64_t{1} << 22U, int64_t{1} << 22U}.elements() == int64_t{1} << 44U);
}

TEST_CASE("there are at most eight axes") {
  Shape full{1, 2, 3, 4, 5, 6, 7, 8};
  CHECK(full.rank() == Shape::max_rank);
  CHECK(shape_error([&] { full.append(9); }) == "a tensor has at most 8 axes, got 9");
  CHECK(full == Shape{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(shape_error([] { (void)Shape{1, 2, 3, 4, 5, 6, 7, 8, 9}; }) == "a tensor has at most 8 axes, got 9");
}

TEST_CASE("no length is negative") {
  Shape shape{2};
  CHECK(shape_error([&] { shape.append(-1); }) == "an axis has a length of at least 0, got -1");
  CHECK(shape == Shape{2});
  CHECK(shape_error([] { (void)Shape{2, -3}; }) == "an axis has a length of at least 0, got -3");
  shape.append(0);
  CHECK(shape == Shape{2, 0});
}

TEST_CASE("elements are the product of the lengths, 1 of a scalar") {
  CHECK(Shape{}.elements() == 1);
  CHECK(Shape{7}.elements() == 7);
  CHECK(Shape{2, 3, 5}.elements() == 30);
  CHECK(Shape{2, 0, 5}.elements() == 0);
  CHECK(Shape{1, 2, 3, 4, 5, 6, 7, 8}.elements() == 40320);
}

TEST_CASE("a shape is written as its lengths in parentheses") {
  CHECK(to_string(Shape{}) == "()");
  CHECK(to_string(Shape{7}) == "(7)");
  CHECK(to_string(Shape{64, 1, 28, 28}) == "(64, 1, 28, 28)");
}
