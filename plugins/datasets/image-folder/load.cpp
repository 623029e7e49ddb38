#include "load.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <utility>

#include "decode.hpp"

namespace image_folder {

void in_parallel(size_t count, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) {
      work(i);
    }
  };
  std::vector<std::jthread> workers;
  const size_t processors = std::max(1U, std::thread::hardware_concurrency());
  for (size_t w = 1; w < std::min(processors, count); ++w) {
    workers.emplace_back(run);
  }
  run();
}

Loaded load_pictures(const std::vector<File>& files, const Shape& shape, Pixels pixels) {
  const auto elements = static_cast<size_t>(shape.channels * shape.size * shape.size);
  std::vector<std::string> failures(files.size());  // "" where there is none
  in_parallel(files.size(), [&](size_t i) {
    try {
      scale(read_picture(files[i].path), shape, pixels.data() + i * elements);
    } catch (const std::exception& error) {
      failures[i] = error.what();
    }
  });
  Loaded out;
  for (size_t i = 0; i < files.size(); ++i) {
    if (!failures[i].empty()) {
      out.failures.push_back(failures[i]);
      continue;
    }
    if (i != out.files.size()) {
      std::copy_n(pixels.data() + i * elements, elements, pixels.data() + out.files.size() * elements);
    }
    out.files.push_back(files[i]);
  }
  out.pixels = std::move(pixels);
  return out;
}

}  // namespace image_folder
