#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "dataset_host.hpp"

using namespace atelier::testing;

namespace {

SettingValues with(const char* name, int64_t value) {
  return {{name, value}};
}

}  // namespace

TEST_CASE("shapes have the fields, counts and no files that their settings say") {
  const DatasetHost& host = DatasetHost::of(SHAPES_PLUGIN);
  const MadeDataset grey = host.make("shapes");
  REQUIRE(grey.error() == "");
  CHECK(grey.image_dims() == std::vector<int64_t>{1, 28, 28});
  CHECK(grey.spec().fields[1].classes == 5);
  CHECK(grey.spec().train_count == 10000);
  CHECK(grey.spec().test_count == 2000);
  CHECK(grey.spec().file_count == 0);
  const MadeDataset colour = host.make(
      "shapes", {{"size", int64_t{9}}, {"channels", int64_t{3}}, {"count", int64_t{7}}, {"test_count", int64_t{1}}});
  CHECK(colour.image_dims() == std::vector<int64_t>{3, 9, 9});
  CHECK(colour.spec().train_count == 7);
  CHECK(colour.spec().test_count == 1);
}

TEST_CASE("the first 100 pictures have the same bits on every machine") {
  const DatasetHost& host = DatasetHost::of(SHAPES_PLUGIN);
  CHECK(hash_of_100(host.make("shapes")) == 7896175554833808440U);
  CHECK(hash_of_100(host.make("shapes", {{"size", int64_t{33}}, {"channels", int64_t{3}}, {"seed", int64_t{-5}}})) ==
        13887452798324984824U);
}

TEST_CASE("classes are balanced") {
  const DatasetHost& host = DatasetHost::of(SHAPES_PLUGIN);
  const MadeDataset dataset = host.make("shapes", with("size", 8));
  for (const int32_t split : {ATL_TRAIN, ATL_TEST}) {
    std::vector<int64_t> counts(5, 0);
    const int64_t count = split == ATL_TRAIN ? dataset.spec().train_count : dataset.spec().test_count;
    for (int64_t i = 0; i < count; ++i) {
      ++counts.at(static_cast<size_t>(dataset.read(split, i).label));
    }
    CHECK(counts == std::vector<int64_t>(5, count / 5));
  }
}

TEST_CASE("values stay in [0, 1], with a bright shape on a dark ground") {
  const DatasetHost& host = DatasetHost::of(SHAPES_PLUGIN);
  for (const int64_t size : {8, 28, 256}) {
    const MadeDataset dataset = host.make("shapes", {{"size", size}, {"channels", int64_t{3}}});
    for (int64_t i = 0; i < 100; ++i) {
      const std::vector<float> image = dataset.read(ATL_TRAIN, i).image;
      const auto [low, high] = std::minmax_element(image.begin(), image.end());
      REQUIRE(*low >= 0.0F);
      REQUIRE(*low <= 0.2F);
      REQUIRE(*high >= 0.3F);
      REQUIRE(*high <= 1.0F);
    }
  }
}

TEST_CASE("edges are soft, and the whole shape is inside") {
  const DatasetHost& host = DatasetHost::of(SHAPES_PLUGIN);
  for (const int64_t size : {28, 61}) {
    const MadeDataset dataset = host.make("shapes", with("size", size));
    for (int64_t i = 0; i < 500; ++i) {
      const std::vector<float> image = dataset.read(ATL_TRAIN, i).image;
      const auto [low, high] = std::minmax_element(image.begin(), image.end());
      const float background = *low, foreground = *high;
      REQUIRE(std::any_of(image.begin(), image.end(), [&](float x) { return x > background && x < foreground; }));
      const float half =
          background + 0.51F * (foreground - background);  // the soft edge covers at most half of a pixel there
      for (int64_t k = 0; k < size; ++k) {
        for (const int64_t border : {k, (size - 1) * size + k, k * size, k * size + size - 1}) {
          REQUIRE(image[static_cast<size_t>(border)] <= half);
        }
      }
    }
  }
}

TEST_CASE("seed, split and index each give other pictures; count does not") {
  const DatasetHost& host = DatasetHost::of(SHAPES_PLUGIN);
  const MadeDataset a = host.make("shapes"), b = host.make("shapes", with("seed", 1)),
                    c = host.make("shapes", with("count", 20));
  for (int64_t i = 0; i < 20; ++i) {
    CHECK(a.read(ATL_TRAIN, i).image != b.read(ATL_TRAIN, i).image);
    CHECK(a.read(ATL_TRAIN, i).image != a.read(ATL_TEST, i).image);
    CHECK(a.read(ATL_TRAIN, i).image != a.read(ATL_TRAIN, i + 5).image);
    CHECK(a.read(ATL_TRAIN, i) == c.read(ATL_TRAIN, i));
  }
}

TEST_CASE("colour pictures are of more than one colour") {
  const DatasetHost& host = DatasetHost::of(SHAPES_PLUGIN);
  const MadeDataset dataset = host.make("shapes", with("channels", 3));
  const std::vector<float> image = dataset.read(ATL_TRAIN, 0).image;
  CHECK_FALSE(std::equal(image.begin(), image.begin() + 784, image.begin() + 784));
}

TEST_CASE("shapes read from many threads at once have equal bits") {
  const DatasetHost& host = DatasetHost::of(SHAPES_PLUGIN);
  const MadeDataset dataset = host.make("shapes");
  const uint64_t expected = hash_of_100(dataset);
  std::vector<uint64_t> hashes(8, 0);
  std::vector<std::thread> workers;
  for (uint64_t& hash : hashes) {
    workers.emplace_back([&] { hash = hash_of_100(dataset); });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  CHECK(hashes == std::vector<uint64_t>(8, expected));
}

TEST_CASE("bad settings and indices of shapes are told") {
  const DatasetHost& host = DatasetHost::of(SHAPES_PLUGIN);
  CHECK(host.make("shapes", with("channels", 2)).error() ==
        "shapes: channels is 2, expected 1 or 3; hint: 1 is grey, 3 is colour");
  const MadeDataset dataset = host.make("shapes", with("count", 10));
  (void)dataset.read(ATL_TRAIN, 10);
  CHECK(dataset.error() == "index 10, expected 0 to 9");
}
