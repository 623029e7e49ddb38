#include "cli/sweep_cost.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <queue>

#include "base/terminal_text.hpp"
#include "base/text.hpp"
#include "cli/diagnosis.hpp"
#include "cli/run_options.hpp"
#include "cli/sweep.hpp"
#include "cli/sweep_source.hpp"
#include "cli/watched_work.hpp"

namespace atelier::cli {
namespace {

using supervision::End;
using supervision::Link;
using MessageJson = nlohmann::json;

constexpr double measured_seconds = 0.25;  // of steps, and of an evaluation

std::string to_message(const training::RunCost& cost) {
  return MessageJson{cost.begin_seconds,    cost.step_seconds, cost.evaluation_seconds,
                     cost.evaluates_longer, cost.total_steps,  cost.evaluations}
      .dump();
}

training::RunCost cost_of(const std::string& message) {
  const MessageJson json = MessageJson::parse(message);
  return {json.at(0), json.at(1), json.at(2), json.at(3), json.at(4), json.at(5)};
}

int measure(const Arguments& arguments, const Link& link) {
  const plugin::Registry registry = load_plugins(arguments);
  inference::Environment environment = environment_of(arguments, arguments.words.front());
  environment.threads = link.threads();
  environment.inform = [](std::string_view) {};
  link.tell(
      to_message(training::measure_cost(experiment_of(arguments, registry), registry, environment, measured_seconds)));
  return 0;
}

class Measurements : public supervision::Source, public supervision::Spectator {
 public:
  Measurements(const Arguments& arguments, const WatchOptions& watch,
               const std::vector<const experiment::SweepPoint*>& points)
      : arguments_(arguments), watch_(watch), points_(points), costs_(points.size()) {}

  std::optional<supervision::Work> next() override {
    if (given_ == points_.size()) {
      return std::nullopt;
    }
    const size_t number = given_++;
    return supervision::Work{number, [this, number](const Link& link) {
                               const Arguments alone = arguments_for(arguments_, *points_[number]);
                               return do_watched(link, watch_, [&] { return measure(alone, link); });
                             }};
  }
  [[nodiscard]] size_t waiting() const override { return points_.size() - given_; }
  void told(size_t number, const std::string& message) override { costs_[number].cost = cost_of(message); }
  void ended(size_t number, const End& end) override {
    costs_[number].memory = end.most_memory;
    if (!end.well()) {
      costs_[number].problem = diagnosis_of(end, watch_);
    }
  }
  std::vector<MeasuredCost> take() { return std::move(costs_); }

 private:
  const Arguments& arguments_;
  const WatchOptions& watch_;
  const std::vector<const experiment::SweepPoint*>& points_;
  std::vector<MeasuredCost> costs_;
  size_t given_ = 0;
};

uint64_t machine_memory() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
}

// A run's seconds with so many threads, between what was measured with one and with all: a part that threads do not
// shorten, and one that they share.
class Scaling {
 public:
  Scaling(double with_one, double with_all, int threads) {
    shared_ = std::max(0.0, (with_one - with_all) / (1 - 1.0 / threads));
    fixed_ = std::max(0.0, with_one - shared_);
  }
  [[nodiscard]] double seconds(int threads) const { return fixed_ + shared_ / threads; }

 private:
  double fixed_, shared_;
};

double seconds_of_all(const Scaling& scaling, size_t points, size_t jobs, int threads) {
  const size_t rounds = points / jobs, rest = points % jobs;
  const auto share = [&](size_t at_a_time) { return std::max(1, threads / static_cast<int>(at_a_time)); };
  return static_cast<double>(rounds) * scaling.seconds(share(jobs)) + (rest > 0 ? scaling.seconds(share(rest)) : 0);
}

std::string duration(double seconds) {
  return seconds < 10 ? fmt::format("{:.1f} s", seconds) : terminal::duration_text(seconds);
}

std::string milliseconds(double seconds) {
  return fmt::format("{:.3g} ms", seconds * 1e3);
}

std::string number_of(size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

Arrangement measured_arrangement(supervision::Supervisor& supervisor, const Arguments& arguments,
                                 const experiment::SweepPoint& first, size_t to_run, int threads) {
  const auto most = std::min(to_run, static_cast<size_t>(threads));
  const MeasuredCost alone = measure_points(supervisor, arguments, {&first}, 1, threads).front();
  if (!alone.problem.empty()) {
    return {most,
            fmt::format("{} at a time, as the first could not be measured: {}", number_of(most, "run"), alone.problem)};
  }
  const size_t fit = std::max<size_t>(1, machine_memory() / 10 * 9 / std::max<uint64_t>(alone.memory, 1));
  const size_t beside = std::min(most, fit);
  const std::vector<MeasuredCost> each =
      measure_points(supervisor, arguments, std::vector<const experiment::SweepPoint*>(beside, &first), beside,
                     static_cast<int>(beside));
  double with_one = 0, step_with_one = 0;
  for (const MeasuredCost& one : each) {
    if (!one.problem.empty()) {
      return {1, fmt::format("one run at a time, as several beside each other could not be measured: {}", one.problem)};
    }
    with_one += one.cost.seconds() / static_cast<double>(beside);
    step_with_one += one.cost.step_seconds / static_cast<double>(beside);
  }
  const Scaling scaling(with_one, alone.cost.seconds(), threads);
  constexpr double worth_it = 0.97;  // more at a time take more memory
  size_t jobs = 1;
  for (size_t more = 2; more <= beside; ++more) {
    if (seconds_of_all(scaling, to_run, more, threads) < worth_it * seconds_of_all(scaling, to_run, jobs, threads)) {
      jobs = more;
    }
  }
  const double chosen = seconds_of_all(scaling, to_run, jobs, threads);
  const size_t other = jobs == 1 ? beside : 1;
  return {jobs,
          fmt::format(
              "{} at a time of {}: {} take about {} so, and {} with {} at a time (a step takes {} with {}, and {} "
              "with 1 while {} run)",
              number_of(jobs, "run"),
              number_of(static_cast<size_t>(std::max(1, threads / static_cast<int>(jobs))), "thread"),
              number_of(to_run, "point"), duration(chosen), duration(seconds_of_all(scaling, to_run, other, threads)),
              other, milliseconds(alone.cost.step_seconds), number_of(static_cast<size_t>(threads), "thread"),
              milliseconds(step_with_one), beside)};
}

}  // namespace

double MeasuredCost::seconds(int64_t steps, int64_t evaluations) const {
  training::RunCost of_run = cost;
  of_run.total_steps = steps;
  of_run.evaluations = evaluations;
  return of_run.seconds();
}

std::vector<MeasuredCost> measure_points(supervision::Supervisor& supervisor, const Arguments& arguments,
                                         const std::vector<const experiment::SweepPoint*>& points, size_t jobs,
                                         int threads) {
  WatchOptions watch = watch_options_of(arguments);
  Measurements measurements(arguments, watch, points);
  supervision::Rules rules;
  rules.jobs = std::max<size_t>(jobs, 1);
  rules.threads = threads;
  rules.output = supervision::Output::captured;
  rules.stall_seconds = watch.stall_seconds;
  rules.memory = watch.memory;
  supervisor.run(measurements, measurements, rules);
  return measurements.take();
}

std::map<size_t, MeasuredCost> costs_of_shapes(supervision::Supervisor& supervisor, const Arguments& arguments,
                                               const CheckedSweep& sweep, size_t jobs, int threads) {
  std::map<size_t, const experiment::SweepPoint*> of_shape;
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    if (sweep.points[i].is_to_run()) {
      of_shape.try_emplace(sweep.points[i].shape, &sweep.sweep.points[i]);
    }
  }
  std::vector<const experiment::SweepPoint*> points;
  for (const auto& [shape, point] : of_shape) {
    points.push_back(point);
  }
  std::vector<MeasuredCost> measured = measure_points(supervisor, arguments, points, jobs, threads);
  std::map<size_t, MeasuredCost> costs;
  for (const auto& [shape, point] : of_shape) {
    costs[shape] = std::move(measured[costs.size()]);
  }
  return costs;
}

Arrangement arrangement_of(supervision::Supervisor& supervisor, const Arguments& arguments, const CheckedSweep& sweep) {
  constexpr int64_t most_jobs = 4096;
  if (arguments.has("jobs")) {
    return {static_cast<size_t>(arguments.integer("jobs", 1, 1, most_jobs)), ""};
  }
  const int threads = environment_of(arguments).threads;
  const auto is_to_run = [](const CheckedPoint& point) { return point.is_to_run(); };
  const auto to_run = static_cast<size_t>(std::ranges::count_if(sweep.points, is_to_run));
  if (threads == 1 || to_run < 2) {
    return {};
  }
  const auto first = static_cast<size_t>(std::ranges::find_if(sweep.points, is_to_run) - sweep.points.begin());
  return measured_arrangement(supervisor, arguments, sweep.sweep.points[first], to_run, threads);
}

double makespan(const std::vector<double>& seconds, size_t jobs) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free(std::greater<>(),
                                                                        std::vector<double>(std::max<size_t>(jobs, 1)));
  double end = 0;
  for (const double taken : seconds) {
    const double ends = free.top() + taken;
    free.pop();
    free.push(ends);
    end = std::max(end, ends);
  }
  return end;
}

}  // namespace atelier::cli
