// When each piece of a plan ran, and on which worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "plan/plan.hpp"

namespace atelier::execute {

using plan::Plan;
using plan::Task;

using ProfileClock = std::chrono::steady_clock;

struct PieceTimes {
  int32_t task = 0;  // of the plan; -1: of the background work
  int32_t piece = 0;
  ProfileClock::time_point begin, end;
};

struct alignas(64) WorkerProfile {  // by itself on its cache lines
  std::vector<PieceTimes> pieces;   // in the order in which they ran

  void add(int32_t task, int32_t piece, ProfileClock::time_point begin) {
    pieces.push_back({task, piece, begin, ProfileClock::now()});
  }
};

struct PlanProfile {
  const Plan* plan = nullptr;
  ProfileClock::time_point begin, end;  // from the start until all is done
  ProfileClock::time_point helped;      // worker 0, the thread that started it, did other work until then
  std::vector<WorkerProfile> workers;
};

// What ran while it was given to an executor: one plan, or more where a step is cut by reads. A plan that it names may
// be gone once its session has recorded more steps.
struct Profile {
  std::vector<PlanProfile> plans;

  // Makes room for all pieces, so that running them allocates nothing.
  PlanProfile& begin(const Plan& plan, int workers, int32_t background_pieces);
};

}  // namespace atelier::execute
