// A folder of sound files, of which one at a time is something else.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "../plugins/folder.hpp"

namespace atelier::fuzz {

class FilesInTurn {
 public:
  FilesInTurn(const std::function<void(const std::filesystem::path&)>& write_sound, std::vector<std::string> names)
      : names_(std::move(names)) {
    write_sound(folder_.path);
    for (const std::string& name : names_) {
      sound_.push_back(testing::read_bytes(folder_.file(name)));
    }
  }

  // Calls `look` while the file with this number, whatever number it is, holds these bytes.
  void with(size_t number, const std::string& bytes, const std::function<void(const std::string& folder)>& look) const {
    const size_t i = number % names_.size();
    testing::write(folder_.file(names_[i]), bytes);
    look(folder_.path.string());
    testing::write(folder_.file(names_[i]), sound_[i]);
  }

 private:
  testing::Folder folder_;
  std::vector<std::string> names_, sound_;
};

}  // namespace atelier::fuzz
