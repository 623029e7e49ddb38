// What went wrong while pieces were made at once on many threads: that of the first piece, whichever was made first, so
// that equal runs fail with equal words.
#pragma once

#include <cstdint>
#include <exception>
#include <mutex>
#include <utility>

namespace atelier::data {

class FirstFailure {
 public:
  template <typename Work>
  void during(int32_t piece, const Work& work) {
    try {
      work();
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!failure_ || piece < piece_) {
        failure_ = std::current_exception();
        piece_ = piece;
      }
    }
  }
  void rethrow_if_any() {
    if (failure_) {
      std::rethrow_exception(std::exchange(failure_, nullptr));
    }
  }

 private:
  std::mutex mutex_;
  std::exception_ptr failure_;
  int32_t piece_ = 0;
};

}  // namespace atelier::data
