// What the tests of image-folder share.
#pragma once

#include <doctest/doctest.h>

#include <cmath>

#include "dataset_host.hpp"
#include "folder.hpp"
#include "picture_files.hpp"

namespace atelier::testing {

// Of the pictures in a folder, all of them training samples unless the settings say otherwise.
inline MadeDataset make_folder(const Folder& folder, SettingValues settings = {}) {
  settings.try_emplace("directory", folder.path.string());
  settings.try_emplace("test_fraction", 0.0);
  return DatasetHost::of(IMAGE_FOLDER_PLUGIN).make("image-folder", settings);
}

// The bytes of a sample, each of which must be a whole one over 255.
inline std::vector<int> bytes_of(const MadeDataset& dataset, int64_t index, int32_t split = ATL_TRAIN) {
  std::vector<int> out;
  for (const float value : dataset.read(split, index).image) {
    out.push_back(static_cast<int>(std::lround(value * 255.0F)));
    REQUIRE(static_cast<float>(out.back()) / 255.0F == value);
  }
  return out;
}

// The only picture of a folder.
inline std::vector<int> only_picture(const Folder& folder, SettingValues settings) {
  const MadeDataset dataset = make_folder(folder, std::move(settings));
  REQUIRE(dataset.error() == "");
  REQUIRE(dataset.spec().train_count == 1);
  return bytes_of(dataset, 0);
}

}  // namespace atelier::testing
