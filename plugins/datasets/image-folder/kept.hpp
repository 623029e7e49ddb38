// Decoded pictures that are kept in one file for the next time, which maps it into memory: in $XDG_CACHE_HOME/atelier,
// or
// ~/.cache/atelier. It is only a cache: where it cannot be read or written, or was made of anything else than what is
// there now, pictures are decoded, and nothing is said.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "folder.hpp"
#include "load.hpp"

namespace image_folder {

// What the pictures of a folder are made of: names and times of the files, the shape, this library and those that
// decode.
class KeptPictures {
 public:
  KeptPictures(const std::vector<File>& files, const Shape& shape);

  // As they were made; nullopt where they are to be made.
  [[nodiscard]] std::optional<Loaded> load() const;
  // Decodes them all, into the file where there can be one.
  [[nodiscard]] Loaded make() const;

 private:
  const std::vector<File>& files_;
  const Shape& shape_;
  std::string key_;
  std::filesystem::path path_;  // empty where there is no place for one
};

}  // namespace image_folder
