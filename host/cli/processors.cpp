#include "cli/processors.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

constexpr double unlimited = std::numeric_limits<double>::infinity();

double affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : unlimited;
}

// "cpu.max" of version 2: "200000 100000" is two processors, "max 100000" no limit. Of the group and all above it.
double quota_of_version_2() {
  const fs::path root = "/sys/fs/cgroup";
  std::string group;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::")) {
      group = line.substr(3);
    }
  }
  double quota = unlimited;
  for (fs::path path = fs::path(group).relative_path();; path = path.parent_path()) {
    std::ifstream file(root / path / "cpu.max");
    double time = 0;
    double period = 0;
    if (file >> time >> period && period > 0) {
      quota = std::min(quota, time / period);
    }
    if (path.empty()) {
      return quota;
    }
  }
}

double quota_of_version_1() {
  std::ifstream quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double time = 0;
  double period = 0;
  return quota_file >> time && period_file >> period && time > 0 && period > 0 ? time / period : unlimited;
}

}  // namespace

int usable_processors() {
  const double count = std::min({affinity(), std::ceil(quota_of_version_2()), std::ceil(quota_of_version_1())});
  return std::isfinite(count) ? std::max(1, static_cast<int>(count)) : 1;
}

}  // namespace atelier::cli
