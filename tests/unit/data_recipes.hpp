// Datasets of a few files, as an experiment would open them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "../plugins/folder.hpp"
#include "../plugins/picture_files.hpp"
#include "plugin/dataset.hpp"

namespace atelier::testing {

inline const plugin::Registry& registry() {
  static const plugin::Registry loaded({IMAGE_FOLDER_PLUGIN, SHAPES_PLUGIN, TRANSFORMED_PAIRS_PLUGIN});
  return loaded;
}

// Every setting that is not given has its default.
inline plugin::DatasetRecipe recipe(const std::string& use, const catalog::Settings& given) {
  plugin::DatasetRecipe out{use, {}, {}};
  for (const catalog::SettingDescription& setting : registry().get(catalog::Kind::dataset, use).description.settings) {
    const auto found = given.find(setting.name);
    out.settings[setting.name] = found == given.end() ? setting.default_value : found->second;
  }
  return out;
}

inline plugin::DatasetRecipe pictures_in(const Folder& folder, catalog::Settings settings = {}) {
  settings.try_emplace("directory", folder.path.string());
  settings.try_emplace("size", int64_t{4});
  settings.try_emplace("channels", int64_t{1});
  settings.try_emplace("test_fraction", 0.0);
  return recipe("image-folder", settings);
}

inline void fill_with_pictures(const Folder& folder) {
  for (const char* below : {"cats", "dogs"}) {
    std::filesystem::create_directories(folder.path / below);
    for (uint8_t i = 0; i < 4; ++i) {
      write_grey(folder.file(below + std::string("/") + static_cast<char>('0' + i) + ".png"),
                 static_cast<uint8_t>(40 * i));
    }
  }
}

}  // namespace atelier::testing
