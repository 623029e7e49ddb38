// How a sweep is shown: on a terminal, elsewhere, and to programs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/run_event.hpp"
#include "cli/sweep_source.hpp"

namespace atelier::cli {

struct RunningPoint {
  const SweepRun* run = nullptr;
  supervision::Progress progress;
  bool moved = false;  // since it was shown the last time
};

// The best evaluation of any point by the metric that its experiment is judged by.
struct BestPoint {
  std::string metric, name;
  double value = 0;
  bool larger_is_better = false;
};

struct SweepOverview {
  size_t total = 0, done = 0, failed = 0, elsewhere = 0;
  double seconds_left = -1;  // -1 where nobody can know yet
  std::optional<BestPoint> best;
};

class SweepView {
 public:
  SweepView() = default;
  SweepView(const SweepView&) = delete;
  SweepView& operator=(const SweepView&) = delete;
  virtual ~SweepView() = default;
  virtual void began(const SweepRun& run, size_t total, int threads) = 0;
  virtual void happened(const SweepRun& run, const RunEvent& event) = 0;
  virtual void said(const SweepRun& run, const std::string& line) = 0;  // on standard error
  // `output`: what it has printed on standard output. Its result is empty where it is tried again.
  virtual void ended(const SweepRun& run, const supervision::End& end, const std::string& output) = 0;
  virtual void passed(const std::vector<RunningPoint>& running, const SweepOverview& overview) = 0;
  virtual void note(const std::string& line) = 0;
  virtual void clear() {}  // what is drawn over again
  [[nodiscard]] virtual double passing_seconds() const = 0;
  virtual void summary(const SweepOverview& overview, const std::string& text) = 0;
};

std::unique_ptr<SweepView> plain_view();  // lines on standard error, how runs ended on standard output
std::unique_ptr<SweepView> live_view();   // a line for each run, which is drawn over again, and one for all of them
std::unique_ptr<SweepView> json_view();   // a JSON object in each line of standard output

// "3: model.latent=2 seed=1  [###-------] loss 231.4  0:23 left", of at most so many columns.
std::string point_line(const RunningPoint& point, size_t columns);
// "[####------] 12 of 24, 1 failed, 1:23 left  best loss 98.31 (model.latent=10)"
std::string overview_line(const SweepOverview& overview, size_t columns);

}  // namespace atelier::cli
