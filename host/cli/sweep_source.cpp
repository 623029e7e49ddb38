#include "cli/sweep_source.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.hpp"
#include "cli/diagnosis.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/sweep.hpp"
#include "cli/sweep_claims.hpp"
#include "cli/terminal.hpp"
#include "cli/train.hpp"
#include "cli/watched_work.hpp"

namespace atelier::cli {
namespace {

using supervision::Cause;
using supervision::End;
using supervision::Link;
using ResultKind = PointResult::Kind;
using State = PointState::Kind;

bool is_gone(const runlog::Holder& holder) {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return holder.process > 0 && holder.host == host.data() && kill(static_cast<pid_t>(holder.process), 0) != 0 &&
         errno == ESRCH;
}

bool was_interrupted(const End& end) {
  return end.code == exit_interrupted || end.signal == SIGINT || end.signal == SIGTERM || end.signal == SIGHUP;
}

// Whoever is at work on it, and however it has ended since.
bool has_come_to(const PointState& state, int64_t step) {
  return step != std::numeric_limits<int64_t>::max() && !state.log.empty() &&
         (state.kind == State::resumable ? state.step : resumable_from(state.log).value_or(-1)) >= step;
}

}  // namespace

std::string name_of(const experiment::SweepPoint& point) {
  return point.label.empty() ? point.name : point.label;
}

Arguments arguments_for(const Arguments& arguments, const experiment::SweepPoint& point) {
  Arguments alone = arguments;
  for (const char* of_sweeps :
       {"seeds", "fail-fast", "jobs", "task", "until-decided", "between", "budget", "confidence"}) {
    alone.options.erase(of_sweeps);
  }
  alone.options["point"] = {point.identity};
  alone.words = {arguments.words.front()};
  alone.words.insert(alone.words.end(), point.overrides.begin(), point.overrides.end());
  return alone;
}

SweepSource::SweepSource(const Arguments& arguments, const WatchOptions& watch, SweepPlan& plan)
    : arguments_(arguments),
      watch_(watch),
      plan_(plan),
      logs_(arguments.words.front(), arguments.text("out", "runs")) {}

void SweepSource::know(const CheckedSweep& checked) {
  for (size_t i = 0; i < checked.points.size(); ++i) {
    const std::filesystem::path& log = checked.points[i].state.log;
    if (!log.empty()) {
      logs_.accept(checked.sweep.points[i].identity, log);
    }
  }
}

size_t SweepSource::waiting() const {
  return stopped_ ? 0 : again_.size() + orphaned_.size() + plan_.waiting();
}

std::optional<supervision::Work> SweepSource::next() {
  if (stopped_) {
    orphaned_.clear();
    return std::nullopt;
  }
  if (!again_.empty()) {
    const size_t number = again_.front();
    again_.pop_front();
    return work_of(number);
  }
  for (size_t tries = orphaned_.size(); tries > 0; --tries) {
    const size_t number = orphaned_.front();
    orphaned_.pop_front();
    if (std::optional<supervision::Work> work = prepare(number)) {
      return work;
    }
  }
  while (std::optional<PointTask> task = plan_.next()) {
    runs_.push_back({std::move(*task), runs_.size() + 1});
    if (std::optional<supervision::Work> work = prepare(runs_.size() - 1)) {
      return work;
    }
  }
  return std::nullopt;
}

// Nothing where there is nothing to be done, now or at all.
std::optional<supervision::Work> SweepSource::prepare(size_t number) {
  SweepRun& run = runs_[number];
  const PointState seen = logs_.state_of(run.task.point.identity);
  if (seen.kind == State::finished || (run.task.decides && has_come_to(seen, run.task.last_step))) {
    run.log = seen.log;
    finish(run, seen.kind == State::finished ? ResultKind::finished : ResultKind::paused);
    return std::nullopt;
  }
  if (!claim(run)) {
    const auto holder = runlog::holder_of(claim_path(arguments_, run.task.point));
    if (run.task.decides || (holder && is_gone(*holder))) {
      orphaned_.push_back(number);
      if (!run.awaited) {
        run.awaited = true;
        print_message(fmt::format("atelier: note: waiting for the run of point {}, whose sweep was killed, to stop",
                                  run.ordinal));
      }
    } else {
      finish(run, ResultKind::elsewhere);
    }
    return std::nullopt;
  }
  // What its logs say now that nobody else can begin it.
  const PointState state = logs_.state_of(run.task.point.identity);
  if (state.kind == State::running && run.task.decides) {
    run.claim.reset();
    orphaned_.push_back(number);
    return std::nullopt;
  }
  if (state.kind == State::finished || state.kind == State::running) {
    run.log = state.log;
    finish(run, state.kind == State::finished ? ResultKind::finished : ResultKind::elsewhere);
    return std::nullopt;
  }
  if (state.kind == State::failed && run.task.decides) {
    run.log = state.log;
    run.reason = state.reason;
    finish(run, ResultKind::failed);
    return std::nullopt;
  }
  if (state.kind == State::resumable) {
    run.log = state.log;
    if (state.step >= run.task.last_step) {
      finish(run, ResultKind::paused);
      return std::nullopt;
    }
    run.resumed_from = state.step;
  }
  return work_of(number);
}

bool SweepSource::claim(SweepRun& run) {
  if (std::optional<runlog::Lock> claim = claim_of(arguments_, run.task.point)) {
    run.claim.emplace(*std::move(claim));
  }
  return run.claim.has_value();
}

supervision::Work SweepSource::work_of(size_t number) {
  SweepRun& run = runs_[number];
  run.ran = true;
  const Arguments alone = arguments_for(arguments_, run.task.point);
  const int64_t last_step = run.task.last_step;
  std::function<int(const Link&)> train;
  if (run.resumed_from) {
    train = [alone, last_step, log = run.log](const Link& link) {
      return train_on(alone, log, link, Shown::warnings, last_step);
    };
  } else {
    train = [alone, last_step](const Link& link) {
      const plugin::Registry registry = load_plugins(alone);
      return train_new(alone, registry, experiment_of(alone, registry), link, Shown::warnings, last_step);
    };
  }
  supervision::Work work;
  work.number = number;
  work.run = [this, train](const Link& link) { return do_watched(link, watch_, [&] { return train(link); }); };
  work.descriptors = {run.claim->descriptor()};  // it stays claimed until the child has ended, whatever becomes of us
  return work;
}

void SweepSource::began(size_t number, const std::string& log) {
  runs_[number].log = log;
  logs_.add(runs_[number].task.point.identity, log);
}

void SweepSource::ended(size_t number, const End& end) {
  SweepRun& run = runs_[number];
  const std::string sudden = close_log_of(end, watch_, run.log);
  if (tries_again(run, end)) {
    return;
  }
  if (end.well()) {
    finish(run, end.cause == Cause::paused ? ResultKind::paused : ResultKind::finished);
  } else if (was_interrupted(end)) {
    finish(run, ResultKind::interrupted);
  } else {
    run.reason = sudden.empty() ? diagnosis_of(end, watch_) : sudden;
    run.reason_was_said = !end.last_words.empty();
    finish(run, ResultKind::failed);
    stopped_ = stopped_ || arguments_.has("fail-fast");
  }
}

bool SweepSource::tries_again(SweepRun& run, const End& end) {
  if (stopped_ || end.well() || !may_go_well(end) || run.retries >= watch_.retries) {
    return false;
  }
  ++run.retries;
  run.resumed_from = resumable_from(run.log);
  again_.push_back(static_cast<size_t>(run.ordinal) - 1);
  return true;
}

void SweepSource::finish(SweepRun& run, ResultKind kind) {
  run.result = kind;
  run.claim.reset();
  plan_.ended({kind, run.task.point.identity, run.log, run.reason, run.ran});
}

}  // namespace atelier::cli
