// The picture files below a folder, and their classes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

struct stat;

namespace image_folder {

// What a file can be known by: equal as long as nobody has written it.
struct Stamp {
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modified = 0, changed = 0;  // nanoseconds
  [[nodiscard]] std::string text() const;
};
Stamp to_stamp(const struct stat& status);

struct File {
  std::string path;
  std::string name;  // path below the folder, with slashes
  Stamp stamp;
  int64_t label = -1;  // index into the classes; -1 where there are none
};

struct Listing {
  std::vector<File> files;           // by name, so that nothing depends on the file system's order
  std::vector<std::string> classes;  // the first level of nested folders that hold pictures, by name
};

// Lists the PNG and JPEG files below the first of `folders` that is there, told by their names' endings; names that
// begin with a dot are passed over. Links are followed. Throws DataError where none of the folders is there, where it
// has no pictures, where pictures stand beside class folders, where a link leads nowhere, or where a folder or a
// picture is there twice, be it by a link: it would be counted twice, and stand on both sides of a split.
Listing list_pictures(const std::vector<std::filesystem::path>& folders);

}  // namespace image_folder
