#include "piece_times.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace atelier {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

double seconds_between(execute::ProfileClock::time_point begin, execute::ProfileClock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

size_t bytes_of(const plan::Plan& plan, const plan::Step& step) {
  size_t sum = 0;
  for (const std::vector<int32_t>* buffers : {&step.inputs, &step.outputs}) {
    for (const int32_t buffer : *buffers) {
      sum += plan.buffers[static_cast<size_t>(buffer)].bytes;
    }
  }
  return sum;
}

}  // namespace

std::vector<PieceTimes::TaskTimes> PieceTimes::tasks_of(const plan::Plan& plan) {
  std::vector<TaskTimes> out;
  for (const plan::Task& task : plan.tasks) {
    const plan::Step& step = plan.steps[static_cast<size_t>(task.step)];
    out.push_back({step.name, task.releases, std::vector<double>(static_cast<size_t>(task.pieces), never),
                   task.phase == 0 ? bytes_of(plan, step) : 0});
  }
  return out;
}

void PieceTimes::add(const execute::Profile& profile) {
  if (profile.plans.size() != 1 || profile.plans.front().workers.size() != 1) {
    throw Error(ErrorKind::usage, "the step has {} plans, expected one, on one thread", profile.plans.size());
  }
  const execute::PlanProfile& run = profile.plans.front();
  const bool is_first = tasks_.empty();
  if (is_first) {
    tasks_ = tasks_of(*run.plan);
  }
  if (tasks_.size() != run.plan->tasks.size()) {
    throw Error(ErrorKind::usage, "the steps are not equal: {} tasks, expected {}", run.plan->tasks.size(),
                tasks_.size());
  }
  double beside = seconds_between(run.begin, run.end);
  for (const execute::PieceTimes& piece : run.workers.front().pieces) {
    const double seconds = seconds_between(piece.begin, piece.end);
    beside -= seconds;
    double& shortest = tasks_[static_cast<size_t>(piece.task)].seconds.at(static_cast<size_t>(piece.piece));
    shortest = std::min(shortest, seconds);
  }
  beside_ = is_first ? beside : std::min(beside_, beside);
}

std::string PieceTimes::told() const {
  std::vector<std::string> out;
  for (const TaskTimes& task : tasks_) {
    std::vector<double> seconds;
    std::ranges::copy_if(task.seconds, std::back_inserter(seconds), [](double value) { return std::isfinite(value); });
    out.push_back(fmt::format(R"({{"name": "{}", "releases": [{}], "seconds": [{}], "bytes": {}}})", task.name,
                              fmt::join(task.releases, ", "), fmt::join(seconds, ", "), task.bytes));
  }
  return fmt::format(R"({{"beside": {}, "tasks": [{}]}})", beside_, fmt::join(out, ", "));
}

}  // namespace atelier
