// Other orders along axes, and borders: values as PyTorch 2.13 gives them, for every type of elements, and what an
// author reads when something does not fit.
#include "ops_refusal.hpp"
#include "ops_result.hpp"

namespace atelier::ops::test {
namespace {

const Leaf table{{2, 3}, ramp(6)};
const Leaf two_rows{{1, 2, 4}, ramp(8)};

}  // namespace

TEST_CASE("rearranging: axes swapped, added and left out") {
  CHECK(result("transpose", {table}) == Numbers{0, 3, 1, 4, 2, 5});
  CHECK(result("transpose", {{{2, 1, 3}, ramp(6)}}, {0, -1}) == Numbers{0, 3, 1, 4, 2, 5});
  Bench bench;
  bench.begin();
  const auto shape = [&](const std::string& name, const Shape& from, const std::vector<Given>& given) {
    const uint32_t x = bench.input(from, Numbers(static_cast<size_t>(from.elements()), 1.0));
    return bench.session().type(bench.apply(name, {x}, given)).shape;
  };
  CHECK(shape("squeeze", {1, 3, 1}, {}) == Shape{3});
  CHECK(shape("squeeze", {1, 3, 1}, {List{-1}}) == Shape{1, 3});
  CHECK(shape("unsqueeze", {3, 2}, {0}) == Shape{1, 3, 2});
  CHECK(shape("unsqueeze", {3, 2}, {-1}) == Shape{3, 2, 1});
}

TEST_CASE("rearranging: stacks, tiles and repeats") {
  const Leaf other{{2, 3}, ramp(6, 10)};
  CHECK(result("stack", {table, other}) == Numbers{0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15});
  CHECK(result("stack", {table, other}, {-1}) == Numbers{0, 10, 1, 11, 2, 12, 3, 13, 4, 14, 5, 15});
  CHECK(result("tile", {{{2, 1}, {1, 2}}}, {List{2, 3}}) == Numbers{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2});
  CHECK(result("tile", {table}, {List{0, 2}}).empty());
  CHECK(result("repeat", {table}, {2, -1}) == Numbers{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5});
  CHECK(result("repeat", {table}, {2}) == Numbers{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5});
  CHECK(result("repeat", {{{2, 2, 2}, ramp(8)}}, {2, 1}) == Numbers{0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7});
  CHECK(result("repeat", {table}, {1}) == ramp(6));
  CHECK(result("repeat", {table}, {0}).empty());
  CHECK(result("repeat", {{{0, 3}, {}}}, {2, 1}).empty());
}

TEST_CASE("rearranging: flips and rolls") {
  CHECK(result("flip", {table}, {List{1}}) == Numbers{2, 1, 0, 5, 4, 3});
  CHECK(result("flip", {table}, {List{0, -1}}) == Numbers{5, 4, 3, 2, 1, 0});
  CHECK(result("roll", {table}, {List{1, -4}, List{0, 1}}) == Numbers{4, 5, 3, 1, 2, 0});
  CHECK(result("roll", {{{0, 2}, {}}}, {List{1}, List{0}}).empty());
}

TEST_CASE("rearranging: a slice of all is its input, and a block in the place of all is the block") {
  for (const bool real : {true, false}) {
    Bench bench;
    bench.begin();
    const auto of = [&](const Numbers& numbers) {
      return real ? bench.input({2, 3, 2}, numbers) : bench.indices({2, 3, 2}, numbers);
    };
    const uint32_t x = of(ramp(12));
    const uint32_t block = of(ramp(12, 100));
    CHECK_THROWS_WITH_AS(bench.apply("slice", {x}, {1, 1, 3}),
                         doctest::Contains("slice: got 3 elements from 1 on along axis 1"), Error);
    const uint32_t all = bench.apply("slice", {x}, {1, 0, 3});
    const uint32_t put = bench.apply("update_slice", {x, block}, {-1, 0});
    std::vector<uint32_t> wanted{all, put};
    if (real) {
      const uint32_t loss = bench.apply("sum", {bench.apply("square", {bench.apply("add", {all, put})})});
      const std::vector<uint32_t> gradients = bench.gradient(loss, {x, block});
      wanted.insert(wanted.end(), gradients.begin(), gradients.end());
    }
    bench.session().end(wanted);
    for (const plan::Step& step : bench.session().newest_plan()->steps) {
      CHECK(step.name.find("slice") == std::string::npos);
    }
    bench.session().start();
    std::vector<Numbers> values;
    for (const execute::StepResult& entry : bench.session().wait().entries) {
      values.push_back(Bench::numbers_of(*entry.tensor));
    }
    CHECK(values[0] == ramp(12));
    CHECK(values[1] == ramp(12, 100));
    if (real) {
      CHECK(values[2] == ramp(12, 200, 4));  // twice x + block: the base is not in it
      CHECK(values[3] == ramp(12, 200, 4));
    }
  }
}

TEST_CASE("rearranging: a slice of all has a gradient of its own, without what else its input is used for") {
  Bench bench;
  bench.begin();
  const uint32_t x = bench.input({2, 3}, ramp(6));
  const uint32_t all = bench.apply("slice", {x}, {0, 0, 2});
  const uint32_t put = bench.apply("update_slice", {bench.input({2, 3}, ramp(6)), x}, {1, 0});
  const uint32_t f =
      bench.apply("sum", {bench.apply("add", {bench.apply("square", {x}), bench.apply("add", {all, put})})});
  const std::vector<uint32_t> gradients = bench.gradient(f, {all, put, x});
  const auto values = bench.run(gradients);
  CHECK(values[0] == Numbers(6, 1.0));
  CHECK(values[1] == Numbers(6, 1.0));
  CHECK(values[2] == ramp(6, 2, 2));
}

TEST_CASE("rearranging: slices with a step, as Python has them") {
  const Leaf x{{7}, ramp(7)};
  constexpr int all = 1 << 30;
  CHECK(result("strided_slice", {x}, {0, 1, 6, 2}) == Numbers{1, 3, 5});
  CHECK(result("strided_slice", {x}, {0, -3, all}) == Numbers{4, 5, 6});
  CHECK(result("strided_slice", {x}, {0, -1, -all, -3}) == Numbers{6, 3, 0});
  CHECK(result("strided_slice", {x}, {0, 5, 1, -2}) == Numbers{5, 3});
  CHECK(result("strided_slice", {x}, {0, all, -all, -1}) == ramp(7, 6, -1));
  CHECK(result("strided_slice", {x}, {0, 4, 2}).empty());
  CHECK(result("strided_slice", {table}, {1, 0, 3, 2}) == Numbers{0, 2, 3, 5});
}

TEST_CASE("rearranging: borders") {
  const List low{0, 0, 3};
  const List high{0, 0, 2};
  CHECK(result("pad_reflect", {two_rows}, {low, high}) ==
        Numbers{3, 2, 1, 0, 1, 2, 3, 2, 1, 7, 6, 5, 4, 5, 6, 7, 6, 5});
  CHECK(result("pad_replicate", {two_rows}, {low, high}) ==
        Numbers{0, 0, 0, 0, 1, 2, 3, 3, 3, 4, 4, 4, 4, 5, 6, 7, 7, 7});
  CHECK(result("pad_circular", {two_rows}, {low, high}) ==
        Numbers{1, 2, 3, 0, 1, 2, 3, 0, 1, 5, 6, 7, 4, 5, 6, 7, 4, 5});
  CHECK(result("pad_constant", {{{1, 2}, {-0.0, 2}}}, {List{1, 0}, List{0, 1}, -3.5}) ==
        Numbers{-3.5, -3.5, -3.5, 0, 2, -3.5});
}

TEST_CASE("rearranging: integers keep their type") {
  Bench bench;
  bench.begin();
  const double large = 9007199254740992.0;  // no float32 has it beside its neighbour
  const uint32_t x = bench.indices({1, 3}, {large, large - 1, 3});
  const std::vector<uint32_t> all{bench.apply("flip", {x}, {List{1}}), bench.apply("tile", {x}, {List{1, 2}}),
                                  bench.apply("stack", {x, x}, {1}),
                                  bench.apply("pad_constant", {x}, {List{0, 1}, List{0, 0}, -7.0}),
                                  bench.apply("strided_slice", {bench.apply("transpose", {x})}, {0, 2, -9, -2})};
  const std::vector<Numbers> values = bench.run(all);
  CHECK(values[0] == Numbers{3, large - 1, large});
  CHECK(values[1] == Numbers{large, large - 1, 3, large, large - 1, 3});
  CHECK(values[2] == values[1]);
  CHECK(values[3] == Numbers{-7, large, large - 1, 3});
  CHECK(values[4] == Numbers{3, large});
}

TEST_CASE("rearranging: images that lie channels-last inside are flipped and bordered along the axes that are named") {
  const Numbers pixels = ramp(48);
  const auto made = [&](bool convolved) {
    Bench bench(Mode::evaluate, DType::f64);
    bench.begin();
    const uint32_t x = bench.input({2, 2, 3, 4}, pixels);
    const uint32_t same = bench.input({2, 2, 1, 1}, {1, 0, 0, 1});  // a convolution that changes nothing
    const uint32_t image = convolved ? bench.apply("conv2d", {x, same}) : x;
    const uint32_t flipped = bench.apply("flip", {image}, {List{1, 3}});
    const uint32_t bordered = bench.apply("pad_reflect", {flipped}, {List{0, 1, 0, 2}, List{0, 0, 2, 1}});
    return bench.run({bench.apply("roll", {bordered}, {List{1, -1}, List{2, 1}})})[0];
  };
  CHECK(made(true) == made(false));
}

TEST_CASE("rearranging: errors") {
  CHECK(message("transpose", {{3}}) == "model.cpp:12: transpose: axis -2 is outside a tensor of 1 axes");
  CHECK(message("squeeze", {{1, 3}}, {List{1}}) ==
        "model.cpp:12: squeeze: got axis 1 of (1, 3), expected an axis of length 1");
  CHECK(message("unsqueeze", {{3}}, {2}) == "model.cpp:12: unsqueeze: axis 2 is outside a tensor of 2 axes");
  CHECK(message("stack", {{2, 3}, {3, 2}}) ==
        "model.cpp:12: stack: got float32 (3, 2) beside float32 (2, 3), expected equal shapes and types");
  CHECK(message("tile", {{2, 3}}, {List{2}}) ==
        "model.cpp:12: tile: got repeats of [2] for a tensor of (2, 3), expected one for each axis");
  CHECK(message("repeat", {{2, 3}}, {-1}) == "model.cpp:12: repeat: got -1 repeats, expected 0 to 16777216");
  CHECK(message("flip", {{2, 3}}, {List{1, -1}}) ==
        "model.cpp:12: flip: got the axes (1, -1), expected each at most once");
  CHECK(message("roll", {{2, 3}}, {List{1}, List{0, 1}}) ==
        "model.cpp:12: roll: got 1 shifts for 2 axes, expected one for each");
  CHECK(message("strided_slice", {{2, 3}}, {0, 0, 2, 0}) ==
        "model.cpp:12: strided_slice: got a step of 0, expected a step forwards or backwards");
  CHECK(message("pad_reflect", {{2, 3}}, {List{0, 3}, List{0, 0}}) ==
        "model.cpp:12: pad_reflect: got the borders 3 and 0 of axis 1 of (2, 3), expected at most 2, as they are made "
        "of what is inside");
  CHECK(message("pad_constant", {{2}}, {List{0}, List{-1}}) ==
        "model.cpp:12: pad_constant: got the borders 0 and -1 of axis 0, expected at least 0");
  CHECK(message("pad_constant", {{2}}, {List{0}, List{1}, 0.5}, 1) ==
        "model.cpp:12: pad_constant: got a value of 0.5 for int64 (2), expected a whole number");
}

}  // namespace atelier::ops::test
