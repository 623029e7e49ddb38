#include "supervision/memory_limit.hpp"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace atelier::supervision {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> words_in(const fs::path& path) {
  std::ifstream file(path);
  return {std::istream_iterator<std::string>(file), {}};
}

bool has_word(const fs::path& path, const std::string& word) {
  const std::vector<std::string> words = words_in(path);
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool put(const fs::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

// Of this process, in version 2; empty where there is none.
fs::path own_group() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::")) {
      return fs::path("/sys/fs/cgroup") / fs::path(line.substr(3)).relative_path();
    }
  }
  return {};
}

}  // namespace

MemoryLimit::MemoryLimit(uint64_t bytes) : bytes_(bytes) {
  find_place();
}

// Groups below a group with processes of its own can have no limits: this process moves to one beside them, where it is
// alone.
void MemoryLimit::find_place() {
  const fs::path group = own_group();
  if (group.empty() || !has_word(group / "cgroup.controllers", "memory")) {
    return;
  }
  const std::string self = std::to_string(getpid());
  if (!has_word(group / "cgroup.subtree_control", "memory")) {
    const fs::path own = group / ("atelier-" + self);
    std::error_code failed;
    if (words_in(group / "cgroup.procs") != std::vector<std::string>{self} || !fs::create_directory(own, failed)) {
      return;
    }
    if (!put(own / "cgroup.procs", self) || !put(group / "cgroup.subtree_control", "+memory")) {
      put(group / "cgroup.procs", self);
      fs::remove(own, failed);
      return;
    }
    own_ = own;
  }
  place_ = group;
}

MemoryLimit::~MemoryLimit() {
  if (!own_.empty()) {
    std::error_code ignored;
    put(place_ / "cgroup.subtree_control", "-memory");
    put(place_ / "cgroup.procs", std::to_string(getpid()));
    fs::remove(own_, ignored);
  }
}

std::unique_ptr<MemoryLimit::Share> MemoryLimit::share() {
  fs::path group;
  if (!place_.empty()) {
    group = place_ / fmt::format("atelier-{}-{}", getpid(), ++made_);
    std::error_code failed;
    if (!fs::create_directory(group, failed) || !put(group / "memory.max", std::to_string(bytes_))) {
      fs::remove(group, failed);
      group.clear();
    } else {
      put(group / "memory.swap.max", "0");  // where there is swap at all
    }
  }
  return std::make_unique<Share>(bytes_, group);
}

MemoryLimit::Share::~Share() {
  if (!group_.empty()) {
    std::error_code ignored;
    fs::remove(group_, ignored);
  }
}

void MemoryLimit::Share::enter() const {
  if (group_.empty() || !put(group_ / "cgroup.procs", std::to_string(getpid()))) {
    const rlimit limit{bytes_, bytes_};
    setrlimit(RLIMIT_DATA, &limit);
  }
}

bool MemoryLimit::Share::exceeded() const {
  if (group_.empty()) {
    return false;
  }
  std::ifstream events(group_ / "memory.events");
  for (std::string line; std::getline(events, line);) {
    if (line.starts_with("oom_kill ") && line != "oom_kill 0") {
      return true;
    }
  }
  return false;
}

}  // namespace atelier::supervision
