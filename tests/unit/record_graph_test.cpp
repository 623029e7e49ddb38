// What a graph makes of equal operations, of turned images, and of gradients.
#include <doctest/doctest.h>

#include <algorithm>

#include "record/gradients.hpp"
#include "record/layout.hpp"
#include "record_bench.hpp"

namespace atelier::record::test {
namespace {

using Axes = std::vector<int64_t>;

struct GraphBench {
  GraphBench() { ops::register_operations(); }

  Value leaf(const Shape& shape) {
    const TensorType type{shape, DType::f32};
    return graph.add_special(special_operation(Special::input), {}, {Attribute::of(leaves++)}, std::span(&type, 1))
        .front();
  }

  Graph graph{DType::f32};
  int64_t leaves = 0;
};

}  // namespace

TEST_CASE("graph: an equal operation on equal inputs gives the values that are there") {
  GraphBench bench;
  Graph& graph = bench.graph;
  const Value a = bench.leaf({2, 3});
  const Value b = bench.leaf({2, 3});
  const Value difference = graph.apply("sub/1", {a, b});
  CHECK(graph.apply("sub/1", {a, b}) == difference);
  CHECK_FALSE(graph.apply("sub/1", {b, a}) == difference);
  CHECK_FALSE(graph.apply("add/1", {a, b}) == difference);
  const Value rows = graph.apply("sum/1", {a}, {Attribute::of(Axes{0})});
  CHECK(graph.apply("sum/1", {a}, {Attribute::of(Axes{0})}) == rows);
  CHECK_FALSE(graph.apply("sum/1", {a}, {Attribute::of(Axes{1})}) == rows);
  CHECK(count(graph, "sub") == 2);
}

TEST_CASE("graph: a draw is equal to itself alone, by its operand") {
  GraphBench bench;
  const auto draw = [&](int32_t slot) {
    Attribute ordinal = Attribute::of(int64_t{0});
    ordinal.scalar.slot = slot;
    return bench.graph.apply("random_normal/1", {}, {Attribute::of(Axes{4}), ordinal});
  };
  const Value first = draw(5);
  CHECK(draw(5) == first);
  CHECK_FALSE(draw(6) == first);
}

TEST_CASE("graph: a composed operation is its parts") {
  GraphBench bench;
  const Value sum = bench.graph.apply("sum/1", {bench.leaf({2, 3})}, {Attribute::of(Axes{0})});
  CHECK(sum.shape() == Shape{3});
  CHECK(count(bench.graph, "sum") == 0);
  CHECK(bench.graph.nodes().size() > 1);
}

TEST_CASE("graph: a leaf is never shared") {
  GraphBench bench;
  CHECK_FALSE(bench.leaf({2}) == bench.leaf({2}));
}

TEST_CASE("graph: turns of an image that meet vanish, also with elementwise work between them") {
  GraphBench bench;
  Graph& graph = bench.graph;
  const Value image = bench.leaf({2, 3, 4, 5});
  CHECK(channels_first(channels_last(image)) == image);
  const Value inside = bench.leaf({2, 4, 5, 3});  // what a convolution makes
  const Value outside = channels_first(inside);
  const Value sum = graph.apply("add/1", {graph.apply("tanh/1", {outside}), image});
  CHECK(sum.shape() == Shape{2, 3, 4, 5});
  const Value turned = channels_last(sum);
  CHECK(maker(turned).operation->name == "add/1");  // was done on the turned image
  CHECK(turned.shape() == Shape{2, 4, 5, 3});
  const Node& tanh = maker({&graph, maker(turned).inputs[0]});
  CHECK(tanh.operation->name == "tanh/1");
  CHECK(tanh.inputs[0] == inside.id);
}

TEST_CASE("graph: a turned image that is stretched to its own shape keeps it") {
  GraphBench bench;
  const Value outside = channels_first(bench.leaf({2, 4, 5, 3}));
  const Value stretched =
      bench.graph.apply("broadcast_to/1", {outside}, {Attribute::of(std::vector<int64_t>{2, 3, 4, 5})});
  CHECK(stretched.shape() == Shape{2, 3, 4, 5});
  CHECK(channels_last(stretched).shape() == Shape{2, 4, 5, 3});
}

TEST_CASE("graph: turning an image of one channel or one pixel moves nothing") {
  GraphBench bench;
  CHECK(maker(channels_last(bench.leaf({2, 1, 4, 5}))).operation->view);
  CHECK(maker(channels_last(bench.leaf({2, 3, 1, 1}))).operation->view);
  CHECK_FALSE(maker(channels_last(bench.leaf({2, 3, 4, 1}))).operation->view);
}

TEST_CASE("graph: what does not depend on an input has no gradient for it, and adds no nodes") {
  GraphBench bench;
  Graph& graph = bench.graph;
  const Value a = bench.leaf({2, 3});
  const Value b = bench.leaf({2, 3});
  const Value loss = graph.apply("sum/1", {graph.apply("square/1", {a})}, {Attribute::of(Axes{})});
  const Value beside = graph.apply("exp/1", {b});
  const Value both[] = {a, b};
  const std::vector<Value> found = gradients(graph, loss, both);
  REQUIRE(found.size() == 2);
  CHECK(found[0].shape() == a.shape());
  CHECK_FALSE(found[1]);
  const size_t nodes = graph.nodes().size();
  CHECK_FALSE(gradients(graph, loss, std::span(&beside, 1)).front());
  CHECK(graph.nodes().size() == nodes);
}

TEST_CASE("graph: errors name the operation, what was found and what was expected") {
  GraphBench bench;
  const Value a = bench.leaf({2, 3});
  CHECK_THROWS_WITH_AS(bench.graph.apply("add/1", {a}), "add: got 1 inputs, expected 2", Error);
  CHECK_THROWS_WITH_AS(bench.graph.apply("sum/1", {a}, {Attribute::of(1.5)}),
                       doctest::Contains("must be a list of integers, got a number"), Error);
}

}  // namespace atelier::record::test
