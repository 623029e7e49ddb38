// What the libraries of a folder brought when they were loaded last, so that one is only loaded where something of it
// is needed. A file of the cache (base/cache_file.hpp) for each folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/folder_cache.hpp"
#include "plugin/component_description.hpp"

namespace atelier::plugin {

class LibraryIndex {
 public:
  explicit LibraryIndex(const std::filesystem::path& folder);

  // What the library brings; its components have no tables. nullopt where it has to be loaded to know: it is another
  // file than it was, it is not here, or it is one of those that are always loaded.
  [[nodiscard]] std::optional<LibraryContents> find(const std::filesystem::path& file) const;
  // What was read from the library, which had this stamp before it was loaded.
  void keep(const std::filesystem::path& file, const FileStamp& stamp, const LibraryContents& contents);
  // Whether it brings what find() said.
  [[nodiscard]] bool is_right_about(const std::filesystem::path& file, const LibraryContents& contents) const;
  // Where there is something new.
  void save();

  // An index was wrong although its library's file is the same, as where what a library brings hangs on something else.
  // From now on this process believes none.
  static void distrust();
  [[nodiscard]] static bool is_believed();

 private:
  FolderCache<std::string> cache_;  // JSON
};

}  // namespace atelier::plugin
