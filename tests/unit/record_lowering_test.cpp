// From a tape to a graph: versions of parameters, gradients that nobody needs, what is shown.
#include <doctest/doctest.h>

#include <algorithm>

#include "record_bench.hpp"

namespace atelier::record::test {
namespace {

uint32_t sum_of(Bench& bench, uint32_t value) {
  return bench.apply("sum", {value}, {Attribute::of(std::vector<int64_t>{})});
}

std::vector<OutputKind> kinds(const Lowered& lowered) {
  std::vector<OutputKind> out;
  for (const GraphOutput& output : lowered.outputs) {
    out.push_back(output.kind);
  }
  return out;
}

}  // namespace

TEST_CASE("lowering: minimize and assign end a parameter's version, and what is recorded later reads the next") {
  Bench bench;
  const uint32_t p = bench.parameter({2}, 0);
  const uint32_t state = bench.parameter({2});
  bench.recorder.begin();
  const uint32_t before = bench.use(p);
  const uint32_t state_before = bench.use(state);
  bench.minimize(0, sum_of(bench, bench.apply("mul", {before, state_before})));
  const uint32_t between = bench.use(p);
  bench.assign(state, between);
  bench.minimize(0, sum_of(bench, bench.apply("square", {between})));
  const uint32_t after = bench.use(p);
  const uint32_t state_after = bench.use(state);
  const auto lowered = bench.lowered();
  const auto value = [&](uint32_t place) { return lowered->values[place]; };
  CHECK(maker(value(before)).operation->special == Special::parameter);
  CHECK(maker(value(between)).operation->special == Special::update);
  CHECK(maker(value(between)).inputs[0] == value(before).id);
  CHECK(maker(value(after)).operation->special == Special::update);
  CHECK(maker(value(after)).inputs[0] == value(between).id);
  CHECK(maker(value(state_after)).operation->special == Special::assign);
  CHECK(maker(value(state_after)).inputs == std::vector<int32_t>{value(state_before).id, value(between).id});
}

TEST_CASE("lowering: a parameter is one leaf however often it is used") {
  Bench bench;
  const uint32_t p = bench.parameter({2}, 0);
  bench.recorder.begin();
  bench.apply("add", {bench.use(p), bench.use(p)});
  CHECK(count(bench.lowered()->graph, "parameter") == 1);
}

TEST_CASE("lowering: only parameters that the loss depends on are updated") {
  Bench bench;
  const uint32_t used = bench.parameter({2}, 0);
  bench.parameter({2}, 0);
  const uint32_t other = bench.parameter({2}, 1);
  bench.recorder.begin();
  bench.minimize(0, sum_of(bench, bench.apply("mul", {bench.use(used), bench.use(other)})));
  const auto lowered = bench.lowered();
  REQUIRE(count(lowered->graph, "update") == 1);
  const auto update = std::ranges::find(lowered->graph.nodes(), Special::update,
                                        [](const Node& node) { return node.operation->special; });
  CHECK(update->attributes[0] == Attribute::of(static_cast<int64_t>(used)));
}

TEST_CASE("lowering: minimizing what depends on no parameter of the group is an error with the author's line") {
  Bench bench;
  bench.parameter({2}, 0);
  const uint32_t other = bench.parameter({2}, 1);
  bench.recorder.begin();
  bench.minimize(0, sum_of(bench, bench.use(other)));
  CHECK_THROWS_WITH_AS(bench.lowered(),
                       "model.cpp:13: minimize: the loss does not depend on any parameter of the group 'g0'", Error);
}

TEST_CASE("lowering: the gradient of what does not depend on a value is zeros, and detached values stop it") {
  Bench bench;
  bench.recorder.begin();
  const uint32_t x = bench.input({2, 2});
  const uint32_t y = bench.input({2, 2});
  const uint32_t of_y = bench.gradient(sum_of(bench, bench.apply("exp", {x})), y);
  const uint32_t of_detached = bench.gradient(sum_of(bench, bench.apply("detach", {bench.apply("exp", {y})})), y);
  const auto lowered = bench.lowered();
  CHECK(maker(lowered->values[of_y]).operation->name == "broadcast_to/1");
  CHECK(lowered->values[of_y].shape() == Shape{2, 2});
  CHECK(lowered->values[of_detached] == lowered->values[of_y]);
}

TEST_CASE("lowering: a loss over several versions of a parameter has the sum of their gradients") {
  Bench bench;
  const uint32_t p = bench.parameter({2}, 0);
  bench.recorder.begin();
  const uint32_t old_version = bench.use(p);
  bench.minimize(0, sum_of(bench, bench.apply("square", {old_version})));
  const uint32_t loss = sum_of(bench, bench.apply("mul", {old_version, bench.use(p)}));
  bench.minimize(0, loss);
  const auto lowered = bench.lowered();
  std::vector<const Node*> updates;
  for (const Node& node : lowered->graph.nodes()) {
    if (node.operation->special == Special::update) {
      updates.push_back(&node);
    }
  }
  REQUIRE(updates.size() == 2);
  CHECK(maker({&lowered->graph, updates[1]->inputs[1]}).operation->name == "add/1");
  CHECK(maker({&lowered->graph, updates[0]->inputs[1]}).operation->name != "add/1");
}

TEST_CASE("lowering: an update waits for every loss before it to be finite") {
  Bench bench;
  const uint32_t p = bench.parameter({2}, 0);
  const uint32_t q = bench.parameter({2}, 1);
  bench.recorder.begin();
  bench.minimize(0, sum_of(bench, bench.use(p)));
  bench.minimize(1, sum_of(bench, bench.use(q)));
  const auto lowered = bench.lowered();
  CHECK(count(lowered->graph, "is_finite") == 2);
  CHECK(maker(lowered->finite).operation->name == "mul/1");
  CHECK(lowered->minimized.size() == 2);
  bench.recorder.begin();
  sum_of(bench, bench.use(p));
  CHECK_FALSE(bench.lowered()->finite);
}

TEST_CASE("lowering: what an observation asks for is shown, and nothing else") {
  Bench bench;
  const uint32_t p = bench.parameter({2}, 0);
  const auto record = [&] {
    bench.recorder.begin();
    const uint32_t hidden = bench.apply("exp", {bench.use(p)});
    bench.special(Special::annotate, {hidden}, {Attribute::of(int64_t{0})}, {});
    const uint32_t loss = sum_of(bench, hidden);
    bench.special(Special::log, {loss}, {Attribute::of(int64_t{1})}, {});
    bench.minimize(0, loss);
  };
  record();
  CHECK(kinds(*bench.lowered()) == std::vector{OutputKind::logged});
  record();
  CHECK(kinds(*bench.lowered({.group_norms = true, .parameter_norms = true})) ==
        std::vector{OutputKind::logged, OutputKind::group_norm, OutputKind::parameter_norm});
  record();
  CHECK(kinds(*bench.lowered({.gradients = true, .annotations = true})) ==
        std::vector{OutputKind::annotation, OutputKind::logged, OutputKind::gradient});
}

TEST_CASE("lowering: only as many calls are taken as are asked for") {
  Bench bench;
  const uint32_t p = bench.parameter({2}, 0);
  bench.recorder.begin();
  bench.use(p);
  const size_t calls = bench.recorder.recorded_calls();
  bench.minimize(0, sum_of(bench, bench.use(p)));
  bench.recorder.end();
  const auto beginning = lower(*bench.recorder.tape(), calls, bench.bank, DType::f32, {});
  CHECK(beginning->graph.nodes().size() == 1);
  CHECK(count(bench.lowered()->graph, "update") == 1);
}

}  // namespace atelier::record::test
