#include "training/improvement.hpp"

#include <cmath>

namespace atelier::training {

Improvement::Improvement(const experiment::Experiment& experiment)
    : smaller_is_better_(experiment.evaluate.goal == experiment::Goal::min) {
  if (experiment.train.early_stopping) {
    min_delta_ = experiment.train.early_stopping->min_delta;
    patience_ = experiment.train.early_stopping->patience;
  }
}

bool Improvement::take(double value) {
  const double gain = smaller_is_better_ ? best_ - value : value - best_;
  const bool better = std::isfinite(value) && (!has_best_ || gain > 0);
  without_ = std::isfinite(value) && (!has_best_ || gain > min_delta_) ? 0 : without_ + 1;
  if (better) {
    best_ = value;
    has_best_ = true;
  }
  return better;
}

void Improvement::save(runlog::TrainerState& state) const {
  state.counters["evaluations_without_improvement"] = without_;
  state.counters["has_best"] = has_best_ ? 1 : 0;
  state.numbers["best"] = has_best_ ? best_ : std::nan("");
}

void Improvement::restore(const runlog::TrainerState& state) {
  without_ = state.counters.at("evaluations_without_improvement");
  has_best_ = state.counters.at("has_best") != 0;
  best_ = state.numbers.at("best");
}

}  // namespace atelier::training
