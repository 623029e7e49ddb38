// What a log says of its run before the first step.
#pragma once

#include "training/log_plan.hpp"

namespace atelier::training {

// `start_run_id`: of the run whose weights it began with, or "".
runlog::RunDescription describe_run(Setup& setup, const LogPlan& plan, const plugin::Registry& registry, int threads,
                                    const std::string& start_run_id);

}  // namespace atelier::training
