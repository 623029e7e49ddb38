// [start]: a run that begins with another run's weights.
#pragma once

#include <string>

#include "training/setup.hpp"

namespace atelier::training {

// Takes the weights of another run, whole groups of them with their state, and returns its id; "" where the experiment
// asks for none. Throws Error where that run, or a weight of
// the right shape in it, cannot be found.
std::string take_start(Setup& setup, const plugin::Registry& registry, const inference::Environment& environment);

}  // namespace atelier::training
