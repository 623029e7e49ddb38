// What a log says of its run before the first step.
#pragma once

#include "training/log_plan.hpp"

namespace atelier::training {

runlog::RunDescription describe_run(Setup& setup, const LogPlan& plan, const plugin::Registry& registry, int threads);

}  // namespace atelier::training
