#include "training/step_cost.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "kernels/warm_up.hpp"
#include "training/log_plan.hpp"
#include "training/row_counts.hpp"

namespace atelier::training {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// One step after the other, each recorded while the one before runs where the model allows it, as the trainer does.
double measure_steps(Setup& setup, const LogPlan& plan, double most_seconds) {
  constexpr int64_t warm_up = 2, least = 3, most = 200;
  execute::Session& session = setup.steps.session();
  const auto finish = [&] {
    session.wait();
    setup.steps.batches().step_done();
  };
  std::vector<double> seconds;
  const auto begin = Clock::now();
  Clock::time_point last = begin;
  const int64_t last_step = std::min(plan.total_steps, warm_up + most);
  for (int64_t step = 1; step <= last_step; ++step) {
    if (plan.reads_in_step && step > 1) {
      finish();
    }
    setup.steps.record(step, plan.total_steps, {});
    if (!plan.reads_in_step && step > 1) {
      finish();
    }
    session.start(setup.steps.batches().prefetch());
    const auto now = Clock::now();
    if (step > warm_up) {
      seconds.push_back(std::chrono::duration<double>(now - last).count());
    }
    last = now;
    if (std::ssize(seconds) >= least && seconds_since(begin) > most_seconds) {
      break;
    }
  }
  finish();
  return seconds.empty() ? seconds_since(begin) / static_cast<double>(last_step) : median(std::move(seconds));
}

struct Enough {};

void measure_evaluation(Setup& setup, double most_seconds, RunCost& cost) {
  Clock::time_point begin = Clock::now();
  double of_whole_tables = 0;
  try {
    setup.evaluator.evaluate(
        setup.data.evaluated_subset(), setup.experiment.evaluate.batch_size, inference::MetricsDue::every_evaluation,
        [&](const std::string& /*table*/, int64_t done, int64_t total) {
          const double taken = seconds_since(begin);
          if (done >= total) {
            of_whole_tables += taken;
            begin = Clock::now();
          } else if (of_whole_tables + taken > most_seconds && done > 0) {
            cost.evaluation_seconds = of_whole_tables + taken * static_cast<double>(total) / static_cast<double>(done);
            throw Enough();
          }
        });
    cost.evaluation_seconds = of_whole_tables + seconds_since(begin);
  } catch (const Enough&) {
    cost.evaluates_longer = !setup.experiment.metrics.empty();
  }
}

}  // namespace

RunCost measure_cost(const experiment::Experiment& experiment, const plugin::Registry& registry,
                     const inference::Environment& environment, double most_seconds) {
  const auto begin = Clock::now();
  const kernels::WarmUp warm_up(environment.threads);  // while data is read
  Setup setup(experiment, registry, environment);
  const LogPlan plan = plan_log(setup, registry);
  set_schedule(setup.steps.optimizers(), setup.experiment, setup.built.model().group_names(), plan.total_steps);
  setup.steps.batches().seek(0);
  RunCost cost;
  cost.total_steps = plan.total_steps;
  const runlog::RowCounts rows = row_counts_of(setup, plan);
  cost.evaluations = rows.cadences.at("eval");
  cost.begin_seconds = seconds_since(begin);
  cost.step_seconds = measure_steps(setup, plan, most_seconds);
  measure_evaluation(setup, most_seconds, cost);
  return cost;
}

}  // namespace atelier::training
