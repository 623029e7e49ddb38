// Whether other data have another hash, and the same data, wherever they lie, the same one.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "../plugins/folder.hpp"
#include "../plugins/picture_files.hpp"
#include "data/hash.hpp"

using namespace atelier;
using testing::Folder;
namespace fs = std::filesystem;

namespace {

const plugin::Registry& registry() {
  static const plugin::Registry loaded({IMAGE_FOLDER_PLUGIN, SHAPES_PLUGIN, TRANSFORMED_PAIRS_PLUGIN});
  return loaded;
}

// Every setting that is not given has its default.
plugin::DatasetRecipe recipe(const std::string& use, const catalog::Settings& given) {
  plugin::DatasetRecipe out{use, {}, {}};
  for (const catalog::SettingDescription& setting : registry().get(catalog::Kind::dataset, use).description.settings) {
    const auto found = given.find(setting.name);
    out.settings[setting.name] = found == given.end() ? setting.default_value : found->second;
  }
  return out;
}

plugin::DatasetRecipe pictures_in(const Folder& folder, catalog::Settings settings = {}) {
  settings.try_emplace("directory", folder.path.string());
  settings.try_emplace("size", int64_t{4});
  settings.try_emplace("channels", int64_t{1});
  settings.try_emplace("test_fraction", 0.0);
  return recipe("image-folder", settings);
}

std::string hash_of(const plugin::DatasetRecipe& recipe, int threads = 2) {
  const plugin::Dataset dataset(registry(), recipe, ".", {});
  return data::hash_of_samples(dataset, threads);
}

void fill(const Folder& folder) {
  for (const char* below : {"cats", "dogs"}) {
    fs::create_directories(folder.path / below);
    for (uint8_t i = 0; i < 4; ++i) {
      testing::write_grey(folder.file(below + std::string("/") + static_cast<char>('0' + i) + ".png"),
                          static_cast<uint8_t>(40 * i));
    }
  }
}

}  // namespace

TEST_CASE("the same pictures have the same hash, wherever they lie and however many threads read them") {
  const Folder here, there;
  fill(here);
  fill(there);
  const std::string hash = hash_of(pictures_in(here));
  CHECK(hash.size() == 64);
  CHECK(hash_of(pictures_in(there)) == hash);
  CHECK(hash_of(pictures_in(here), 1) == hash);
  CHECK(hash_of(pictures_in(here), 7) == hash);
}

TEST_CASE("what a model would see otherwise changes the hash") {
  const Folder folder;
  fill(folder);
  const std::string hash = hash_of(pictures_in(folder));
  SUBCASE("a pixel") {
    testing::write_grey(folder.file("dogs/3.png"), 121);
  }
  SUBCASE("one picture less") {
    fs::remove(folder.file("dogs/3.png"));
  }
  SUBCASE("a label alone: the last cat becomes the first dog") {
    fs::rename(folder.file("cats/3.png"), folder.file("dogs/+.png"));  // which comes before 0
  }
  CHECK(hash_of(pictures_in(folder)) != hash);
}

TEST_CASE("the split and the groups of a validation split are part of the hash") {
  const Folder folder;
  fill(folder);
  const std::string hash = hash_of(pictures_in(folder));
  CHECK(hash_of(pictures_in(folder, {{"group_pattern", std::string("[0-9]")}})) != hash);
  CHECK(hash_of(pictures_in(folder, {{"test_fraction", 0.5}})) != hash);
}

TEST_CASE("data that are made of files have the hash of what they are made of; data that are made have none") {
  const Folder folder;
  fill(folder);
  plugin::DatasetRecipe pairs = recipe("transformed-pairs", {});
  pairs.sources["source"] = std::make_shared<const plugin::DatasetRecipe>(pictures_in(folder));
  CHECK(hash_of(pairs) == hash_of(*pairs.sources["source"]));
  CHECK(hash_of(recipe("shapes", {})).empty());
}
