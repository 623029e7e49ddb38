// What a log says of its run before the first step.
#pragma once

#include "training/log_plan.hpp"
#include "training/start.hpp"

namespace atelier::training {

// `start`: what it began with.
runlog::RunDescription describe_run(Setup& setup, const LogPlan& plan, const plugin::Registry& registry, int threads,
                                    const StartedWith& start);

}  // namespace atelier::training
