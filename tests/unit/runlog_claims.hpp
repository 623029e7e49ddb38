// Lock files as tests want them.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "runlog/locks.hpp"
#include "runlog_example.hpp"

namespace atelier::runlog::example {

// A short one, in all of this program's tests.
[[maybe_unused]] inline const int short_lease = setenv("ATELIER_LEASE", "1", 1);

using Changes = std::vector<std::pair<std::string, std::string>>;
inline const Changes elsewhere{{"boot", "another"}, {"process", "12"}, {"host", "node7"}, {"id", "0123456789abcdef"}};

// What a lock file of this process says, but for these lines.
inline std::string claim_like_ours(const Folder& folder, const Changes& changes) {
  const Lock lock(folder / "model");
  std::istringstream lines(bytes_of(folder / "model.lock"));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    for (const auto& [name, value] : changes) {
      line = line.starts_with(name + " ") ? name + " " + value : line;
    }
    text += line + "\n";
  }
  return text;
}

inline void write_claim_like_ours(const Folder& folder, const Changes& changes, const char* name = "a.h5.lock") {
  const std::string text = claim_like_ours(folder, changes);
  std::filesystem::remove(folder / name);
  std::ofstream(folder / name) << text;
}

inline void set_heartbeat(const std::filesystem::path& lock, std::chrono::seconds from_now) {
  std::filesystem::last_write_time(lock, std::filesystem::file_time_type::clock::now() + from_now);
}

inline std::vector<std::string> names_in(const Folder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "")) {
    names.push_back(entry.path().filename());
  }
  return names;
}

}  // namespace atelier::runlog::example
