// Which evaluation was the best so far, and how long ago: what the best weights and early stopping go by.
#pragma once

#include <cstdint>

#include "experiment/experiment.hpp"
#include "runlog/weights.hpp"

namespace atelier::training {

class Improvement {
 public:
  explicit Improvement(const experiment::Experiment& experiment);

  // Takes the value of the newest evaluation; true where it is the best so far. One that is not finite never is.
  bool take(double value);
  [[nodiscard]] int64_t evaluations_without() const { return without_; }
  // Whether early stopping is asked for, and its patience has ended.
  [[nodiscard]] bool patience_ended() const { return patience_ > 0 && without_ >= patience_; }

  // On their way into a checkpoint and out of it.
  void save(runlog::TrainerState& state) const;
  void restore(const runlog::TrainerState& state);

 private:
  bool smaller_is_better_;
  double min_delta_ = 0;
  int64_t patience_ = 0;  // 0: the run is not stopped early
  double best_ = 0;
  bool has_best_ = false;
  int64_t without_ = 0;
};

}  // namespace atelier::training
