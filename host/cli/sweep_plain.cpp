// A sweep where no terminal is: lines, each of which says which point it is of.
#include <fmt/format.h>

#include <chrono>

#include "cli/progress.hpp"
#include "cli/spectator_output.hpp"
#include "cli/sweep_view.hpp"
#include "cli/terminal.hpp"

namespace atelier::cli {
namespace {

using EventKind = RunEvent::Kind;

training::Progress training_progress(const supervision::Progress& told, const std::string& loss_name) {
  training::Progress progress;
  progress.step = told.step;
  progress.total_steps = told.total_steps;
  progress.epoch = told.epoch;
  progress.samples_per_second = told.samples_per_second;
  progress.seconds_left = told.seconds_left;
  if (!loss_name.empty()) {
    progress.losses.emplace_back(loss_name, told.loss);
  }
  return progress;
}

std::string prefix(const SweepRun& run) {
  return fmt::format("point {}: ", run.ordinal);
}

class PlainView : public SweepView {
 public:
  void began(const SweepRun& run, size_t total, int /*threads*/) override {
    if (run.retries == 0) {
      print_message(fmt::format("point {} of {}: {}", run.ordinal, total, name_of(run.task.point)));
    }
  }

  void happened(const SweepRun& run, const RunEvent& event) override {
    if (event.kind == EventKind::started) {
      print_message(fmt::format("{}{}: training from step {}", prefix(run), event.log, event.step));
    } else if (event.kind == EventKind::evaluated) {
      print_message(prefix(run) + evaluated_line(event.step, event.epoch, event.metrics, event.best, false));
    }
  }

  void said(const SweepRun& run, const std::string& line) override { print_message(prefix(run) + line); }

  void ended(const SweepRun& run, const supervision::End& /*end*/, const std::string& output) override {
    print(output);
    try_to_flush_output();
    if (run.result == PointResult::Kind::failed && !run.reason_was_said) {
      print_message(fmt::format("{}atelier: error: {}", prefix(run), run.reason));
    }
    if (!run.result) {
      print_message(fmt::format("{}retry {}, from step {}", prefix(run), run.retries, run.resumed_from.value_or(0)));
    }
  }

  void passed(const std::vector<RunningPoint>& running, const SweepOverview& overview) override {
    constexpr std::chrono::seconds interval{10};
    if (Clock::now() - last_ < interval) {
      return;
    }
    last_ = Clock::now();
    for (const RunningPoint& point : running) {
      if (point.moved && point.progress.step > 0) {
        const std::string loss_name = point.progress.loss_name.text();
        print_message(prefix(*point.run) + plain_line(training_progress(point.progress, loss_name)));
      }
    }
    print_message("sweep: " + overview_line(overview, 0));
  }

  void note(const std::string& line) override { print_message(line); }
  [[nodiscard]] double passing_seconds() const override { return 1; }
  void summary(const SweepOverview& /*overview*/, const std::string& text) override { print(text); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

}  // namespace

std::unique_ptr<SweepView> plain_view() {
  return std::make_unique<PlainView>();
}

}  // namespace atelier::cli
