// Whether other data have another hash, and the same data, wherever they lie, the same one.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "data/hash.hpp"
#include "data_recipes.hpp"

using namespace atelier;
using testing::fill_with_pictures;
using testing::Folder;
using testing::pictures_in;
using testing::recipe;
using testing::registry;
namespace fs = std::filesystem;

namespace {

std::string hash_of(const plugin::DatasetRecipe& recipe, int threads = 2) {
  const plugin::Dataset dataset(registry(), recipe, ".", {});
  return data::hash_of_samples(dataset, threads);
}

}  // namespace

TEST_CASE("the same pictures have the same hash, wherever they lie and however many threads read them") {
  const Folder here, there;
  fill_with_pictures(here);
  fill_with_pictures(there);
  const std::string hash = hash_of(pictures_in(here));
  CHECK(hash.size() == 64);
  CHECK(hash_of(pictures_in(there)) == hash);
  CHECK(hash_of(pictures_in(here), 1) == hash);
  CHECK(hash_of(pictures_in(here), 7) == hash);
}

TEST_CASE("what a model would see otherwise changes the hash") {
  const Folder folder;
  fill_with_pictures(folder);
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
  fill_with_pictures(folder);
  const std::string hash = hash_of(pictures_in(folder));
  CHECK(hash_of(pictures_in(folder, {{"group_pattern", std::string("[0-9]")}})) != hash);
  CHECK(hash_of(pictures_in(folder, {{"test_fraction", 0.5}})) != hash);
}

TEST_CASE("data that are made of files have the hash of what they are made of; data that are made have none") {
  const Folder folder;
  fill_with_pictures(folder);
  plugin::DatasetRecipe pairs = recipe("transformed-pairs", {});
  pairs.sources["source"] = std::make_shared<const plugin::DatasetRecipe>(pictures_in(folder));
  CHECK(hash_of(pairs) == hash_of(*pairs.sources["source"]));
  CHECK(hash_of(recipe("shapes", {})).empty());
}
