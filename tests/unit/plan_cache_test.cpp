// Which plans are kept.
#include "plan/plan_cache.hpp"

#include <doctest/doctest.h>

#include "record_bench.hpp"

namespace atelier::plan {
namespace {

using record::test::Bench;

struct CacheBench {
  explicit CacheBench(size_t capacity) : cache(recording.bank, DType::f32, capacity) {}

  // A request for one of several structures: exp of exp of ... of an input.
  PlanRequest request(int depth) {
    recording.recorder.begin();
    uint32_t value = recording.input({4});
    for (int i = 0; i < depth; ++i) {
      value = recording.apply("exp", {value});
    }
    recording.recorder.end();
    return {.tape = recording.recorder.tape(), .calls = recording.recorder.recorded_calls(), .requested = {value}};
  }
  const Plan& get(int depth) { return cache.get(request(depth)); }
  bool makes(const PlanRequest& wanted) {
    const int64_t before = cache.made();
    cache.get(wanted);
    return cache.made() > before;
  }

  Bench recording;
  PlanCache cache;
};

}  // namespace

TEST_CASE("plan cache: equal requests have one plan, and each part of a request counts") {
  CacheBench bench(16);
  const PlanRequest wanted = bench.request(3);
  const Plan& plan = bench.cache.get(wanted);
  CHECK(&bench.cache.get(bench.request(3)) == &plan);
  CHECK(bench.cache.made() == 1);
  PlanRequest other = wanted;
  other.requested = {1};
  CHECK(bench.makes(other));
  other = wanted;
  other.observation.every_value = true;
  CHECK(bench.makes(other));
  other = wanted;
  other.keep_all = true;
  CHECK(bench.makes(other));
  other = wanted;
  other.calls = 2;
  other.requested = {1};
  CHECK(bench.makes(other));
  other = bench.request(5);
  CHECK(bench.makes(other));
  CHECK_FALSE(bench.makes(wanted));
}

TEST_CASE("plan cache: the oldest plan makes room") {
  CacheBench bench(2);
  bench.get(1);
  bench.get(2);
  bench.get(3);
  CHECK(bench.cache.size() == 2);
  CHECK_FALSE(bench.makes(bench.request(2)));
  CHECK(bench.makes(bench.request(1)));
}

TEST_CASE("plan cache: a plan that runs, or that another goes on from, stays") {
  CacheBench bench(2);
  const Plan& running = bench.get(1);
  bench.get(2);
  bench.cache.get(bench.request(3), &running);  // takes the place of 2
  CHECK_FALSE(bench.makes(bench.request(1)));
  CHECK(bench.makes(bench.request(2)));

  CacheBench cuts(2);
  PlanRequest beginning = cuts.request(4);
  PlanRequest rest = beginning;
  beginning.calls = 3;
  beginning.requested = {2};
  beginning.keep_all = true;
  rest.executed = &cuts.cache.get(beginning);
  cuts.cache.get(rest);
  cuts.get(7);  // takes the place of the rest, not of what it goes on from
  CHECK_FALSE(cuts.makes(beginning));
  CHECK(cuts.cache.size() == 2);
  CHECK(cuts.makes(rest));
}

TEST_CASE("plan cache: where all plans are in use there are more") {
  CacheBench bench(1);
  PlanRequest request = bench.request(4);
  request.calls = 2;
  request.requested = {1};
  request.keep_all = true;
  const Plan* executed = &bench.cache.get(request);
  for (size_t calls = 3; calls <= 5; ++calls) {  // each goes on from the one before
    request.calls = calls;
    request.requested = {static_cast<uint32_t>(calls) - 1};
    request.executed = executed;
    executed = &bench.cache.get(request);
  }
  CHECK(bench.cache.size() == 4);
}

}  // namespace atelier::plan
