// What all datasets have in common that are made of another one's images.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

#include "hand_made_source.hpp"

using namespace atelier::testing;

namespace {

struct Recipe {
  const char* library;
  const char* name;
  SettingValues settings;
};

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all = {
      {STACKED_MNIST_PLUGIN, "stacked-mnist", {{"count", int64_t{60}}, {"test_count", int64_t{60}}}},
      {MOVING_DIGITS_PLUGIN,
       "moving-digits",
       {{"count", int64_t{60}}, {"test_count", int64_t{60}}, {"size", int64_t{20}}, {"frames", int64_t{5}}}},
      {DIGIT_SCENES_PLUGIN,
       "digit-scenes",
       {{"count", int64_t{60}}, {"test_count", int64_t{60}}, {"size", int64_t{24}}}},
      {TRANSFORMED_PAIRS_PLUGIN, "transformed-pairs", {{"manipulation", std::string("colour")}}}};
  return all;
}

MadeDataset make(const Recipe& recipe, const atl_source& source, const SettingValues& more = {}) {
  SettingValues settings = recipe.settings;
  for (const auto& [name, value] : more) {
    settings[name] = value;
  }
  return DatasetHost::of(recipe.library).make_from(source, recipe.name, settings);
}

// Images of 8 x 8 whose ink has one brightness, by which the image is known: training ones from 0.5 up, test ones from
// 0.75 up, in steps of 1/256.
float brightness(int32_t split, int64_t index) {
  return (split == ATL_TRAIN ? 0.5F : 0.75F) + static_cast<float>(index) / 256;
}

HandMadeSource::Kind kind_of_squares() {
  return {.dims = {1, 8, 8}, .train_count = 60, .test_count = 60};
}

void fill_square(int32_t split, int64_t index, float* image, int64_t& label) {
  for (int64_t i = 0; i < 64; ++i) {
    const bool inside = i / 8 > 0 && i / 8 < 7 && i % 8 > 0 && i % 8 < 7;
    image[i] = inside ? brightness(split, index) : 0.0F;
  }
  label = index % 10;
}

}  // namespace

TEST_CASE("what is made has the same bits in any order and on many threads") {
  const HandMadeSource source(kind_of_squares(), fill_square);
  for (const Recipe& recipe : recipes()) {
    CAPTURE(recipe.name);
    const MadeDataset dataset = make(recipe, source.table()), again = make(recipe, source.table());
    REQUIRE(dataset.error() == "");
    std::vector<FieldValues> expected;
    for (int64_t i = 0; i < 60; ++i) {
      expected.push_back(dataset.read_fields(ATL_TRAIN, i));
    }
    std::vector<int> differences(4, 0);
    std::vector<std::thread> workers;
    for (size_t t = 0; t < differences.size(); ++t) {
      workers.emplace_back([&, t] {
        for (size_t i = 0; i < 60; ++i) {
          const size_t index = (i * 7 + t * 13) % 60;
          differences[t] += again.read_fields(ATL_TRAIN, static_cast<int64_t>(index)) == expected[index] ? 0 : 1;
        }
      });
    }
    for (std::thread& worker : workers) {
      worker.join();
    }
    CHECK(differences == std::vector<int>(4, 0));
  }
}

TEST_CASE("values that have a range are in it, and all of a sample is written") {
  const HandMadeSource source(kind_of_squares(), fill_square);
  for (const Recipe& recipe : recipes()) {
    CAPTURE(recipe.name);
    const MadeDataset dataset = make(recipe, source.table());
    for (int64_t i = 0; i < 60; ++i) {
      const FieldValues values = dataset.read_fields(ATL_TRAIN, i);
      for (uint64_t f = 0; f < dataset.spec().field_count; ++f) {
        const atl_field& field = dataset.spec().fields[f];
        const std::string name(view(field.name));
        if (field.dtype == ATL_INT64) {
          const std::vector<int64_t>& found = values.integers.at(name);
          REQUIRE(std::ranges::all_of(found, [&](int64_t x) { return x >= 0 && x < field.classes; }));
        } else {
          const bool bounded = field.high > field.low;
          const float low = bounded ? 0.0F : -1.0F, high = bounded ? 1.0F : 24.0F;  // boxes: -1 to the scene's size
          REQUIRE(std::ranges::all_of(values.reals.at(name), [&](float x) { return x >= low && x <= high; }));
        }
      }
    }
  }
}

TEST_CASE("seed, split and index each give other samples; count does not") {
  const HandMadeSource source(kind_of_squares(), fill_square);
  for (const Recipe& recipe : recipes()) {
    CAPTURE(recipe.name);
    const MadeDataset dataset = make(recipe, source.table());
    for (int64_t i = 0; i + 1 < 60; ++i) {
      REQUIRE(dataset.read_fields(ATL_TRAIN, i) != dataset.read_fields(ATL_TRAIN, i + 1));
      REQUIRE(dataset.read_fields(ATL_TRAIN, i) != dataset.read_fields(ATL_TEST, i));
    }
    if (recipe.settings.contains("count")) {
      const MadeDataset other = make(recipe, source.table(), {{"seed", int64_t{1}}});
      const MadeDataset fewer = make(recipe, source.table(), {{"count", int64_t{4}}});
      CHECK(fewer.spec().train_count == 4);
      for (int64_t i = 0; i < 4; ++i) {
        CHECK(dataset.read_fields(ATL_TRAIN, i) != other.read_fields(ATL_TRAIN, i));
        CHECK(dataset.read_fields(ATL_TRAIN, i) == fewer.read_fields(ATL_TRAIN, i));
      }
    }
  }
}

TEST_CASE("training samples are made of training images, and test samples of test images") {
  const HandMadeSource source(kind_of_squares(), fill_square);
  // On black, alone, as they are: every pixel then is an image's brightness, or the ground.
  const std::vector<std::pair<Recipe, SettingValues>> plain = {
      {recipes()[0], {}},
      {recipes()[1], {}},
      {recipes()[2],
       {{"max_digits", int64_t{1}},
        {"texture", 0.0},
        {"scale", std::vector<double>{1, 1}},
        {"brightness", std::vector<double>{1, 1}}}},
      {recipes()[3], {{"manipulation", std::string("shift")}}}};
  for (const auto& [recipe, settings] : plain) {
    CAPTURE(recipe.name);
    const MadeDataset dataset = make(recipe, source.table(), settings);
    for (const int32_t split : {ATL_TRAIN, ATL_TEST}) {
      std::set<float> expected = {0.0F}, found;
      for (int64_t i = 0; i < 60; ++i) {
        expected.insert(brightness(split, i));
        const FieldValues sample = dataset.read_fields(split, i);
        found.insert(sample.reals.at("image").begin(), sample.reals.at("image").end());
      }
      CHECK(std::ranges::includes(expected, found));
      CHECK(found.size() > 20);  // and of many of them
    }
  }
}

TEST_CASE("a source of another range is brought to 0 ... 1") {
  HandMadeSource::Kind kind = kind_of_squares();
  kind.low = -1;
  kind.high = 3;
  const HandMadeSource wide(kind, [](int32_t, int64_t, float* image, int64_t& label) {
    std::fill_n(image, 64, 2.0F);
    label = 0;
  });
  const FieldValues sample = make(recipes()[0], wide.table()).read_fields(ATL_TRAIN, 0);
  CHECK(sample.reals.at("image") == std::vector<float>(192, 0.75F));
}

TEST_CASE("no source, or one that cannot serve, is told") {
  const std::string hint = "; hint: [dataset.source] use = \"mnist\"";
  const HandMadeSource colour({.dims = {3, 8, 8}}, fill_square);
  const HandMadeSource flat({.dims = {64}}, fill_square);
  const HandMadeSource no_labels({.dims = {1, 8, 8}, .classes = 0}, fill_square);
  const HandMadeSource no_range({.dims = {1, 8, 8}, .low = 0, .high = 0}, fill_square);
  for (const Recipe& recipe : recipes()) {
    const std::string name(recipe.name);
    CAPTURE(name);
    const bool needs_labels = name != "moving-digits";  // the manipulation of these pairs is "colour"
    const std::string expected =
        std::string(", expected a source with grey images") + (needs_labels ? " and labels" : "") + hint;
    CHECK(DatasetHost::of(recipe.library).make(name, recipe.settings).error() == name + ": no source" + expected);
    CHECK(make(recipe, colour.table()).error() == name + ": the source has images of 3 channels" + expected);
    CHECK(make(recipe, flat.table()).error() == name + ": the source has no images" + expected);
    CHECK(make(recipe, no_range.table()).error() == name + ": the source's images have no range of values" + expected);
    CHECK(make(recipe, no_labels.table()).error() ==
          (needs_labels ? name + ": the source has no labels" + expected : ""));
  }
}

TEST_CASE("a split that the source does not have is told") {
  const HandMadeSource no_tests({.dims = {1, 8, 8}, .test_count = 0}, fill_square);
  const HandMadeSource nothing({.dims = {1, 8, 8}, .train_count = 0}, fill_square);
  for (size_t i = 0; i < 3; ++i) {
    const Recipe& recipe = recipes()[i];
    CAPTURE(recipe.name);
    CHECK(make(recipe, no_tests.table()).error() ==
          std::string(recipe.name) + ": the source has no test images, expected at least one; hint: test_count = 0");
    CHECK(make(recipe, no_tests.table(), {{"test_count", int64_t{0}}}).error() == "");
    CHECK(make(recipe, nothing.table()).error() ==
          std::string(recipe.name) +
              ": the source has no training images, expected at least one; hint: use another source");
  }
}

TEST_CASE("a source that fails fails the sample, and an index that is not there is told") {
  HandMadeSource::Kind kind = kind_of_squares();
  const HandMadeSource sound(kind, fill_square);
  for (const Recipe& recipe : recipes()) {
    CAPTURE(recipe.name);
    const MadeDataset dataset = make(recipe, sound.table());
    (void)dataset.read_fields(ATL_TEST, 60);
    CHECK(dataset.error() == "index 60, expected 0 to 59");
  }
  const MadeDataset broken_images = DatasetHost::of(SHAPES_PLUGIN).make("shapes", {{"count", int64_t{60}}});
  SourceOf broken(broken_images);
  broken.table.read = [](const atl_source*, int32_t, int64_t, void* const*) -> atl_status { return ATL_ERROR_DATA; };
  for (const Recipe& recipe : recipes()) {
    CAPTURE(recipe.name);
    const MadeDataset dataset = make(recipe, broken.table, {{"size", int64_t{64}}});
    (void)dataset.read_fields(ATL_TRAIN, 3);
    CHECK(dataset.error() == "the source could not be read");
  }
}

TEST_CASE("what is made of Fashion-MNIST has its very pixels") {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
    MESSAGE("not tested: Fashion-MNIST is not installed");
    return;
  }
  const MadeDataset fashion = DatasetHost::of(MNIST_PLUGIN).make("fashion-mnist", {{"limit", int64_t{50}}});
  const SourceOf source(fashion);
  std::set<std::pair<std::vector<float>, int64_t>> known;
  for (int64_t i = 0; i < 50; ++i) {
    const Sample sample = fashion.read(ATL_TRAIN, i);
    known.emplace(sample.image, sample.label);
  }
  const MadeDataset stacked = make(recipes()[0], source.table);
  for (int64_t i = 0; i < 60; ++i) {
    const FieldValues sample = stacked.read_fields(ATL_TRAIN, i);
    const float* channel = sample.reals.at("image").data();
    for (const int64_t place : {100, 10, 1}) {
      const int64_t label = sample.integers.at("label")[0] / place % 10;
      CHECK(known.contains({{channel, channel + 784}, label}));
      channel += 784;
    }
  }
}
