// What makes two recordings one structure.
#include <doctest/doctest.h>

#include "record_bench.hpp"

namespace atelier::record::test {
namespace {

using Axes = std::vector<int64_t>;

struct Variant {  // of one small step
  double factor = 2;
  int64_t axis = 0;
  bool swapped = false;
  bool longer = false;
  uint32_t line = 12;
  int64_t rows = 2;
};

// True where its structure is new.
bool record(Bench& bench, const Variant& variant) {
  bench.recorder.begin();
  const uint32_t a = bench.input({variant.rows, 3});
  const uint32_t b = bench.input({variant.rows, 3});
  const uint32_t difference = variant.swapped ? bench.apply("sub", {b, a}) : bench.apply("sub", {a, b});
  const uint32_t factor = bench.apply("scalar", {}, {Attribute::of(variant.factor)}, variant.line);
  const uint32_t product = bench.apply("mul", {difference, factor}, {}, variant.line);
  const uint32_t sum = bench.apply("sum", {product}, {Attribute::of(Axes{variant.axis})});
  if (variant.longer) {
    bench.apply("exp", {sum});
  }
  return bench.recorder.end();
}

}  // namespace

TEST_CASE("recorder: a recording that is equal call by call has the tape of the one before") {
  Bench bench;
  CHECK(record(bench, {}));
  const std::shared_ptr<Tape> first = bench.recorder.tape();
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(record(bench, {}));
    CHECK(bench.recorder.tape() == first);
  }
  CHECK(bench.recorder.misses() == 1);
}

TEST_CASE("recorder: another attribute, input, shape or length is another structure, and known from then on") {
  const std::vector<Variant> variants = {
      {.axis = 1}, {.swapped = true}, {.longer = true}, {.rows = 5}, {.axis = 1, .longer = true}};
  for (const Variant& variant : variants) {
    Bench bench;
    record(bench, {});
    CHECK(record(bench, variant));
    const std::shared_ptr<Tape> own = bench.recorder.tape();
    CHECK_FALSE(record(bench, {}));
    CHECK(bench.recorder.tape() != own);
    CHECK_FALSE(record(bench, variant));
    CHECK(bench.recorder.tape() == own);
    CHECK(bench.recorder.misses() == 2);
  }
  Bench bench;  // all in turn
  for (const int round : {0, 1}) {
    for (const Variant& variant : variants) {
      CHECK(record(bench, variant) == (round == 0));
    }
  }
}

TEST_CASE("recorder: a recording that ends where a known one goes on is another structure") {
  Bench bench;
  record(bench, {.longer = true});
  CHECK(record(bench, {}));
  CHECK(bench.recorder.tape()->calls.size() == bench.recorder.recorded_calls());
  CHECK_FALSE(record(bench, {}));
  CHECK_FALSE(record(bench, {.longer = true}));
}

TEST_CASE("recorder: runtime operands and the author's line are no structure") {
  Bench bench;
  record(bench, {.factor = 2});
  const auto operand = [&] { return bench.recorder.operands().at(step_operand_count).real; };
  CHECK(operand() == 2);
  CHECK_FALSE(record(bench, {.factor = 7.5}));
  CHECK(operand() == 7.5);
  CHECK_FALSE(record(bench, {.line = 99}));
  CHECK(bench.recorder.misses() == 1);
}

TEST_CASE("recorder: where a structure left the one before is remembered") {
  Bench bench;
  record(bench, {});
  record(bench, {.axis = 1});
  CHECK(to_string(bench.recorder.miss_location()) == "model.cpp:12");
}

TEST_CASE("recorder: draws are numbered in the order of recording, and their numbers are no structure") {
  Bench bench;
  std::vector<int64_t> ordinals;
  for (const int64_t base : {0, 40}) {
    bench.recorder.begin();
    bench.recorder.operands()[operand_ordinal_base].integer = base;
    for (int i = 0; i < 2; ++i) {
      bench.apply("random_normal", {}, {Attribute::of(Axes{4})});
    }
    CHECK(bench.recorder.end() == (base == 0));
    CHECK(bench.recorder.draws() == 2);
    for (const TapeCall& call : bench.recorder.tape()->calls) {
      const int32_t slot = bench.recorder.tape()->attributes[call.first_attribute + call.attribute_count - 1].slot;
      ordinals.push_back(bench.recorder.operands().at(static_cast<size_t>(slot)).integer);
    }
  }
  CHECK(ordinals == std::vector<int64_t>{0, 1, 40, 41});
}

TEST_CASE("recorder: the tape that was not used for longest is forgotten") {
  Bench bench(2);
  record(bench, {});
  record(bench, {.axis = 1});
  CHECK_FALSE(record(bench, {}));
  CHECK(record(bench, {.swapped = true}));  // takes the place of axis 1
  CHECK_FALSE(record(bench, {}));
  CHECK(record(bench, {.axis = 1}));
}

TEST_CASE("recorder: a failed call says where, and the recording before it stays known") {
  Bench bench;
  record(bench, {});
  bench.recorder.begin();
  const uint32_t a = bench.input({2, 3});
  CHECK_THROWS_WITH_AS(bench.apply("sum", {a}, {Attribute::of(Axes{7})}), doctest::Contains("model.cpp:12: sum: "),
                       Error);
  CHECK_FALSE(record(bench, {}));
}

}  // namespace atelier::record::test
