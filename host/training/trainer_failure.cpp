// What a trainer does when something goes wrong.
#include "base/error.hpp"
#include "inference/weights.hpp"
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

// Something failed between two steps: the step that still runs counts, and its state is kept. What was due after it is
// made when the run goes on.
void Trainer::salvage() {
  try {
    finish_running_step();
  } catch (...) {  // of what is due after it, perhaps; the step itself is done
    if (!failed_) {
      write_checkpoint(done_);
    }
    throw;
  }
  if (!failed_) {
    write_checkpoint(done_);
  }
}

// A loss, a gradient, an update or a state tensor is not finite. As a run can be repeated bit for bit, the state before
// the step is made again from the last checkpoint, and the step once more with every value looked at.
void Trainer::fail_non_finite(int64_t step) {
  failed_ = stopping_ = true;
  outcome_.status = runlog::Status::failed;
  if (options_.ranks != nullptr) {  // the first one has not all that the others do
    outcome_.reason = fmt::format(
        "step {} is not finite; nothing was updated by it; hint: atelier resume in one process finds out where that "
        "began",
        step);
    writer_.set_status(outcome_.status, outcome_.reason);
    writer_.close();
    return;
  }
  observer_.message(
      fmt::format("step {} is not finite; replaying from the last checkpoint to find out where that began", step));
  writer_.flush();
  {
    const runlog::Reader reader(log_);
    const auto checkpoint = reader.newest_checkpoint();
    ATELIER_CHECK(checkpoint.has_value());
    // The evaluations since are not made again.
    const Improvement improvement = improvement_;
    restore(*checkpoint, seconds_before_);
    improvement_ = improvement;
    due_ = Due::nothing;  // what was due after that checkpoint has been done since
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
  outcome_.reason = fmt::format("step {} is not finite; nothing was updated by it. Where that began: {}", step,
                                culprit.empty() ? "nowhere when replayed" : culprit);
  writer_.set_status(outcome_.status, outcome_.reason);
  writer_.close();
}

void Trainer::end_log() {
  try {
    writer_.set_status(outcome_.status, outcome_.reason);
    writer_.close();
  } catch (const std::exception&) {  // the log itself is what failed; it stays as its last flush left it
  }
}

}  // namespace atelier::training
