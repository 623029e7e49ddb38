// What the logs in a folder say of a sweep's points.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiment/sweep.hpp"

namespace atelier::cli {

struct PointState {
  enum class Kind { missing, failed, resumable, running, finished };  // the last of these that one of its logs shows
  Kind kind = Kind::missing;
  std::filesystem::path log;  // the newest of that kind; empty where there is none
  std::string reason;         // why it failed
  int64_t step = 0;           // of the checkpoint that it can go on from
};

// One for each point of the sweep in `file`. Logs are known by what their experiments resolve to and the folder that
// their paths are relative to, wherever below `folder` they are.
std::vector<PointState> states_of(const experiment::Sweep& sweep, const std::filesystem::path& file,
                                  const std::filesystem::path& folder);

}  // namespace atelier::cli
