#include "tensor/memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

namespace atelier::tensor {
namespace {

uint64_t machine_memory() {
  static const auto bytes =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
  return bytes;
}

}  // namespace

std::string bytes_text(uint64_t bytes) {
  constexpr std::array units = {"KB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes) / 1e3;
  size_t unit = 0;
  for (; value >= 1e3 && unit + 1 < units.size(); ++unit) {
    value /= 1e3;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string lack_of_memory(uint64_t bytes) {
  return bytes <= machine_memory()
             ? ""
             : fmt::format("needs {} of memory, this machine has {}", bytes_text(bytes), bytes_text(machine_memory()));
}

}  // namespace atelier::tensor
