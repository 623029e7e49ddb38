#include "tensor/memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
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

uint64_t process_memory() {
  std::ifstream pages("/proc/self/statm");
  uint64_t mapped = 0, resident = 0;
  pages >> mapped >> resident;
  return (process_limit() == UINT64_MAX ? resident : mapped) * page();  // limits count what is mapped
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
