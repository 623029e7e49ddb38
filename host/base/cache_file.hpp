// What a program keeps for the next time, so that it need not be found out again: in $XDG_CACHE_HOME/atelier, or
// ~/.cache/atelier. It is only a cache: where there is none, where it is damaged, of another version, or cannot be read
// or written, nothing is said, and what it would have told is found out again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

struct stat;

namespace atelier {

// What a file can be known by: equal as long as nobody has written it. Its time of change cannot be set as that of its
// modification can.
struct FileStamp {
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modified = 0, changed = 0;  // nanoseconds
  bool operator==(const FileStamp&) const = default;
};
FileStamp to_stamp(const struct stat& status);
// Of the regular file that the path leads to; nullopt where there is none.
std::optional<FileStamp> stamp_of(const std::filesystem::path& file);
// False for a file that was written so lately that another change might not show in its times.
bool is_settled(const FileStamp& stamp);

// One file of the cache. Processes that write it at the same time leave what one of them has written.
class CacheFile {
 public:
  // `kind`: its ending, "headings". `about`: which of its kind it is, as the path of a folder. What was written under
  // another `version` is not read.
  CacheFile(std::string_view kind, std::string about, std::string version);

  [[nodiscard]] bool has_a_place() const { return !file_.empty(); }
  // As they were saved; nullopt where there are none.
  [[nodiscard]] std::optional<std::string> load() const;
  // Whether it could be.
  bool save(std::string_view bytes) const;

 private:
  std::filesystem::path file_;  // empty where there is no place for one
  std::string heading_;         // of the file: version, and what it is about
};

}  // namespace atelier
