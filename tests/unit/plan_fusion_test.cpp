// Plans compute what was recorded: random steps, fused and in memory that is used again, give the bits of the same
// steps unfused, and of the same with every value in a buffer of its own.
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "random_recording.hpp"

using namespace atelier;
using namespace atelier::ops::test;

namespace {

enum class How {
  planned,
  unfused,      // every value looked at
  own_buffers,  // unfused, and no memory is used twice
};

struct Run {
  unsigned seed = 0;
  RandomKind kind = RandomKind::forward;
  How how = How::planned;
  int threads = 1;
};

// All requested values of some steps, and in the end the parameters.
std::vector<Numbers> results_of(const Run& run) {
  Bench bench(run.kind == RandomKind::training ? Mode::train : Mode::evaluate, DType::f32, run.threads);
  RandomRecording::add_parameters(bench);
  std::vector<Numbers> out;
  for (int64_t step = 0; step < 2; ++step) {
    record::Observation observation;
    observation.every_value = run.how == How::unfused;
    bench.begin(step, 0, 7, observation);
    RandomRecording recording(bench, run.seed * 7 + 1, run.kind);
    const std::vector<uint32_t> requested = recording.record(step);
    if (run.how == How::own_buffers) {  // as whatever is computed before a read in a training step
      uint32_t value = recording.computed();
      Numbers unused(RandomRecording::side * RandomRecording::side);
      bench.session().read(value, unused.data(), unused.size(), {"model.cpp", 2});
      CHECK(bench.session().newest_plan()->arena_bytes == 0);
    }
    for (Numbers& values : bench.run(requested)) {
      out.push_back(std::move(values));
    }
  }
  for (uint32_t index = 0; index < bench.bank().parameters.size(); ++index) {
    out.push_back(bench.value(index));
  }
  return out;
}

bool same_bits(const std::vector<Numbers>& a, const std::vector<Numbers>& b) {
  return std::ranges::equal(a, b, [](const Numbers& x, const Numbers& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0;
  });
}

}  // namespace

TEST_CASE("fusion: random steps give equal bits fused and unfused, whole and cut") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    try {
      const std::vector<Numbers> unfused = results_of({seed, RandomKind::forward, How::unfused});
      CHECK_MESSAGE(same_bits(results_of({seed, RandomKind::forward}), unfused), "fused, seed ", seed);
      CHECK_MESSAGE(same_bits(results_of({seed, RandomKind::cut}), unfused), "cut, seed ", seed);
    } catch (const Error& error) {
      FAIL_CHECK("seed " << seed << ": " << error.what());
    }
  }
}

TEST_CASE("fusion: random training steps give equal bits fused, unfused, and with every value in a buffer of its own") {
  int updates = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    try {
      const std::vector<Numbers> alone = results_of({seed, RandomKind::training, How::own_buffers});
      CHECK_MESSAGE(same_bits(results_of({seed, RandomKind::training, How::unfused}), alone), "unfused, seed ", seed);
      const std::vector<Numbers> planned = results_of({seed, RandomKind::training});
      CHECK_MESSAGE(same_bits(planned, alone), "fused, seed ", seed);
      updates += planned.back() == ramp(planned.back().size(), 0.2, 0.01) ? 0 : 1;
    } catch (const Error& error) {
      FAIL_CHECK("seed " << seed << ": " << error.what());
    }
  }
  CHECK(updates > 50);  // these steps do change parameters
}

TEST_CASE("fusion: random steps give equal bits on one thread and on three") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    for (const RandomKind kind : {RandomKind::forward, RandomKind::cut, RandomKind::training}) {
      CHECK_MESSAGE(same_bits(results_of({seed, kind, How::planned, 3}), results_of({seed, kind})), "seed ", seed);
    }
  }
}
