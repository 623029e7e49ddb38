// Gradients that are late, as those of asynchronous stochastic gradient descent are (Zinkevich, Smola & Langford 2009,
// "Slow learners are fast"): here each by the same number of updates, so that a run repeats.
#pragma once

#include "record/bank.hpp"

namespace atelier::training {

// The gradient of a group's update t moves the weights in its update t + delay. The first `delay` updates move nothing.
class DelayedUpdate final : public record::UpdateRule {
 public:
  // delay: 1 ... max_delay. The rule is borrowed; it counts the updates that move something.
  DelayedUpdate(record::UpdateRule& rule, int64_t delay);

  [[nodiscard]] int64_t delay() const { return delay_; }
  // The rule's, and then the gradients that wait, "delayed-0" ...
  [[nodiscard]] const std::vector<std::string>& slots() const override { return slots_; }
  void begin_update(int64_t t, double learning_rate, double* scalars) override;
  void update(const double* scalars, const double* constants, uint64_t count, tensor::DType real, void* parameter,
              const void* gradient, void* const* slots) const override;

 private:
  record::UpdateRule& rule_;
  int64_t delay_;
  std::vector<std::string> slots_;
};

}  // namespace atelier::training
