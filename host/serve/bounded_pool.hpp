// Inside this room only: threads that answer connections, of which no more than a few wait.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace atelier::serve {

// Where all threads are busy and `most_waiting` connections wait, enqueue() blocks: further ones wait in the system's
// own queue, which is bounded.
class BoundedPool final : public httplib::TaskQueue {
 public:
  BoundedPool(size_t threads, size_t most_waiting);
  void enqueue(std::function<void()> task) override;
  void shutdown() override;  // after what waits is done

 private:
  void work();

  size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace atelier::serve
