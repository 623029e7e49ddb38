#include "tensor/memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/text.hpp"

namespace atelier::tensor {
namespace {

std::string bytes_text(uint64_t bytes) {
  return human_bytes(static_cast<double>(bytes));
}

uint64_t page() {
  return static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
}

uint64_t machine_memory() {
  static const auto bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * page();
  return bytes;
}

// What the shell's ulimit leaves to this process; UINT64_MAX where it sets no limit.
uint64_t process_limit() {
  uint64_t least = UINT64_MAX;
  for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit{};
    if (getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
      least = std::min<uint64_t>(least, limit.rlim_cur);
    }
  }
  return least;
}

// Limits count what is mapped; that of data counts what may be written of it.
uint64_t process_memory() {
  std::ifstream file("/proc/self/statm");
  std::array<uint64_t, 6> pages{};  // mapped, resident, shared, text, libraries, data
  for (uint64_t& count : pages) {
    file >> count;
  }
  rlimit data{};
  const bool of_data = getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY &&
                       static_cast<uint64_t>(data.rlim_cur) == process_limit();
  return (process_limit() == UINT64_MAX ? pages[1] : of_data ? pages[5] : pages[0]) * page();
}

}  // namespace

std::string lack_of_memory(uint64_t bytes) {
  const uint64_t limit = process_limit();
  if (bytes <= std::min(limit, machine_memory())) {
    return "";
  }
  return limit < machine_memory()
             ? fmt::format("needs {} of memory, this process may have {} (ulimit)", bytes_text(bytes),
                           bytes_text(limit))
             : fmt::format("needs {} of memory, this machine has {}", bytes_text(bytes), bytes_text(machine_memory()));
}

std::string refused_memory(uint64_t bytes) {
  return fmt::format("needs {} of memory, which the system does not give: {}", bytes_text(bytes), memory_in_use());
}

std::string memory_in_use() {
  const uint64_t limit = process_limit();
  return fmt::format("this process has {}{}", bytes_text(process_memory()),
                     limit == UINT64_MAX ? "" : fmt::format(" of the {} that it may have (ulimit)", bytes_text(limit)));
}

std::string reason_of(const std::exception& error) {
  return dynamic_cast<const std::bad_alloc*>(&error) == nullptr
             ? error.what()
             : fmt::format("there is not enough memory: {}; hint: a smaller batch, or smaller layers", memory_in_use());
}

std::string described(const Shape& shape, DType dtype, std::span<const std::string> axes) {
  if (axes.empty() || axes.size() != shape.rank()) {
    return fmt::format("{} {}", name_of(dtype), to_string(shape));
  }
  std::string lengths;
  for (size_t axis = 0; axis < axes.size(); ++axis) {
    lengths += fmt::format("{}{} = {}", axis == 0 ? "" : ", ", axes[axis], shape[axis]);
  }
  return fmt::format("{} ({})", name_of(dtype), lengths);
}

}  // namespace atelier::tensor
