#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "cli/profile.hpp"

using namespace atelier;
using cli::short_name;
using training::Activity;

namespace {

// Two workers for 10 ms: 6 + 2 ms of products in two calls, 1 + 0.5 ms of a fused chain, 2 ms of recording, and no
// batch to assemble.
training::StepProfile example() {
  training::StepProfile profile;
  profile.step = 12;
  profile.workers = 2;
  profile.seconds = 0.010;
  profile.operations = {{Activity::operation, "gemm/1", {"(2, 3)", "(3, 4)"}, {"(2, 4)"}, "model.cpp:7", 4e8},
                        {Activity::operation, "mul/1+add/1+mul/1+tanh/1", {"(8)"}, {"(8)"}, "", 0},
                        {Activity::operation, "gemm/1", {"(1, 1)", "(1, 1)"}, {"(1, 1)"}, "model.cpp:8", 4e8},
                        {Activity::recording, "record the next step", {}, {}, "", 0},
                        {Activity::batch, "assemble the next batch", {}, {}, "", 0}};
  profile.pieces = {{3, 0, 0, 0, 0.000, 0.002}, {0, 0, 0, 0, 0.002, 0.005},  {0, 0, 1, 1, 0.000, 0.003},
                    {1, 0, 0, 0, 0.005, 0.006}, {1, 0, 1, 1, 0.003, 0.0035}, {2, 1, 0, 0, 0.006, 0.008}};
  profile.arena_bytes = 2'000'000;
  profile.peak_arena_bytes = 3'000'000;
  profile.sgemm_peak = 400e9;
  return profile;
}

}  // namespace

TEST_CASE("operations are named without their version, and long chains by their kinds") {
  CHECK(short_name("gemm/1") == "gemm");
  CHECK(short_name("gemm/2") == "gemm/2");
  CHECK(short_name("copy") == "copy");
  CHECK(short_name("mul/1+mul/1+add/1") == "mul+mul+add");
  CHECK(short_name("mul/1+add/1+mul/1+tanh/1") == "mul+add+tanh (4 operations)");
  CHECK(short_name("mul/1+add/1+mul/1+tanh/1+exp/1") == "mul+add+tanh+… (5 operations)");
}

TEST_CASE("the step to look at is the tenth, or the next that is like most") {
  const auto all = [](int64_t) { return true; };
  CHECK(training::step_to_profile(1000, all) == 10);
  CHECK(training::step_to_profile(4, all) == 4);
  CHECK(training::step_to_profile(1000, [](int64_t step) { return step % 10 > 1; }) == 12);
  CHECK(training::step_to_profile(1000, [](int64_t) { return false; }) == 10);
}

TEST_CASE("a profile's table has a row for each kind of operation, the longest first") {
  CHECK(cli::profile_text(example(), {}) ==
        "step 12: 10.000 ms on 2 workers; sgemm of 1024x1024 matrices: 200.0 GFLOP/s a worker\n"
        "operation                    calls     ms  share  GFLOP/s  of sgemm\n"
        "gemm                             2  8.000  40.0%    100.0     50.0%\n"
        "(record the next step)           1  2.000  10.0%\n"
        "mul+add+tanh (4 operations)      1  1.500   7.5%\n"
        "matrix products and convolutions 40.0%, idle 42.5% of the workers' time; waited 0.000 ms for the next batch; "
        "arena 2.0 MB, at most 3.0 MB in the run\n");
  training::StepProfile waiting = example();
  waiting.pieces.push_back({4, 0, 0, 1, 0.007, 0.0095});  // to 1.5 ms after the last that was computed
  CHECK(cli::profile_text(waiting, {}).find("; waited 1.500 ms for the next batch; ") != std::string::npos);
}

TEST_CASE("a profile's trace has an event for each piece, in microseconds") {
  const auto trace = nlohmann::json::parse(cli::trace_json(example()));
  std::vector<nlohmann::json> events;
  for (const auto& event : trace["traceEvents"]) {
    if (event["ph"] == "X") {
      events.push_back(event);
    }
  }
  REQUIRE(events.size() == 6);
  CHECK(events[0]["name"] == "(record the next step)");
  const auto& piece = events[2];
  CHECK(piece["name"] == "gemm");
  CHECK(piece["tid"] == 1);
  CHECK(piece["ts"].get<double>() == doctest::Approx(0));
  CHECK(piece["dur"].get<double>() == doctest::Approx(3000));
  CHECK(piece["args"]["piece"] == 1);
  CHECK(piece["args"]["location"] == "model.cpp:7");
  CHECK(piece["args"]["inputs"] == nlohmann::json{"(2, 3)", "(3, 4)"});
  CHECK(piece["args"]["flops"] == 4e8);
  CHECK(events[3]["args"]["operation"] == "mul/1+add/1+mul/1+tanh/1");
  CHECK(!events[3]["args"].contains("flops"));
  CHECK(trace["otherData"]["step"] == 12);
}
