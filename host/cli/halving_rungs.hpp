// [sweep.halving], with what data and plugins say of it: where each point is compared with the others, and by what.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/evaluated_metric.hpp"
#include "decision/halving.hpp"
#include "experiment/sweep.hpp"

namespace atelier::cli {

struct PointRungs {
  std::vector<int64_t> steps;  // of each rung, increasing, below total_steps
  int64_t total_steps = 0;
};

struct Halving {
  decision::Halving rule;
  EvaluatedMetric metric;
  std::vector<PointRungs> points;  // as the sweep has them
};

// Of each point what summarize() says, in their order. Throws Error(experiment) with what is wrong.
class HalvingPlanner {
 public:
  explicit HalvingPlanner(const experiment::Sweep& sweep) : wanted_(sweep.halving.value()) {}
  void add(const experiment::Experiment& experiment, const training::ModelSummary& summary);
  // After all points.
  [[nodiscard]] Halving planned() const;

 private:
  experiment::SweepHalving wanted_;
  Halving halving_;
};

// Of the steps that all points would take to their ends, in (0, 1]: what is trained where none fails.
double share_of_steps(const Halving& halving);
// "halving by validation/loss: 9 points to step 40, 3 to step 120, 1 to the end at step 360: 26% of all steps"
std::string to_text(const Halving& halving);

}  // namespace atelier::cli
