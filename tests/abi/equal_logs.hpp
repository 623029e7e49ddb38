// Whether two logs tell of the same run, to the last bit.
#pragma once

#include <cmath>
#include <cstring>
#include <functional>
#include <set>

#include "base/stop_request.hpp"
#include "support.hpp"

namespace atelier::abi_test {

inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

inline bool same_bits(const tensor::Tensor& a, const tensor::Tensor& b) {
  return a.shape == b.shape && std::memcmp(a.storage.data(), b.storage.data(), a.bytes()) == 0;
}

inline void check_equal(const std::vector<runlog::NamedTensor>& a, const std::vector<runlog::NamedTensor>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].name == b[i].name);
    CHECK_MESSAGE(same_bits(a[i].value, b[i].value), a[i].name);
  }
}

inline void check_equal(const runlog::Weights& a, const runlog::Weights& b) {
  check_equal(a.parameters, b.parameters);
  check_equal(a.state, b.state);
}

inline void check_equal(const runlog::Checkpoint& a, const runlog::Checkpoint& b) {
  CHECK(a.step == b.step);
  check_equal(a.weights, b.weights);
  check_equal(a.optimizer, b.optimizer);
  CHECK(a.trainer.counters == b.trainer.counters);
}

// Metrics but those named, which only one of them has.
inline void check_equal_metrics(const runlog::Reader& a, const runlog::Reader& b,
                                const std::set<std::string>& but = {}) {
  for (const runlog::Cadence& cadence : a.description().cadences) {
    for (const runlog::MetricColumn& metric : cadence.metrics) {
      if (but.contains(metric.name)) {
        continue;
      }
      const runlog::MetricSeries x = a.metric(cadence.name, metric.name);
      const runlog::MetricSeries y = b.metric(cadence.name, metric.name);
      CHECK_MESSAGE(x.steps == y.steps, cadence.name << "/" << metric.name);
      CHECK_MESSAGE(same_bits(x.values, y.values), cadence.name << "/" << metric.name);
    }
  }
}

// What the models of two logs have made, of whatever kind it is.
inline void check_same_samples(const runlog::Reader& a, const runlog::Reader& b) {
  REQUIRE(a.description().samples.size() == b.description().samples.size());
  for (const runlog::SampleSeries& series : a.description().samples) {
    REQUIRE(a.sample_steps(series.name) == b.sample_steps(series.name));
    for (int64_t row = 0; row < std::ssize(a.sample_steps(series.name)); ++row) {
      if (series.kind == catalog::FieldKind::image || series.kind == catalog::FieldKind::image_sequence) {
        CHECK(a.samples(series.name, row).pixels == b.samples(series.name, row).pixels);
      } else {
        CHECK(same_bits(a.sample_values(series.name, row), b.sample_values(series.name, row)));
      }
    }
  }
}

inline void check_equal_logs(const fs::path& first, const fs::path& second, const std::set<std::string>& but = {}) {
  const runlog::Reader a(first);
  const runlog::Reader b(second);
  CHECK(a.status() == b.status());
  check_equal_metrics(a, b, but);
  REQUIRE(a.description().tensors.size() == b.description().tensors.size());
  for (const runlog::TensorSeries& series : a.description().tensors) {
    REQUIRE(a.tensor_steps(series.name) == b.tensor_steps(series.name));
    for (size_t row = 0; row < a.tensor_steps(series.name).size(); ++row) {
      const auto r = static_cast<int64_t>(row);
      CHECK_MESSAGE(same_bits(a.tensor(series.name, r), b.tensor(series.name, r)), series.name << ", row " << row);
    }
  }
  check_same_samples(a, b);
  REQUIRE(a.best().has_value() == b.best().has_value());
  if (a.best()) {
    CHECK(a.best()->step == b.best()->step);
    CHECK(a.best()->value == b.best()->value);
    check_equal(a.best()->weights, b.best()->weights);
  }
  check_equal(*a.newest_checkpoint(), *b.newest_checkpoint());
  REQUIRE(a.final_result().has_value() == b.final_result().has_value());
  if (a.final_result()) {
    CHECK(a.final_result()->summary == b.final_result()->summary);
    check_equal(a.final_result()->weights, b.final_result()->weights);
  }
}

// The weights that a checkpoint holds are those that the log of another run has for the same step.
inline void check_weights_of_step(const runlog::Checkpoint& checkpoint, const runlog::Reader& log) {
  for (const runlog::NamedTensor& parameter : checkpoint.weights.parameters) {
    const std::string series = "weights." + parameter.name;
    const std::vector<int64_t> steps = log.tensor_steps(series);
    const auto row = std::ranges::find(steps, checkpoint.step) - steps.begin();
    CHECK_MESSAGE(same_bits(parameter.value, log.tensor(series, row)), parameter.name);
  }
}

// Interrupts when it has heard of a step, or of its evaluation.
class Interrupter final : public training::Observer {
 public:
  int64_t at_step = -1;
  int64_t at_evaluation = -1;
  std::function<void(int64_t step)> on_progress = [](int64_t) {};
  StopRequest stop;

  void started(const fs::path&, int64_t) override {}
  void progress(const training::Progress& progress) override {
    on_progress(progress.step);
    stop.asked = stop.asked || progress.step == at_step;
  }
  void evaluated(int64_t step, double, const std::map<std::string, double>&, bool) override {
    stop.asked = stop.asked || step == at_evaluation;
  }
  void message(std::string_view) override {}
};

inline training::RunOutcome run_until(const TempFolder& folder, const experiment::Experiment& experiment,
                                      Interrupter& interrupter) {
  training::RunOptions run_options = options(folder);
  run_options.stop = &interrupter.stop;
  return training::run(experiment, registry(), run_options, interrupter);
}

inline training::RunOutcome resume(const TempFolder& folder, const fs::path& log) {
  Listener listener;
  return training::resume(log, registry(), options(folder), listener);
}

}  // namespace atelier::abi_test
