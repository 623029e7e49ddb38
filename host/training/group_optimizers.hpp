// What updates a model's parameter groups: the optimizer of each, its learning rate, and how many updates it has made.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "experiment/experiment.hpp"
#include "plugin/group_updates.hpp"
#include "record/bank.hpp"
#include "runlog/weights.hpp"
#include "training/delayed_update.hpp"
#include "training/optimizer.hpp"
#include "training/recorded_optimizer.hpp"

namespace atelier::training {

class GroupOptimizers final : public plugin::GroupUpdates {
 public:
  explicit GroupOptimizers(record::Bank& bank);  // borrowed

  // Gives a group its optimizer; null freezes it, with the state that goes with it. Once for each group, before
  // anything is recorded: plans hold on to it. `average`: the decay of a moving average of the weights, which begins at
  // what they are now; 0 for none. `delay`: by how many updates a gradient is late (DelayedUpdate).
  void set(size_t group, std::unique_ptr<Optimizer> optimizer, double clip_norm, double average = 0, int64_t delay = 0);
  void set(size_t group, std::unique_ptr<RecordedOptimizer> optimizer, double clip_norm, double average = 0);
  // learning_rate(step) is that of the group's updates in a training step, however many they are.
  void set_learning_rate(size_t group, std::function<double(int64_t step)> learning_rate);
  [[nodiscard]] double learning_rate(size_t group, int64_t step) const { return learning_rates_[group](step); }
  // What a log says of it after so many updates: 0 of a group that none of them has moved.
  [[nodiscard]] double logged_learning_rate(size_t group, int64_t step, int64_t updates) const {
    const int64_t waiting = delayed_[group] ? delayed_[group]->delay() : 0;
    return updates <= waiting ? 0 : learning_rate(group, step);
  }
  // What is recorded from here on belongs to this training step, from 1.
  void begin_step(int64_t step) { step_ = step; }

  // Updates of each group so far; restored when a run goes on.
  [[nodiscard]] std::vector<int64_t>& counts() { return counts_; }
  [[nodiscard]] const std::vector<int64_t>& counts() const { return counts_; }
  double begin_update(size_t group, double* scalars) override;
  [[nodiscard]] bool records(size_t group) const override { return recorded_[group] != nullptr; }
  void record_update(size_t group, atl_context& context, uint32_t loss, record::Location location) override;
  // Throws Error(plugin) where an optimizer's update has failed; nothing may run.
  void check() const;

  // What the optimizers keep beside the weights: "<parameter>.<slot>", of each elementwise optimizer's parameter a
  // moving average last. Borrowed from the bank.
  struct SlotEntry {
    std::string name;
    tensor::Shape shape;
    tensor::DType dtype;
    tensor::Storage* storage;
  };
  [[nodiscard]] const std::vector<SlotEntry>& slots() const { return slots_; }
  [[nodiscard]] std::vector<runlog::ArrayView> slot_views() const;  // valid while nothing trains
  // Takes the slots from a log. Throws Error(file) where one is missing, or has another type or shape.
  void load_slots(const std::vector<runlog::NamedTensor>& slots);

 private:
  void begin_group(size_t group, record::UpdateRule* rule, double clip_norm, double average);
  void list_slots();

  record::Bank& bank_;
  std::vector<std::unique_ptr<Optimizer>> optimizers_;   // by group; null for one of the next, or that is frozen
  std::vector<std::unique_ptr<DelayedUpdate>> delayed_;  // by group, of those whose gradients are late
  std::vector<std::unique_ptr<RecordedOptimizer>> recorded_;
  std::vector<std::function<double(int64_t)>> learning_rates_;
  std::vector<int64_t> counts_;
  int64_t step_ = 1;
  std::vector<SlotEntry> slots_;
};

// Those that the experiment asks for; groups that it freezes get none.
void set_optimizers(GroupOptimizers& optimizers, const experiment::Experiment& experiment,
                    const plugin::Registry& registry, const std::vector<std::string>& groups);
// Lays the learning-rate schedule over so many training steps.
void set_schedule(GroupOptimizers& optimizers, const experiment::Experiment& experiment,
                  const std::vector<std::string>& groups, int64_t total_steps);

}  // namespace atelier::training
