#include "training/improvement.hpp"

#include <cmath>

namespace atelier::training {

Improvement::Improvement(catalog::Direction direction, const std::optional<experiment::EarlyStopping>& early_stopping)
    : direction_(direction) {
  if (early_stopping) {
    min_delta_ = early_stopping->min_delta;
    patience_ = early_stopping->patience;
  }
}

bool Improvement::is_better(double value, double than, double by) const {
  if (!std::isfinite(value) || !has_better(direction_)) {
    return false;
  }
  return !has_best_ || (direction_ == catalog::Direction::larger ? value - than : than - value) > by;
}

bool Improvement::take(double value) {
  const bool best = is_better(value, best_, 0);
  const bool counts = is_better(value, reference_, min_delta_);
  if (best) {
    best_ = value;
  }
  if (counts) {
    reference_ = value;
  }
  without_ = counts ? 0 : without_ + 1;
  has_best_ = has_best_ || best;
  return best;
}

void Improvement::save(runlog::TrainerState& state) const {
  state.counters["evaluations_without_improvement"] = without_;
  state.counters["has_best"] = has_best_ ? 1 : 0;
  state.numbers["best"] = has_best_ ? best_ : std::nan("");
  state.numbers["early_stopping_reference"] = has_best_ ? reference_ : std::nan("");
}

void Improvement::restore(const runlog::TrainerState& state) {
  without_ = state.counters.at("evaluations_without_improvement");
  has_best_ = state.counters.at("has_best") != 0;
  best_ = state.numbers.at("best");
  reference_ = state.numbers.at("early_stopping_reference");
}

}  // namespace atelier::training
