#include "execute/profile.hpp"

namespace atelier::execute {

PlanProfile& Profile::begin(const Plan& plan, int workers, int32_t background_pieces) {
  auto pieces = static_cast<size_t>(background_pieces);
  for (const Task& task : plan.tasks) {
    pieces += static_cast<size_t>(task.pieces);
  }
  PlanProfile& run = plans.emplace_back();
  run.plan = &plan;
  run.workers.resize(static_cast<size_t>(workers));
  for (WorkerProfile& worker : run.workers) {
    worker.pieces.reserve(pieces);
  }
  return run;
}

}  // namespace atelier::execute
