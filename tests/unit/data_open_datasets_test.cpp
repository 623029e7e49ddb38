// Which experiments share a dataset, and how many stay open.
#include <doctest/doctest.h>

#include <thread>

#include "base/error.hpp"
#include "data/hash.hpp"
#include "data/open_datasets.hpp"
#include "data_recipes.hpp"

using namespace atelier;
using data::OpenDatasets;
using testing::fill_with_pictures;
using testing::Folder;
using testing::pictures_in;
using testing::recipe;
using testing::registry;

namespace {

plugin::DatasetRecipe shapes_of(int64_t count) {
  return recipe("shapes", {{"size", int64_t{16}}, {"count", count}});
}

plugin::DatasetRecipe pairs_of(const plugin::DatasetRecipe& source) {
  plugin::DatasetRecipe out = recipe("transformed-pairs", {});
  out.sources["source"] = std::make_shared<const plugin::DatasetRecipe>(source);
  return out;
}

}  // namespace

TEST_CASE("what is opened with the same is one dataset, and what is opened with anything else is another") {
  OpenDatasets datasets;
  const auto first = datasets.open(registry(), pairs_of(shapes_of(10)), ".", {"data"});
  CHECK(datasets.open(registry(), pairs_of(shapes_of(10)), ".", {"data"}) == first);
  SUBCASE("a source's setting") {
    CHECK(datasets.open(registry(), pairs_of(shapes_of(11)), ".", {"data"}) != first);
  }
  SUBCASE("the source alone") {
    CHECK(datasets.open(registry(), shapes_of(10), ".", {"data"}) != first);
  }
  SUBCASE("a setting") {
    plugin::DatasetRecipe other = pairs_of(shapes_of(10));
    other.settings.at("angle") = 44.0;
    CHECK(datasets.open(registry(), other, ".", {"data"}) != first);
  }
  SUBCASE("the folder that relative paths mean") {
    CHECK(datasets.open(registry(), pairs_of(shapes_of(10)), "..", {"data"}) != first);
  }
  SUBCASE("the directories of data") {
    CHECK(datasets.open(registry(), pairs_of(shapes_of(10)), ".", {"data", "more"}) != first);
  }
  SUBCASE("the plugins") {
    const plugin::Registry others({SHAPES_PLUGIN, TRANSFORMED_PAIRS_PLUGIN});
    CHECK(datasets.open(others, pairs_of(shapes_of(10)), ".", {"data"}) != first);
  }
  CHECK(datasets.open(registry(), pairs_of(shapes_of(10)), ".", {"data"}) == first);  // open still
}

TEST_CASE("two stay open: those that were asked for last") {
  OpenDatasets datasets;
  const auto open = [&](int64_t count) { return datasets.open(registry(), shapes_of(count), ".", {}); };
  const std::weak_ptr<const data::OpenDataset> one = open(1), two = open(2);
  CHECK(open(1) == one.lock());
  const std::weak_ptr<const data::OpenDataset> three = open(3);
  CHECK(two.expired());
  CHECK(open(1) == one.lock());
  const auto used = open(2);
  CHECK(three.expired());
  CHECK(used->dataset().spec().train_count == 2);
  open(3);
  open(4);
  CHECK(used->dataset().spec().train_count == 2);  // by whoever uses it, open it is
}

TEST_CASE("a hash is that of the samples, for all who ask for it at once") {
  const Folder folder;
  fill_with_pictures(folder);
  OpenDatasets datasets;
  const auto open = datasets.open(registry(), pictures_in(folder), ".", {});
  const std::string expected = data::hash_of_samples(open->dataset(), 1);
  std::vector<std::string> found(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& hash : found) {
      threads.emplace_back([&] { hash = open->hash(2); });
    }
  }
  CHECK(found == std::vector<std::string>(4, expected));
  CHECK(datasets.hash(registry(), pictures_in(folder), ".", {}, 2) == expected);
}

TEST_CASE("a hash stays known when its dataset does not stay open") {
  const Folder folder;
  fill_with_pictures(folder);
  OpenDatasets datasets(1);
  const std::string hash = datasets.hash(registry(), pictures_in(folder), ".", {}, 1);
  CHECK(hash.size() == 64);
  CHECK(datasets.hash(registry(), shapes_of(10), ".", {}, 1).empty());
  std::filesystem::remove_all(folder.path);
  CHECK(datasets.hash(registry(), pictures_in(folder), ".", {}, 1) == hash);
  CHECK_THROWS_AS(datasets.open(registry(), pictures_in(folder), ".", {}), Error);
  fill_with_pictures(folder);  // tried again
  CHECK(datasets.open(registry(), pictures_in(folder), ".", {})->hash(1) == hash);
}

TEST_CASE("what is wrong with a sample is said to each who asks for the hash") {
  const plugin::Registry careless({CARELESS_PLUGIN});
  const catalog::Settings settings{
      {"mistake", std::string("in a file")}, {"count", int64_t{20}}, {"label_of_7", int64_t{3}}};
  const data::OpenDataset open(careless, {"careless", settings, {}}, ".", {});
  for (int time = 0; time < 2; ++time) {
    CHECK_THROWS_WITH_AS((void)open.hash(1),
                         "dataset 'careless', training sample 7: the field 'label'[1] is 3, expected 0 to 2: it has 3 "
                         "classes",
                         Error);
  }
}
