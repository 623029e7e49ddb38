#include "training/profile.hpp"

#include <algorithm>

#include "execute/executor.hpp"
#include "execute/profile.hpp"
#include "kernels/sgemm.hpp"

namespace atelier::training {
namespace {

using execute::ProfileClock;

double seconds_between(ProfileClock::time_point begin, ProfileClock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

ProfiledOperation operation_of(const plan::Plan& plan, const plan::Step& step) {
  ProfiledOperation out;
  out.name = step.name;
  out.location = to_string(step.location);
  out.flops = step.flops;
  const auto add_shapes = [&](const std::vector<int32_t>& buffers, std::vector<std::string>& shapes) {
    for (const int32_t buffer : buffers) {
      shapes.push_back(tensor::to_string(plan.buffers[static_cast<size_t>(buffer)].description.shape));
    }
  };
  add_shapes(step.inputs, out.inputs);
  add_shapes(step.outputs, out.outputs);
  return out;
}

void add_plan(const execute::PlanProfile& run, ProfileClock::time_point origin, StepProfile& out) {
  const size_t first = out.operations.size();
  for (const plan::Step& step : run.plan->steps) {
    out.operations.push_back(operation_of(*run.plan, step));
  }
  const size_t recording = out.operations.size();
  out.operations.push_back({Activity::recording, "record the next step", {}, {}, "", 0});
  const size_t batch = out.operations.size();
  out.operations.push_back({Activity::batch, "assemble the next batch", {}, {}, "", 0});
  out.pieces.push_back({recording, 0, 0, 0, seconds_between(origin, run.begin), seconds_between(origin, run.helped)});
  for (size_t worker = 0; worker < run.workers.size(); ++worker) {
    for (const execute::PieceTimes& times : run.workers[worker].pieces) {
      ProfiledPiece piece{batch, 0, times.piece, static_cast<int32_t>(worker), 0, 0};
      if (times.task >= 0) {
        const plan::Task& task = run.plan->tasks[static_cast<size_t>(times.task)];
        piece.operation = first + static_cast<size_t>(task.step);
        piece.phase = task.phase;
      }
      piece.begin = seconds_between(origin, times.begin);
      piece.end = seconds_between(origin, times.end);
      out.pieces.push_back(piece);
    }
  }
  out.seconds += seconds_between(run.begin, run.end);
  out.arena_bytes = std::max(out.arena_bytes, static_cast<int64_t>(run.plan->arena_bytes));
}

}  // namespace

int64_t step_to_profile(int64_t total_steps, const std::function<bool(int64_t step)>& usual) {
  constexpr int64_t warm = 10;
  constexpr int64_t near = 100;
  for (int64_t step = warm; step <= std::min(total_steps, warm + near); ++step) {
    if (usual(step)) {
      return step;
    }
  }
  return std::min(total_steps, warm);
}

StepProfile step_profile(const execute::Profile& profile) {
  StepProfile out;
  for (const execute::PlanProfile& run : profile.plans) {
    out.workers = static_cast<int32_t>(run.workers.size());
    add_plan(run, profile.plans.front().begin, out);
  }
  return out;
}

double measure_sgemm_peak(int threads) {
  constexpr int64_t n = 1024;
  constexpr double flops = 2.0 * n * n * n;
  constexpr double enough_seconds = 0.3;
  const tensor::Tensor a({n, n}, tensor::DType::f32);
  const tensor::Tensor b({n, n}, tensor::DType::f32);
  std::vector<tensor::Tensor> products;
  for (int i = 0; i < threads; ++i) {
    products.emplace_back(tensor::Shape{n, n}, tensor::DType::f32);
  }
  std::fill_n(a.storage.as<float>(), n * n, 0.5F);
  std::fill_n(b.storage.as<float>(), n * n, 0.25F);
  execute::Background work{threads, [&](int32_t piece) {
                             kernels::multiply(false, false, n, n, n, a.storage.as<float>(), n, b.storage.as<float>(),
                                               n, false, products[static_cast<size_t>(piece)].storage.as<float>(), n);
                           }};
  const plan::Plan nothing;
  execute::Executor executor(threads);
  double best = 0;
  const ProfileClock::time_point first = ProfileClock::now();
  while (seconds_between(first, ProfileClock::now()) < enough_seconds) {  // what disturbs a round, disturbs few
    const ProfileClock::time_point begin = ProfileClock::now();
    executor.start({&nothing}, &work);
    executor.wait();
    best = std::max(best, flops * threads / seconds_between(begin, ProfileClock::now()));
  }
  return best;
}

}  // namespace atelier::training
