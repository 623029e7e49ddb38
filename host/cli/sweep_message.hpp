// A sweep on its way from the child that has read its file, and looked at every point, to the supervisor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/halving_rungs.hpp"
#include "cli/paired_runs.hpp"
#include "cli/sweep_states.hpp"
#include "experiment/sweep.hpp"

namespace atelier::cli {

struct CheckedPoint {
  PointState state;
  size_t shape = 0;  // points that are to be run and have the same one cost the same for each step and evaluation
  int64_t steps = 0, evaluations = 0;

  [[nodiscard]] bool is_to_run() const {
    return state.kind != PointState::Kind::finished && state.kind != PointState::Kind::running && !state.left_behind;
  }
};

struct CheckedSweep {
  experiment::Sweep sweep;
  std::vector<CheckedPoint> points;  // in the same order
  std::optional<Halving> halving{};  // where the sweep has it
  std::optional<Pairing> pairing{};  // where its points are pairs
};

std::string to_message(const CheckedSweep& sweep);
CheckedSweep sweep_of_message(const std::string& message);  // throws Error(internal)

}  // namespace atelier::cli
