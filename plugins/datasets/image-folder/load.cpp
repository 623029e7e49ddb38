#include "load.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <utility>

#include "decode.hpp"

namespace image_folder {

Loaded load_pictures(const std::vector<File>& files, const Shape& shape) {
  const auto elements = static_cast<size_t>(shape.channels * shape.size * shape.size);
  std::vector<uint8_t> pixels(files.size() * elements);
  std::vector<std::string> failures(files.size());  // "" where there is none
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < files.size(); i = next++) {
      try {
        scale(read_picture(files[i].path), shape, pixels.data() + i * elements);
      } catch (const std::exception& error) {
        failures[i] = error.what();
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
  Loaded out;
  for (size_t i = 0; i < files.size(); ++i) {
    if (!failures[i].empty()) {
      out.failures.push_back(failures[i]);
      continue;
    }
    std::copy_n(pixels.data() + i * elements, elements, pixels.data() + out.files.size() * elements);
    out.files.push_back(files[i]);
  }
  pixels.resize(out.files.size() * elements);
  out.pixels = std::move(pixels);
  return out;
}

}  // namespace image_folder
