// Inside this room only: headings that were read before, so that a folder of many logs is listed at once.
#pragma once

#include <filesystem>
#include <optional>

#include "base/folder_cache.hpp"
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

 private:
  FolderCache<Heading> cache_;
};

}  // namespace atelier::runlog
