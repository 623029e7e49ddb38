// Runs plans on oneTBB's threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "execute/launch.hpp"
#include "tensor/storage.hpp"

namespace atelier::execute {

// Work that has nothing to do with the plan and fills idle moments: assembling the next batch. `run` must not throw.
struct Background {
  int32_t pieces = 0;
  std::function<void(int32_t piece)> run;
};

// Tasks are taken in the order in which they become ready, and cut into pieces that any thread may take. Within a piece
// a thread never waits, so scratch memory belongs to a thread for as long as a piece lasts. What waits for other
// processes (kernels::ExchangeKernel) is begun as a piece, and looked at between pieces. start, wait and the
// destructor are for one thread; while a plan runs that thread may record the next step, and lends a hand in wait().
class Executor {
 public:
  explicit Executor(int threads);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // What the launch borrows stays until wait() returns.
  void start(const Launch& launch, const Background* background = nullptr);
  void wait();
  [[nodiscard]] int threads() const;

  // Runs a plan step by step on this thread; `observe` sees each step when it is done, and may end the run by returning
  // false.
  void run_serially(const Launch& launch, const std::function<bool(const Step&)>& observe);

 private:
  struct Threads;
  struct Counters {
    std::atomic<int32_t> waits{0};
    std::atomic<int32_t> next_piece{0};
    std::atomic<int32_t> pieces_left{0};
    std::atomic<int32_t> ready{-1};  // of the queue, not of the task: the task in this place
  };

  void prepare(const Launch& launch);
  void work(size_t worker);
  bool take_piece(size_t worker);
  bool take_background(size_t worker);
  void run_piece(int32_t task, int32_t piece, size_t worker);
  void finish_piece(int32_t task);
  void make_ready(int32_t task);
  void look_at_exchanges();

  std::unique_ptr<Threads> threads_;
  int thread_count_;
  bool running_ = false;

  Launch launch_;
  const Background* background_ = nullptr;
  PlanProfile* profile_ = nullptr;             // of this run
  std::vector<kernels::Arguments> arguments_;  // by step
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
  std::vector<tensor::Storage> scratch_;  // by worker
  std::unique_ptr<Counters[]> counters_;  // by task
  size_t counter_capacity_ = 0;
  std::mutex exchanges_mutex_;
  std::vector<int32_t> exchanges_;         // tasks that have begun and wait for other processes
  std::atomic<bool> is_abandoned_{false};  // other processes are lost: what is left of this run is not computed
  alignas(64) std::atomic<int32_t> exchanging_{0};
  alignas(64) std::atomic<int32_t> head_{0};
  alignas(64) std::atomic<int32_t> tail_{0};
  alignas(64) std::atomic<int32_t> left_{0};  // tasks and background pieces not done yet
  alignas(64) std::atomic<int32_t> next_background_{0};
};

}  // namespace atelier::execute
