// What a trainer begins with, and what it leaves to go on from.
#include "inference/weights.hpp"
#include "training/trainer.hpp"

namespace atelier::training {

void Trainer::begin() {
  setup_.steps.batches().seek(0);
  if (!keep_checkpoint(0)) {
    write_checkpoint(0);
  }
}

void Trainer::begin_from(const runlog::Checkpoint& checkpoint) {
  restore(checkpoint, 0);
  write_checkpoint(done_);
}

void Trainer::restore(const runlog::Checkpoint& checkpoint, double seconds_before) {
  seconds_before_ = seconds_before;
  inference::load(checkpoint.weights, setup_.built.bank());
  setup_.steps.optimizers().load_slots(checkpoint.optimizer);
  const auto& counters = checkpoint.trainer.counters;
  done_ = checkpoint.step;
  batches_after_ = counters.at("batches");
  due_ = static_cast<Due>(counters.at("due"));
  improvement_.restore(checkpoint.trainer);
  const std::vector<std::string> names = setup_.built.model().group_names();
  for (size_t g = 0; g < names.size(); ++g) {
    updates_after_[g] = counters.at("updates." + names[g]);
  }
  setup_.steps.optimizers().counts() = updates_after_;
  setup_.steps.batches().seek(batches_after_);
}

runlog::CheckpointView Trainer::checkpoint_of(int64_t step) {
  runlog::CheckpointView view;
  view.step = step;
  view.weights = inference::weights_of(setup_.built.bank());
  view.optimizer = setup_.steps.optimizers().slot_views();
  view.trainer.counters["batches"] = batches_after_;
  view.trainer.counters["due"] = static_cast<int64_t>(due_);
  improvement_.save(view.trainer);
  const std::vector<std::string> names = setup_.built.model().group_names();
  for (size_t g = 0; g < names.size(); ++g) {
    view.trainer.counters["updates." + names[g]] = updates_after_[g];
  }
  return view;
}

void Trainer::write_checkpoint(int64_t step) {
  writer_.write_checkpoint(checkpoint_of(step));
  last_checkpoint_ = Clock::now();
}

// True where one falls on this step.
bool Trainer::keep_checkpoint(int64_t step) {
  const int64_t every = setup_.experiment.checkpoint.keep;
  const bool falls = every > 0 && step % every == 0;
  if (falls) {
    writer_.keep_checkpoint(checkpoint_of(step));
    last_checkpoint_ = Clock::now();
  }
  return falls;
}

}  // namespace atelier::training
