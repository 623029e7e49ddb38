#include "execute/executor.hpp"

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/floating_point.hpp"
#include "tensor/memory.hpp"

namespace atelier::execute {

struct Executor::Threads {
  explicit Threads(int count)
      : limit(tbb::global_control::max_allowed_parallelism, static_cast<size_t>(count)), arena(count, 1) {}
  tbb::global_control limit;
  tbb::task_arena arena;
  tbb::task_group group;
};

Executor::Executor(int threads) : thread_count_(threads), scratch_(static_cast<size_t>(threads)) {
  if (threads > 1) {
    threads_ = std::make_unique<Threads>(threads);
  }
}

Executor::~Executor() {
  wait();
}

int Executor::threads() const {
  return thread_count_;
}

void Executor::prepare(const Launch& launch) {
  const Plan& plan = *launch.plan;
  launch_ = launch;
  size_t inputs = 0;
  size_t outputs = 0;
  for (const Step& step : plan.steps) {
    inputs += step.inputs.size();
    outputs += step.outputs.size();
  }
  inputs_.resize(std::max(inputs_.size(), inputs));
  outputs_.resize(std::max(outputs_.size(), outputs));
  arguments_.resize(std::max(arguments_.size(), plan.steps.size()));
  inputs = 0;
  outputs = 0;
  for (size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    arguments_[s] = {inputs_.data() + inputs, outputs_.data() + outputs, launch.operands,
                     launch.arena + step.workspace_offset, nullptr};
    for (const int32_t buffer : step.inputs) {
      inputs_[inputs++] = address_of(plan.buffers[static_cast<size_t>(buffer)], launch);
    }
    for (const int32_t buffer : step.outputs) {
      outputs_[outputs++] = address_of(plan.buffers[static_cast<size_t>(buffer)], launch);
    }
  }
  for (tensor::Storage& scratch : scratch_) {
    if (scratch.size() < plan.scratch_bytes) {
      scratch = tensor::take_memory([&] { return fmt::format("what each of {} threads computes with", thread_count_); },
                                    "fewer --threads", [&] { return tensor::Storage(plan.scratch_bytes); });
    }
  }
  if (counter_capacity_ < plan.tasks.size()) {
    counter_capacity_ = plan.tasks.size() * 2;
    counters_ = std::make_unique<Counters[]>(counter_capacity_);
  }
}

void Executor::start(const Launch& launch, const Background* background) {
  ATELIER_CHECK(!running_);
  prepare(launch);
  running_ = true;
  is_abandoned_.store(false, std::memory_order_relaxed);
  background_ = background;
  const int32_t background_pieces = background == nullptr ? 0 : background->pieces;
  profile_ = nullptr;
  if (launch.profile != nullptr) {
    profile_ = &launch.profile->begin(*launch.plan, thread_count_, background_pieces);
    profile_->begin = ProfileClock::now();
  }
  const std::vector<Task>& tasks = launch.plan->tasks;
  head_.store(0, std::memory_order_relaxed);
  tail_.store(0, std::memory_order_relaxed);
  next_background_.store(0, std::memory_order_relaxed);
  left_.store(static_cast<int32_t>(tasks.size()) + background_pieces);
  for (size_t t = 0; t < tasks.size(); ++t) {
    Counters& counters = counters_[t];
    counters.waits.store(tasks[t].waits_for, std::memory_order_relaxed);
    counters.next_piece.store(0, std::memory_order_relaxed);
    counters.pieces_left.store(tasks[t].pieces, std::memory_order_relaxed);
    counters.ready.store(-1, std::memory_order_relaxed);
  }
  for (size_t t = 0; t < tasks.size(); ++t) {
    if (tasks[t].waits_for == 0) {
      make_ready(static_cast<int32_t>(t));
    }
  }
  if (threads_) {
    threads_->arena.execute([this] {
      for (int worker = 1; worker < thread_count_; ++worker) {
        threads_->group.run([this, worker] { work(static_cast<size_t>(worker)); });
      }
    });
  }
}

void Executor::wait() {
  if (!running_) {
    return;
  }
  if (profile_ != nullptr) {
    profile_->helped = ProfileClock::now();
  }
  if (threads_) {
    threads_->arena.execute([this] {
      work(0);
      threads_->group.wait();
    });
  } else {
    work(0);
  }
  if (profile_ != nullptr) {
    profile_->end = ProfileClock::now();
  }
  running_ = false;
}

void Executor::work(size_t worker) {
  reset_floating_point();
  int idle = 0;
  while (true) {
    if (exchanging_.load(std::memory_order_acquire) > 0) {
      look_at_exchanges();
    }
    if (take_piece(worker) || (left_.load(std::memory_order_acquire) > 0 && take_background(worker))) {
      idle = 0;
      continue;
    }
    if (left_.load(std::memory_order_acquire) == 0) {
      return;
    }
    constexpr int long_idle = 20000;
    if (++idle < 4000) {
      _mm_pause();
    } else if (idle > long_idle && exchanging_.load(std::memory_order_relaxed) > 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(20));  // another rank may need this processor
    } else {
      std::this_thread::yield();
    }
  }
}

bool Executor::take_piece(size_t worker) {
  int32_t place = head_.load(std::memory_order_acquire);
  while (place < tail_.load(std::memory_order_acquire)) {
    const int32_t task = counters_[static_cast<size_t>(place)].ready.load(std::memory_order_acquire);
    if (task < 0) {
      return false;  // its place is taken, its number not yet written
    }
    const int32_t piece = counters_[static_cast<size_t>(task)].next_piece.fetch_add(1, std::memory_order_relaxed);
    if (piece < launch_.plan->tasks[static_cast<size_t>(task)].pieces) {
      run_piece(task, piece, worker);
      const Task& planned = launch_.plan->tasks[static_cast<size_t>(task)];
      const kernels::ExchangeKernel* const exchange = launch_.plan->steps[static_cast<size_t>(planned.step)].exchange;
      if (exchange != nullptr && exchange->waits(planned.phase)) {
        const std::scoped_lock lock(exchanges_mutex_);
        exchanges_.push_back(task);
        exchanging_.fetch_add(1, std::memory_order_release);
      } else {
        finish_piece(task);
      }
      return true;
    }
    head_.compare_exchange_strong(place, place + 1, std::memory_order_acq_rel);
    place = head_.load(std::memory_order_acquire);
  }
  return false;
}

bool Executor::take_background(size_t worker) {
  if (background_ == nullptr || next_background_.load(std::memory_order_relaxed) >= background_->pieces) {
    return false;
  }
  const int32_t piece = next_background_.fetch_add(1, std::memory_order_relaxed);
  if (piece >= background_->pieces) {
    return false;
  }
  const ProfileClock::time_point begin = profile_ == nullptr ? ProfileClock::time_point() : ProfileClock::now();
  background_->run(piece);
  reset_floating_point();
  if (profile_ != nullptr) {
    profile_->workers[worker].add(-1, piece, begin);
  }
  left_.fetch_sub(1, std::memory_order_acq_rel);
  return true;
}

void Executor::run_piece(int32_t task, int32_t piece, size_t worker) {
  if (is_abandoned_.load(std::memory_order_relaxed)) {
    return;
  }
  const Task& planned = launch_.plan->tasks[static_cast<size_t>(task)];
  kernels::Arguments arguments = arguments_[static_cast<size_t>(planned.step)];
  arguments.scratch = scratch_[worker].data();
  const kernels::Kernel& kernel = *launch_.plan->steps[static_cast<size_t>(planned.step)].kernel;
  if (profile_ == nullptr) {
    kernel.run(planned.phase, piece, arguments);
    return;
  }
  const ProfileClock::time_point begin = ProfileClock::now();
  kernel.run(planned.phase, piece, arguments);
  profile_->workers[worker].add(task, piece, begin);
}

void Executor::look_at_exchanges() {
  const std::unique_lock lock(exchanges_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return;
  }
  std::erase_if(exchanges_, [&](int32_t task) {
    const Task& planned = launch_.plan->tasks[static_cast<size_t>(task)];
    const kernels::ExchangeKernel& exchange = *launch_.plan->steps[static_cast<size_t>(planned.step)].exchange;
    if (!exchange.is_done(planned.phase)) {
      return false;
    }
    if (exchange.is_lost()) {
      is_abandoned_.store(true, std::memory_order_relaxed);
    }
    exchanging_.fetch_sub(1, std::memory_order_relaxed);
    finish_piece(task);
    return true;
  });
}

void Executor::finish_piece(int32_t task) {
  if (counters_[static_cast<size_t>(task)].pieces_left.fetch_sub(1, std::memory_order_acq_rel) > 1) {
    return;
  }
  for (const int32_t next : launch_.plan->tasks[static_cast<size_t>(task)].releases) {
    if (counters_[static_cast<size_t>(next)].waits.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      make_ready(next);
    }
  }
  left_.fetch_sub(1, std::memory_order_acq_rel);
}

void Executor::make_ready(int32_t task) {
  const Task& planned = launch_.plan->tasks[static_cast<size_t>(task)];
  const bool is_done = launch_.same_weights && launch_.plan->steps[static_cast<size_t>(planned.step)].from_weights;
  if (planned.pieces == 0 || is_done) {
    counters_[static_cast<size_t>(task)].pieces_left.store(1, std::memory_order_relaxed);
    finish_piece(task);
    return;
  }
  const int32_t place = tail_.fetch_add(1, std::memory_order_acq_rel);
  counters_[static_cast<size_t>(place)].ready.store(task, std::memory_order_release);
}

void Executor::run_serially(const Launch& launch, const std::function<bool(const Step&)>& observe) {
  ATELIER_CHECK(!running_);
  prepare(launch);
  reset_floating_point();
  for (size_t s = 0; s < launch.plan->steps.size(); ++s) {
    const Step& step = launch.plan->steps[s];
    kernels::Arguments arguments = arguments_[s];
    arguments.scratch = scratch_[0].data();
    for (int64_t phase = 0; phase < step.kernel->phases(); ++phase) {
      for (int64_t piece = 0; piece < step.kernel->pieces(phase); ++piece) {
        step.kernel->run(phase, piece, arguments);
      }
      while (step.exchange != nullptr && step.exchange->waits(phase) && !step.exchange->is_done(phase)) {
        std::this_thread::yield();
      }
    }
    if (!observe(step)) {
      return;
    }
  }
}

}  // namespace atelier::execute
