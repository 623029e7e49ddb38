// Inside this room only: headings that were read before, so that a folder of many logs is listed at once. Kept in
// $XDG_CACHE_HOME/atelier, or ~/.cache/atelier, a file for each folder of logs. It is only a cache: where there is
// none, where it is damaged, of another version or cannot be written, headings are read from the logs, and nothing is
// said.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "runlog/headings.hpp"

namespace atelier::runlog {

// Of a log's file: equal as long as nobody has written it. Its time of change cannot be set as that of its
// modification can.
struct LogStamp {
  uint64_t inode = 0, size = 0;
  int64_t modified = 0, changed = 0;  // nanoseconds
  bool operator==(const LogStamp&) const = default;
};

// Of the logs in one folder, not below it. Processes that write it at the same time leave what one of them has written.
class HeadingCache {
 public:
  explicit HeadingCache(const std::filesystem::path& folder);

  // What the log can be known by; nullopt where it is to be read: it is no file of its own, or has a journal, which may
  // say more than the file.
  [[nodiscard]] std::optional<LogStamp> stamp_of(const std::filesystem::path& log) const;
  [[nodiscard]] const Heading* find(const std::filesystem::path& log, const LogStamp& stamp) const;
  // What was read while the log had this stamp. Not kept where somebody writes the log, and where it was written so
  // lately that another change might not show in its times.
  void keep(const std::filesystem::path& log, const LogStamp& stamp, const Heading& heading);
  // Where there is something new.
  void save();

  struct Entry {
    LogStamp stamp;
    Heading heading;
  };

 private:
  void load();
  void write() const;

  std::filesystem::path folder_;          // by its real path
  std::filesystem::path file_;            // empty where there is no place for one
  std::map<std::string, Entry> entries_;  // by the log's name in the folder
  bool changed_ = false;
};

}  // namespace atelier::runlog
