// The points of a sweep as work for children: claimed, begun or gone on with, tried again.
#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/sweep_message.hpp"
#include "cli/sweep_plan.hpp"
#include "cli/sweep_states.hpp"
#include "cli/watch_options.hpp"
#include "runlog/locks.hpp"
#include "supervision/supervisor.hpp"

namespace atelier::cli {

// One task of the plan, from its being given out to its end.
struct SweepRun {
  PointTask task;
  size_t ordinal = 0;  // from 1, in the order in which the plan gave them out
  std::optional<runlog::Lock> claim{};
  std::filesystem::path log{};            // that it goes on with, or has made
  std::optional<int64_t> resumed_from{};  // step
  int64_t retries = 0;
  std::optional<PointResult::Kind> result{};  // once it has ended
  bool awaited = false;                       // the run of a sweep that was killed, which stops by itself
  bool ran = false;                           // in this sweep; else the result is from before
  std::string reason{};                       // why it failed
  bool reason_was_said = false;               // by its process, on standard error
};

// The file alone may be a point, too: all that varied is said on the command line then.
std::string name_of(const experiment::SweepPoint& point);

// What `atelier run FILE key=value ... --point IDENTITY` is called with.
Arguments arguments_for(const Arguments& arguments, const experiment::SweepPoint& point);

class SweepSource : public supervision::Source {
 public:
  // All are borrowed.
  SweepSource(const Arguments& arguments, const WatchOptions& watch, SweepPlan& plan);
  // What the child that has looked at all points knows of their logs, which may be from another folder.
  void know(const CheckedSweep& checked);

  std::optional<supervision::Work> next() override;
  [[nodiscard]] size_t waiting() const override;
  [[nodiscard]] bool waits_for_others() const override { return !orphaned_.empty(); }
  void ended(size_t number, const supervision::End& end) override;

  void stop() { stopped_ = true; }                    // nothing more begins
  void began(size_t number, const std::string& log);  // its child says that this is its log

  [[nodiscard]] const std::deque<SweepRun>& runs() const { return runs_; }  // by their numbers
  [[nodiscard]] size_t total() const { return plan_.total(); }

 private:
  std::optional<supervision::Work> prepare(size_t number);
  supervision::Work work_of(size_t number);
  bool claim(SweepRun& run);
  void finish(SweepRun& run, PointResult::Kind kind);
  bool tries_again(SweepRun& run, const supervision::End& end);

  const Arguments& arguments_;
  const WatchOptions& watch_;
  SweepPlan& plan_;
  PointLogs logs_;
  std::deque<SweepRun> runs_;
  std::deque<size_t> again_;     // to be gone on with
  std::deque<size_t> orphaned_;  // whose sweep was killed, and whose children are about to stop; or that are awaited
  bool stopped_ = false;
};

}  // namespace atelier::cli
