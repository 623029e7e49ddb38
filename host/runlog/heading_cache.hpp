// Inside this room only: headings that were read before, so that a folder of many logs is listed at once. A file of the
// cache (base/cache_file.hpp) for each folder of logs.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/cache_file.hpp"
#include "runlog/headings.hpp"

namespace atelier::runlog {

// Of the logs in one folder, not below it.
class HeadingCache {
 public:
  explicit HeadingCache(const std::filesystem::path& folder);

  // What the log can be known by; nullopt where it is to be read: it is no file of its own, or has a journal, which may
  // say more than the file.
  [[nodiscard]] std::optional<FileStamp> stamp_of(const std::filesystem::path& log) const;
  [[nodiscard]] const Heading* find(const std::filesystem::path& log, const FileStamp& stamp) const;
  // What was read while the log had this stamp. Not kept where somebody writes the log, and where it was written so
  // lately that another change might not show in its times.
  void keep(const std::filesystem::path& log, const FileStamp& stamp, const Heading& heading);
  // Where there is something new.
  void save();

  struct Entry {
    FileStamp stamp;
    Heading heading;
  };

 private:
  void load();

  std::filesystem::path folder_;  // by its real path; empty where there is no place for a cache
  std::optional<CacheFile> file_;
  std::map<std::string, Entry> entries_;  // by the log's name in the folder
  bool changed_ = false;
};

}  // namespace atelier::runlog
