#include <doctest/doctest.h>

#include <set>

#include "hand_made_source.hpp"

using namespace atelier::testing;

TEST_CASE("the label of stacked-mnist says the digits of red, green and blue, of 1,000 classes") {
  // Image i shows digit i by its brightness.
  const HandMadeSource source({.dims = {1, 2, 3}}, [](int32_t, int64_t index, float* image, int64_t& label) {
    std::fill_n(image, 6, static_cast<float>(index) / 16);
    label = index;
  });
  const MadeDataset dataset = DatasetHost::of(STACKED_MNIST_PLUGIN).make_from(source.table(), "stacked-mnist");
  REQUIRE(dataset.error() == "");
  CHECK(dataset.image_dims() == std::vector<int64_t>{3, 2, 3});
  CHECK(dataset.spec().fields[1].classes == 1000);
  CHECK(dataset.spec().train_count == 128000);
  CHECK(dataset.spec().test_count == 26000);
  std::set<int64_t> classes;
  for (int64_t i = 0; i < 20000; ++i) {
    const Sample sample = dataset.read(ATL_TRAIN, i);
    const auto digit = [&](size_t channel) { return static_cast<int64_t>(sample.image[channel * 6] * 16); };
    REQUIRE(sample.label == 100 * digit(0) + 10 * digit(1) + digit(2));
    classes.insert(sample.label);
  }
  CHECK(classes.size() == 1000);
}
