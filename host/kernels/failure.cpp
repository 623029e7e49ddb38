#include "kernels/failure.hpp"

#include <atomic>
#include <mutex>
#include <utility>

#include "base/error.hpp"

namespace atelier::kernels {
namespace {

std::mutex mutex;
std::atomic<bool> has_failed{false};
std::string first;

}  // namespace

void report_failed_run(const std::string& message) noexcept {
  const std::scoped_lock lock(mutex);
  if (!has_failed) {
    first = message;
    has_failed = true;
  }
}

void throw_failed_run() {
  if (has_failed) {
    const std::scoped_lock lock(mutex);
    has_failed = false;
    throw Error(ErrorKind::plugin, "{}", std::exchange(first, {}));
  }
}

}  // namespace atelier::kernels
