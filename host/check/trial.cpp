#include "check/trial.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "base/purposes.hpp"

namespace atelier::check {
namespace {

inference::Environment environment_of(const Workplace& workplace, int threads) {
  inference::Environment environment;
  environment.threads = threads;
  environment.out_directory = "/nonexistent";  // other runs are nobody's part
  environment.data_directories = workplace.data_directories;
  return environment;
}

std::vector<std::byte> copy_of(const tensor::Storage& storage, size_t bytes) {
  return {storage.data(), storage.data() + bytes};
}

std::vector<std::byte> bytes_of(double value) {
  std::vector<std::byte> out(sizeof value);
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

// Where the second tape leaves the first, as near as the calls have places.
std::string place_of_difference(const record::Tape& first, const record::Tape& second) {
  size_t call = 0;
  while (call < std::min(first.calls.size(), second.calls.size()) && record::same_calls(first, second, call + 1)) {
    ++call;
  }
  for (; call < second.calls.size(); ++call) {
    if (const std::string place = to_string(second.calls[call].location); !place.empty()) {
      return "at " + place;
    }
  }
  return "by ending before it";
}

}  // namespace

std::string difference(const std::vector<Made>& a, const std::vector<Made>& b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].name != b[i].name) {
      return fmt::format("{} stands in the place of {}", b[i].name, a[i].name);
    }
    if (a[i].bytes != b[i].bytes) {
      return a[i].name;
    }
  }
  return a.size() == b.size() ? "" : "how many numbers are logged";
}

Trial::Trial(const experiment::Experiment& experiment, const Workplace& workplace, int threads,
             inference::ForeignRuns foreign_runs)
    : experiment_(experiment),
      workplace_(workplace),
      setup_(experiment, workplace.registry, environment_of(workplace, threads), std::move(foreign_runs)) {}

void Trial::step() {
  execute::Session& session = setup_.steps.session();
  setup_.steps.record(++done_, steps, {});
  session.start();
  const execute::StepResults& results = session.wait();
  setup_.steps.optimizers().check();
  setup_.steps.batches().step_done();
  setup_.steps.batches().check();
  if (!execute::all_finite(results)) {
    throw_not_finite();
  }
  for (const execute::StepResult& result : results.entries) {
    if (result.kind == record::OutputKind::logged) {
      logged_.push_back({fmt::format("'{}' of step {}", session.names()[static_cast<size_t>(result.index)], done_),
                         bytes_of(result.value)});
    }
  }
}

// The same run again, and its last step with every value looked at.
void Trial::throw_not_finite() const {
  Trial again(experiment_, workplace_, 1);
  while (again.done_ + 1 < done_) {
    again.step();
  }
  record::Observation every;
  every.every_value = true;
  again.setup_.steps.record(done_, steps, every);
  const std::string culprit = again.setup_.steps.session().find_non_finite();
  throw Error(ErrorKind::numeric, "training step {} is not finite. Where that began: {}", done_,
              culprit.empty() ? "nowhere when it is made again" : culprit);
}

void Trial::record_in_vain() {
  if (vain_session_ == nullptr) {
    vain_session_ = setup_.built.session(execute::Mode::train, kernels::Precision::float32,
                                         static_cast<size_t>(experiment_.train.shards));
    vain_batches_ = std::make_unique<data::TrainingBatches>(setup_.data, experiment_.train.batch_size,
                                                            static_cast<uint64_t>(experiment_.seed),
                                                            data::BatchCut{experiment_.train.shards});
  }
  std::shared_ptr<const record::Tape> first;
  training::GroupOptimizers& optimizers = setup_.steps.optimizers();
  const std::vector<int64_t> counts = optimizers.counts();
  for (int turn = 0; turn < 2; ++turn) {
    vain_batches_->seek(setup_.steps.batches().consumed());
    vain_batches_->begin_step();
    atl_phase_info phase{};
    phase.step = done_ + 1;
    phase.total_steps = steps;
    phase.epoch =
        static_cast<double>(vain_batches_->consumed() - 1) / static_cast<double>(vain_batches_->batches_per_epoch());
    optimizers.begin_step(phase.step);
    vain_session_->begin({static_cast<uint64_t>(experiment_.seed), purpose_training, phase.step, 0});
    setup_.built.model().train_step(*vain_session_, *vain_batches_, phase, optimizers);
    vain_session_->end();
    optimizers.counts() = counts;  // it was no update
    vain_batches_->step_done();
    const std::shared_ptr<const record::Tape> tape = vain_session_->recorder().tape();
    if (turn == 1 && tape != first) {
      throw Error(
          ErrorKind::plugin,
          "train_step, recorded twice for step {}, is another one the second time: it leaves the first {}; hint: "
          "it may be recorded more often than it runs, so what lasts from step to step lives in parameters and "
          "state tensors, and not in members or static variables",
          phase.step, place_of_difference(*first, *tape));
    }
    first = tape;
  }
}

void Trial::evaluate() {
  setup_.evaluator.evaluate(setup_.data.evaluated_subset(), experiment_.evaluate.batch_size,
                            inference::MetricsDue::all);
}

void Trial::sample() {
  if (setup_.sampler.makes_samples()) {
    setup_.sampler.values(experiment_.sample.count, static_cast<uint64_t>(experiment_.sample.seed));
  }
}

std::vector<Made> Trial::made() {
  std::vector<Made> out = logged_;
  for (const auto& parameter : setup_.built.bank().parameters) {
    const std::string name = fmt::format("the parameter '{}'", parameter->name);
    out.push_back({name, copy_of(parameter->value.storage, parameter->value.bytes())});
    for (size_t s = 0; s < parameter->slots.size(); ++s) {
      out.push_back({fmt::format("what the optimizer keeps beside {} ({})", name, s),
                     copy_of(parameter->slots[s], parameter->slots[s].size())});
    }
  }
  return out;
}

}  // namespace atelier::check
