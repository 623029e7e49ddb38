#include "cli/sweep_display.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace atelier::cli {

using EventKind = RunEvent::Kind;
using Result = PointResult::Kind;
using supervision::Child;
using supervision::End;

void SweepDisplay::began(const Child& child) {
  view_.began(source_.runs()[child.number()], source_.total(), child.threads());
}

void SweepDisplay::told(size_t number, const std::string& message) {
  const RunEvent event = run_event_of(message);
  if (event.kind == EventKind::started) {
    source_.began(number, event.log);
  }
  take_best(source_.runs()[number], event);
  view_.happened(source_.runs()[number], event);
}

void SweepDisplay::take_best(const SweepRun& run, const RunEvent& event) {
  const auto found = event.metrics.find(event.metric);
  if (event.kind != EventKind::evaluated || found == event.metrics.end() || !std::isfinite(found->second)) {
    return;
  }
  const bool comparable = best_ && best_->metric == event.metric && best_->larger_is_better == event.larger_is_better;
  if (!best_ ||
      (comparable && (event.larger_is_better ? found->second > best_->value : found->second < best_->value))) {
    best_ = {event.metric, name_of(run.task.point), found->second, event.larger_is_better};
  }
}

void SweepDisplay::printed(size_t number, supervision::Stream stream, const std::string& line) {
  if (stream == supervision::Stream::messages) {
    view_.said(source_.runs()[number], line);
  } else {
    output_[number] += line + "\n";
  }
}

void SweepDisplay::saw_end(size_t number, const End& end) {
  if (end.well()) {
    seconds_of_ended_ += end.seconds;
    ++ended_;
  }
  view_.ended(source_.runs()[number], end, output_[number]);
  output_.erase(number);
  shown_beats_.erase(number);
}

SweepOverview SweepDisplay::overview() const {
  SweepOverview overview;
  overview.total = source_.total();
  overview.best = best_;
  for (const SweepRun& run : source_.runs()) {
    overview.done += run.result == Result::finished || run.result == Result::paused ? 1 : 0;
    overview.failed += run.result == Result::failed ? 1 : 0;
    overview.elsewhere += run.result == Result::elsewhere ? 1 : 0;
  }
  return overview;
}

// Points that have not begun take as long as those that have ended did, or before any has as those that run will.
double SweepDisplay::seconds_left(const std::vector<std::unique_ptr<Child>>& running) const {
  double left = 0, longest = 0, each = ended_ > 0 ? seconds_of_ended_ / static_cast<double>(ended_) : 0;
  size_t known = 0;
  double of_running = 0;
  for (const auto& child : running) {
    const double taken = std::chrono::duration<double>(Child::Clock::now() - child->begun()).count();
    const double told = child->pulse().progress().seconds_left;
    const double rest = told >= 0 ? told : std::max(0.0, each - taken);
    known += told >= 0 ? 1 : 0;
    of_running += told >= 0 ? told + taken : 0;
    left += rest;
    longest = std::max(longest, rest);
  }
  if (ended_ == 0) {
    if (known == 0) {
      return -1;
    }
    each = of_running / static_cast<double>(known);
  }
  size_t begun = 0;
  for (const SweepRun& run : source_.runs()) {
    begun += run.ran || run.result ? 1 : 0;
  }
  const double waiting = source_.total() > begun ? static_cast<double>(source_.total() - begun) : 0;
  return std::max(longest, (left + waiting * each) / static_cast<double>(jobs_));
}

void SweepDisplay::passed(const std::vector<std::unique_ptr<Child>>& running) {
  std::vector<RunningPoint> points;
  for (const auto& child : running) {
    const uint64_t beats = child->pulse().beats();
    const bool moved = std::exchange(shown_beats_[child->number()], beats) != beats;
    points.push_back({&source_.runs()[child->number()], child->pulse().progress(), moved});
  }
  SweepOverview now = overview();
  now.seconds_left = seconds_left(running);
  view_.passed(points, now);
}

void SweepDisplay::asked_to_stop(int times) {
  view_.note(times == 1 ? "atelier: stopping every run after its step; Ctrl-C again to end at once"
                        : "atelier: ending every run at once");
}

}  // namespace atelier::cli
