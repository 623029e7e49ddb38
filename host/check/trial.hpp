// A training run of a few steps, without a log, that can be looked into and disturbed.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "check/workplace.hpp"
#include "training/setup.hpp"

namespace atelier::check {

// All that a run has made, to be compared bit for bit.
struct Made {
  std::string name;  // "the parameter 'encoder.0.weight'", "'loss' of step 2"
  std::vector<std::byte> bytes;
};

// What the first difference is; "" where all is equal.
std::string difference(const std::vector<Made>& a, const std::vector<Made>& b);

class Trial {
 public:
  static constexpr int64_t steps = 4;

  // Borrows the experiment and the workplace. Throws Error for what cannot be made.
  Trial(const experiment::Experiment& experiment, const Workplace& workplace, int threads,
        inference::ForeignRuns foreign_runs = {});
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  [[nodiscard]] training::Setup& setup() { return setup_; }
  // One training step. Throws Error(numeric) where something is not finite, with what began it.
  void step();
  // Records the next step twice and throws it away: nothing may come of that. Throws Error(plugin) where the second
  // recording is another one. Not for a model that reads while it trains, as that runs a part of the step.
  void record_in_vain();
  void evaluate();
  void sample();                           // where the model makes samples
  [[nodiscard]] std::vector<Made> made();  // so far
  // In the steps that it has made.
  [[nodiscard]] bool reads_while_training() { return setup_.steps.session().cuts(); }

 private:
  [[noreturn]] void throw_not_finite() const;

  const experiment::Experiment& experiment_;
  const Workplace& workplace_;
  training::Setup setup_;
  int64_t done_ = 0;
  std::vector<Made> logged_;
  std::unique_ptr<data::TrainingBatches> vain_batches_;
  std::unique_ptr<execute::Session> vain_session_;
};

}  // namespace atelier::check
