// int64: the arithmetic that reals have too, as PyTorch 2.13 gives it, and what moves elements without computing.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ops_bench.hpp"

namespace atelier::ops::test {
namespace {

constexpr int64_t smallest = std::numeric_limits<int64_t>::min();
constexpr int64_t largest = std::numeric_limits<int64_t>::max();

struct Whole {
  Shape shape;
  List values;
};

// Exact, as numbers of int64 beyond 2^53 are no doubles.
class Integers {
 public:
  explicit Integers(DType real = DType::f32, int threads = 1) : bench(Mode::evaluate, real, threads) { bench.begin(); }

  uint32_t input(const Whole& whole) {
    return bench.session().constant({whole.shape, DType::i64}, whole.values.data(), {});
  }
  List run(uint32_t value) {
    REQUIRE(bench.session().type(value).dtype == DType::i64);
    bench.session().end(std::vector{value});
    bench.session().start();
    const tensor::Tensor& found = *bench.session().wait().entries.at(0).tensor;
    const auto* first = found.storage.as<int64_t>();
    return {first, first + found.shape.elements()};
  }

  Bench bench;
};

List whole(const std::string& name, const std::vector<Whole>& inputs, const std::vector<Given>& given = {}) {
  Integers integers;
  std::vector<uint32_t> values;
  for (const Whole& input : inputs) {
    values.push_back(integers.input(input));
  }
  return integers.run(integers.bench.apply(name, values, given));
}

std::string message_for_types(const std::string& name, const std::vector<DType>& types) {
  Bench bench;
  bench.begin();
  std::vector<uint32_t> inputs;
  for (const DType type : types) {
    inputs.push_back(type == DType::i64 ? bench.indices({2}, {1, 2}) : bench.input({2}, {1, 2}));
  }
  try {
    bench.apply(name, inputs);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("integers: arithmetic, broadcast, wraps around") {
  const Whole a{{2, 3}, {1, -2, 3, 4, 5, -6}};
  CHECK(whole("add", {a, {{3}, {10, 20, largest}}}) == List{11, 18, smallest + 2, 14, 25, largest - 6});
  CHECK(whole("sub", {a, {{2, 1}, {1, 100}}}) == List{0, -3, 2, -96, -95, -106});
  CHECK(whole("mul", {{{}, {-3}}, a}) == List{-3, 6, -9, -12, -15, 18});
  CHECK(whole("mul", {{{2}, {largest, 1}}, {{2}, {2, 7}}}) == List{-2, 7});
  CHECK(whole("maximum", {a, {{}, {2}}}) == List{2, 2, 3, 4, 5, 2});
  CHECK(whole("minimum", {a, {{}, {2}}}) == List{1, -2, 2, 2, 2, -6});
  CHECK(whole("neg", {{{3}, {5, -7, smallest}}}) == List{-5, 7, smallest});
  CHECK(whole("abs", {{{3}, {5, -7, smallest}}}) == List{5, 7, smallest});
  CHECK(whole("sign", {a}) == List{1, -1, 1, 1, 1, -1});
  CHECK(whole("square", {a}) == List{1, 4, 9, 16, 25, 36});
  CHECK(whole("add", {{{0, 3}, {}}, {{3}, {1, 2, 3}}}).empty());
  CHECK(whole("add", {{{2, 1, 2}, {1, 2, 3, 4}}, {{3, 1}, {10, 20, 30}}}) ==
        List{11, 12, 21, 22, 31, 32, 13, 14, 23, 24, 33, 34});
}

TEST_CASE("integers: division rounds down, and by zero gives the smallest integer") {
  const Whole a{{7}, {7, -7, 7, -7, 6, smallest, 5}};
  const Whole b{{7}, {2, 2, -2, -2, 3, -1, 0}};
  CHECK(whole("floor_divide", {a, b}) == List{3, -4, -4, 3, 2, smallest, smallest});
  CHECK(whole("remainder", {a, b}) == List{1, 1, -1, -1, 0, 0, smallest});
  CHECK(whole("remainder", {{{2, 1}, {5, -5}}, {{2}, {3, -3}}}) == List{2, -1, 1, -2});
}

TEST_CASE("integers: comparisons are real, in either precision") {
  for (const DType real : {DType::f32, DType::f64}) {
    const std::pair<const char*, Numbers> expected[] = {{"less", {1, 0, 0}},    {"less_equal", {1, 1, 0}},
                                                        {"greater", {0, 0, 1}}, {"greater_equal", {0, 1, 1}},
                                                        {"equal", {0, 1, 0}},   {"not_equal", {1, 0, 1}}};
    for (const auto& [name, wanted] : expected) {
      Integers integers(real);
      const uint32_t a = integers.input({{3}, {largest - 1, 2, 3}});  // as reals, the first two are equal
      const uint32_t compared = integers.bench.apply(name, {a, integers.input({{3}, {largest, 2, -3}})});
      CHECK(integers.bench.session().type(compared).dtype == real);
      CHECK_MESSAGE(integers.bench.run({compared})[0] == wanted, name);
    }
  }
}

TEST_CASE("integers: chosen by a mask of either type") {
  for (const DType real : {DType::f32, DType::f64, DType::i64}) {
    Integers integers(real == DType::i64 ? DType::f32 : real);
    const uint32_t mask =
        real == DType::i64 ? integers.input({{2, 1}, {0, -1}}) : integers.bench.input({2, 1}, {0, 0.5});
    const uint32_t a = integers.input({{2}, {largest, 2}});
    CHECK(integers.run(integers.bench.apply("select", {mask, a, integers.input({{}, {9}})})) == List{9, 9, largest, 2});
  }
}

TEST_CASE("integers: made, and of real numbers") {
  CHECK(whole("scalar_integer", {}, {[] {
                Given given(0);
                given.attribute = record::Attribute::of(largest);
                return given;
              }()}) == List{largest});
  CHECK(whole("arange", {}, {4}) == List{0, 1, 2, 3});
  CHECK(whole("arange", {}, {3, -2, -5}) == List{-2, -7, -12});
  CHECK(whole("arange", {}, {0}).empty());
  Integers integers(DType::f64);
  const uint32_t x =
      integers.bench.input({8}, {-2.9, -0.5, 0.5, 2.9, 1e30, -infinity, std::nan(""), 4503599627370497.0});
  CHECK(integers.run(integers.bench.apply("to_integer", {x})) ==
        List{-2, 0, 0, 2, largest, smallest, 0, 4503599627370497});
}

TEST_CASE("integers: the operands of a range may change without a new plan") {
  Bench bench;
  for (const int start : {3, 5, 8}) {
    bench.begin();
    const uint32_t range = bench.apply("arange", {}, {2, start, start});
    const auto values = bench.run({bench.apply("mul", {range, bench.apply("scalar_integer", {}, {start})})});
    CHECK(values[0] == Numbers{1.0 * start * start, 2.0 * start * start});
  }
  CHECK(bench.session().plans_made() == 1);
}

TEST_CASE("integers: what only moves elements takes them") {
  const Whole x{{2, 3}, {0, 1, 2, 3, 4, largest}};
  CHECK(whole("reshape", {x}, {List{3, 2}}) == x.values);
  CHECK(whole("permute", {x}, {List{1, 0}}) == List{0, 3, 1, 4, 2, largest});
  CHECK(whole("slice", {x}, {1, 1, 2}) == List{1, 2, 4, largest});
  CHECK(whole("update_slice", {x, {{2, 1}, {-1, -2}}}, {1, 0}) == List{-1, 1, 2, -2, 4, largest});
  CHECK(whole("concatenate", {x, {{1, 3}, {7, 8, 9}}}, {0}) == List{0, 1, 2, 3, 4, largest, 7, 8, 9});
  CHECK(whole("pad", {x}, {List{0, 1}, List{0, 0}}) == List{0, 0, 1, 2, 0, 3, 4, largest});
  CHECK(whole("broadcast_to", {{{2, 1}, {5, largest}}}, {List{2, 2}}) == List{5, 5, largest, largest});
  CHECK(whole("gather", {x, {{3}, {1, 0, 2}}}) == List{3, 4, largest, 0, 1, 2, smallest, smallest, smallest});
  CHECK(whole("take", {x, {{2}, {2, -1}}}) == List{2, smallest});
  CHECK(whole("put", {{{2}, {5, 6}}, {{2}, {1, 0}}}, {2}) == List{0, 5, 6, 0});
  CHECK(whole("scatter_add", {{{2}, {1, 1}}, {{2, 2}, {largest, 2, 1, 3}}}, {2}) == List{0, 0, smallest, 5});
  CHECK(whole("detach", {x}) == x.values);
}

TEST_CASE("integers: the same on any number of threads, where the work is cut") {
  List a(3 * 40009);
  for (size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<int64_t>(i * 2654435761U) - 7;
  }
  for (const int threads : {1, 3}) {
    Integers integers(DType::f32, threads);
    const uint32_t x = integers.input({{3, 40009}, a});
    const List found = integers.run(integers.bench.apply("remainder", {x, integers.input({{3, 1}, {7, -9, 1000}})}));
    for (size_t i = 0; i < a.size(); i += 611) {
      const int64_t divisor = List{7, -9, 1000}[i / 40009];
      const int64_t rest = (a[i] % divisor + divisor) % divisor;
      CHECK(found[i] == rest);
    }
  }
}

TEST_CASE("integers: no gradient flows through them, and that of reals is as before") {
  Bench bench(Mode::evaluate, DType::f64);
  bench.begin();
  const uint32_t x = bench.input({3}, {0.5, 1.5, 2.5});
  const uint32_t whole = bench.apply("add", {bench.apply("to_integer", {x}), bench.apply("arange", {}, {3})});
  const auto gradient = bench.gradient(bench.apply("mul", {bench.apply("cast", {whole}), x}), {x});
  CHECK(bench.run({gradient[0]})[0] == Numbers{0, 2, 4});
}

TEST_CASE("errors: integers among reals") {
  const DType r = DType::f32;
  const DType i = DType::i64;
  CHECK(
      message_for_types("add", {i, r}) ==
      "model.cpp:12: add: got int64 (2) and float32 (2), expected one type; hint: to_real makes real numbers of int64");
  CHECK(message_for_types("less", {r, i}) ==
        "model.cpp:12: less: got float32 (2) and int64 (2), expected one type; hint: to_real makes real numbers of "
        "int64");
  CHECK(message_for_types("select", {r, r, i}) ==
        "model.cpp:12: select: got float32 (2) and int64 (2), expected one type; hint: to_real makes real numbers of "
        "int64");
  CHECK(message_for_types("div", {i, i}) == "model.cpp:12: div: input 0 must be float32, got int64 (2)");
  CHECK(message_for_types("floor_divide", {i, r}) ==
        "model.cpp:12: floor_divide: input 1 must be int64, got float32 (2)");
  CHECK(message_for_types("to_integer", {i}) == "model.cpp:12: to_integer: input 0 must be float32, got int64 (2)");
  CHECK(message_for_types("exp", {i}) == "model.cpp:12: exp: input 0 must be float32, got int64 (2)");
  CHECK_THROWS_WITH_AS(whole("arange", {}, {-1}), "model.cpp:12: arange: got a length of -1, expected at least 0",
                       Error);
}

}  // namespace atelier::ops::test
