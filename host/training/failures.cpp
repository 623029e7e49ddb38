// What the trainer does when something goes wrong.
#include "base/error.hpp"
#include "training/trainer.hpp"

namespace atelier::training {

// An update that failed leaves weights that belong to no step: nothing of them is kept.
void Trainer::check_updates() {
  try {
    setup_.steps.optimizers().check();
  } catch (...) {
    failed_ = true;
    throw;
  }
}

// Something failed between two steps: the step that still runs counts, and its state is kept.
void Trainer::salvage() {
  finish_running_step();
  if (!failed_ &&
      complete_) {  // an evaluation that failed is made again when the run goes on from an earlier checkpoint
    write_checkpoint(done_);
  }
}

// A loss is not finite. As a run can be repeated bit for bit, the state before the step is made again from the last
// checkpoint, and the step once more with every value looked at.
void Trainer::fail_non_finite(int64_t step) {
  failed_ = stopping_ = true;
  outcome_.status = runlog::Status::failed;
  observer_.message(
      fmt::format("the loss of step {} is not finite; replaying from the last checkpoint to find out why", step));
  writer_.flush();
  {
    const runlog::Reader reader(log_);
    const auto checkpoint = reader.newest_checkpoint();
    ATELIER_CHECK(checkpoint.has_value());
    // The evaluations since are not made again.
    const double best = best_;
    const bool has_best = has_best_;
    const int64_t without_improvement = without_improvement_;
    restore(*checkpoint, seconds_before_);
    best_ = best;
    has_best_ = has_best;
    without_improvement_ = without_improvement;
  }
  execute::Session& session = setup_.steps.session();
  while (done_ + 1 < step) {
    setup_.steps.record(done_ + 1, plan_.total_steps, {});
    session.start();
    session.wait();
    setup_.steps.batches().step_done();
    setup_.steps.batches().check();
    ++done_;
    updates_after_ = setup_.steps.optimizers().counts();
    batches_after_ = setup_.steps.batches().consumed();
  }
  write_checkpoint(done_);
  record::Observation every;
  every.every_value = true;
  setup_.steps.record(step, plan_.total_steps, every);
  const std::string culprit = session.find_non_finite();
  outcome_.reason =
      fmt::format("the loss is not finite at step {}; nothing was updated by it. First value that is not finite: {}",
                  step, culprit.empty() ? "none when replayed" : culprit);
  writer_.set_status(outcome_.status, outcome_.reason);
  writer_.close();
}

}  // namespace atelier::training
