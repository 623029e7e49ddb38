#include "load.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "decode.hpp"

namespace image_folder {

std::vector<uint8_t> load_pictures(const std::vector<File>& files, const Shape& shape) {
  const auto elements = static_cast<size_t>(shape.channels * shape.size * shape.size);
  std::vector<uint8_t> pixels(files.size() * elements);
  std::atomic<size_t> next = 0;
  std::mutex lock;
  size_t failed = files.size();  // the first file that failed
  std::exception_ptr failure;

  // Files are taken in order and finished once taken, so that the first failure does not depend on the threads.
  const auto work = [&] {
    for (size_t i = next++; i < files.size(); i = next++) {
      try {
        scale(read_picture(files[i].path), shape, pixels.data() + i * elements);
      } catch (...) {
        next = files.size();
        const std::lock_guard guard(lock);
        if (i < failed) {
          failed = i;
          failure = std::current_exception();
        }
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    const size_t processors = std::max(1U, std::thread::hardware_concurrency());
    for (size_t w = 1; w < std::min(processors, files.size()); ++w) {
      workers.emplace_back(work);
    }
    work();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
  return pixels;
}

}  // namespace image_folder
