// Which evaluation was the best so far, and how long ago: what the best weights and early stopping go by.
#pragma once

#include <cstdint>
#include <optional>

#include "catalog/description.hpp"
#include "experiment/experiment.hpp"
#include "runlog/weights.hpp"

namespace atelier::training {

class Improvement {
 public:
  // `direction` "neither": no evaluation is the best one.
  Improvement(catalog::Direction direction, const std::optional<experiment::EarlyStopping>& early_stopping);

  // Takes the value of the newest evaluation; true where it is the best so far. One that is not finite never is.
  bool take(double value);
  // Evaluations since the last one that early stopping counts as an improvement: one that is better by more than
  // min_delta than the one before it that counted. So what falls slowly improves each time that it has fallen far
  // enough, as in Keras and Lightning.
  [[nodiscard]] int64_t evaluations_without() const { return without_; }
  // Whether early stopping is asked for, and its patience has ended.
  [[nodiscard]] bool patience_ended() const { return patience_ > 0 && without_ >= patience_; }

  // On their way into a checkpoint and out of it.
  void save(runlog::TrainerState& state) const;
  void restore(const runlog::TrainerState& state);

 private:
  [[nodiscard]] bool is_better(double value, double than, double by) const;

  catalog::Direction direction_;
  double min_delta_ = 0;
  int64_t patience_ = 0;  // 0: the run is not stopped early
  double best_ = 0;
  double reference_ = 0;   // the value that counted last as an improvement
  bool has_best_ = false;  // and a reference
  int64_t without_ = 0;
};

}  // namespace atelier::training
