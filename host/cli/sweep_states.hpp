// What the logs in a folder say of a sweep's points.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "experiment/sweep.hpp"
#include "runlog/headings.hpp"

namespace atelier::cli {

// How the reason begins in the log of a point that went no further.
inline constexpr std::string_view left_behind_by_halving = "stopped by halving";

struct PointState {
  enum class Kind { missing, failed, resumable, running, finished };  // the last of these that one of its logs shows
  Kind kind = Kind::missing;
  std::filesystem::path log;  // the newest of that kind; empty where there is none
  std::string reason;         // why it failed, or was stopped
  int64_t step = 0;           // of the checkpoint that it can go on from
  bool left_behind = false;   // by halving; `reason` says where
};

// The step that an unfinished run can go on from; nothing where it has to begin anew, or there is no such log.
std::optional<int64_t> resumable_from(const std::filesystem::path& log);

// Whether a log from another folder than the file's is one of the point of this identity all the same.
using SameElsewhere = std::function<bool(const runlog::Heading& log, const std::string& identity)>;

// The logs in and below a folder that were made from files in the folder of `file`, or of which `same` says so. Logs
// are known by what their experiments resolve to, wherever they lie. What has been read once and cannot change is not
// read again: asking of one more point costs a look at the folder.
class PointLogs {
 public:
  PointLogs(const std::filesystem::path& file, std::filesystem::path folder, SameElsewhere same = {});

  // As it is now.
  PointState state_of(const std::string& identity);
  // A log that we write ourselves; it is read when it is asked of.
  void add(const std::string& identity, const std::filesystem::path& log);
  // One that somebody else has looked at, whatever folder it is from.
  void accept(const std::string& identity, const std::filesystem::path& log);

 private:
  void look();
  void look_in(const std::filesystem::path& folder, std::vector<std::filesystem::path>& found);
  void take(const std::vector<std::filesystem::path>& logs);

  std::filesystem::path folder_;
  std::string directory_;  // as logs have it
  SameElsewhere same_;
  struct Folder {
    std::filesystem::file_time_type changed;
    std::unordered_set<std::string> logs;  // by their names in it
    std::vector<std::filesystem::path> folders;
  };
  std::map<std::filesystem::path, Folder> folders_;  // as they were listed last
  // When they were written, as reading them failed: after that they are read again.
  std::vector<std::pair<std::filesystem::path, std::filesystem::file_time_type>> unreadable_;
  struct Known {
    std::filesystem::path log;
    std::optional<runlog::Heading> heading;  // of a log that has ended, and not to be gone on with
  };
  std::map<std::string, std::vector<Known>> of_points_;
};

}  // namespace atelier::cli
