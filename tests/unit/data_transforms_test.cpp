// What [dataset.transform] does to a sample, on images whose pixels tell where they were.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "data/transforms.hpp"
#include "tensor/storage.hpp"

using namespace atelier;
using data::SampleKey;
using data::Transforms;

namespace {

constexpr int64_t height = 4, width = 5, image_elements = height * width;

catalog::DataSpec spec_of(double low = 0, double high = 1) {
  catalog::DataSpec spec;
  spec.fields = {{"image", tensor::DType::f32, {2, height, width}, 0, low, high},
                 {"label", tensor::DType::i64, {}, 10, 0, 0},
                 {"mask", tensor::DType::i64, {height, width}, 11, 0, 0}};
  spec.train_count = 100;
  return spec;
}

experiment::Experiment experiment_of(const experiment::Transform& transform, double low = 0, double high = 1) {
  experiment::Experiment out;
  out.seed = 5;
  out.dataset.use = "mnist";
  out.dataset.low = low;
  out.dataset.high = high;
  out.dataset.transform = transform;
  return out;
}

struct Made {
  std::vector<float> image;
  int64_t label = 0;
  std::vector<int64_t> mask;
};

// A sample whose image is `value` of each place in it, and whose mask counts its pixels from 1.
template <typename Value>
Made made(const Transforms& transforms, const SampleKey& key, const Value& value) {
  Made out;
  out.image.resize(static_cast<size_t>(transforms.spec().fields[0].dims.elements()));
  out.mask.resize(static_cast<size_t>(transforms.spec().fields[2].dims.elements()));
  const tensor::Storage scratch(transforms.scratch_bytes());
  const std::array<void*, 3> places{out.image.data(), &out.label, out.mask.data()};
  // What the dataset writes where it stays must have room there: fields that change their size go through the scratch.
  std::array<void*, 3> own{};
  transforms.choose_places(scratch.data(), places, own);
  for (int64_t i = 0; i < 2 * image_elements; ++i) {
    static_cast<float*>(own[0])[i] = value(i);
  }
  *static_cast<int64_t*>(own[1]) = 7;
  for (int64_t i = 0; i < image_elements; ++i) {
    static_cast<int64_t*>(own[2])[i] = i + 1;
  }
  transforms.apply(key, own, places);
  return out;
}

float place(int64_t i) {
  return static_cast<float>(i % image_elements + 1) / (image_elements + 1);
}

float half(int64_t) {
  return 0.5F;
}

SampleKey train(int64_t index, int64_t epoch) {
  return {plugin::Split::train, index, epoch};
}

SampleKey test(int64_t index) {
  return {plugin::Split::test, index, data::evaluation};
}

// The image has moved exactly as the mask did, in both channels; returns the mask.
std::vector<int64_t> check_together(const Made& sample) {
  for (size_t i = 0; i < sample.image.size(); ++i) {
    const int64_t from = sample.mask[i % sample.mask.size()];
    CHECK(sample.image[i] == (from == 0 ? 0.0F : place(from - 1)));
  }
  CHECK(sample.label == 7);
  return sample.mask;
}

std::string message(const experiment::Transform& transform, const catalog::DataSpec& spec) {
  try {
    const Transforms transforms(experiment_of(transform), spec);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::experiment);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("without transforms values are scaled where they are") {
  const Transforms transforms(experiment_of({}, -1, 1), spec_of());
  CHECK(transforms.scratch_bytes() == 0);
  CHECK(transforms.spec().fields[0].low == -1);
  const Made sample = made(transforms, train(3, 0), place);
  for (int64_t i = 0; i < 2 * image_elements; ++i) {
    CHECK(sample.image[static_cast<size_t>(i)] == place(i) * 2 - 1);
  }
  CHECK(sample.mask[4] == 5);
}

TEST_CASE("a mirrored image is mirrored with its mask, about as often as asked") {
  experiment::Transform transform;
  transform.flip = 0.25;
  const Transforms transforms(experiment_of(transform), spec_of());
  int mirrored = 0;
  for (int64_t index = 0; index < 1000; ++index) {
    const auto mask = check_together(made(transforms, train(index, 0), place));
    mirrored += mask[0] == width ? 1 : 0;
    CHECK(std::set<int64_t>{1, width}.count(mask[0]) == 1);
    CHECK(made(transforms, test(index), place).mask[0] == 1);
  }
  CHECK(mirrored > 200);
  CHECK(mirrored < 300);
}

TEST_CASE("a shifted image moves in both directions, and the lowest value comes in") {
  experiment::Transform transform;
  transform.shift = 2;
  const Transforms transforms(experiment_of(transform), spec_of());
  std::set<std::vector<int64_t>> seen;
  for (int64_t index = 0; index < 500; ++index) {
    seen.insert(check_together(made(transforms, train(index, 0), place)));
    CHECK(made(transforms, test(index), place).mask[0] == 1);
  }
  CHECK(seen.size() == 25);
}

TEST_CASE("a crop is random in training, and central in evaluation") {
  experiment::Transform transform;
  transform.crop = 3;
  const Transforms transforms(experiment_of(transform), spec_of());
  CHECK(transforms.spec().fields[0].dims == tensor::Shape{2, 3, 3});
  CHECK(transforms.spec().fields[2].dims == tensor::Shape{3, 3});
  std::set<int64_t> corners;
  for (int64_t index = 0; index < 200; ++index) {
    corners.insert(check_together(made(transforms, train(index, 0), place))[0]);
    CHECK(check_together(made(transforms, test(index), place)) == std::vector<int64_t>{2, 3, 4, 7, 8, 9, 12, 13, 14});
  }
  CHECK(corners == std::set<int64_t>{1, 2, 3, 6, 7, 8});
}

TEST_CASE("crop, mirror and shift go together") {
  experiment::Transform transform;
  transform.crop = 3;
  transform.flip = 1;
  transform.shift = 1;
  const Transforms transforms(experiment_of(transform), spec_of());
  for (int64_t index = 0; index < 100; ++index) {
    const auto mask = check_together(made(transforms, train(index, 0), place));
    const int64_t middle = mask[4];  // a shift by one never takes this one away
    CHECK((mask[3] == 0 || mask[3] == middle + 1));
    CHECK((mask[5] == 0 || mask[5] == middle - 1));
    CHECK((mask[1] == 0 || mask[1] == middle - width));
  }
}

TEST_CASE("noise has the asked deviation within the range, and is for training only") {
  experiment::Transform transform;
  transform.noise = 0.1;
  const Transforms transforms(experiment_of(transform, -1, 1), spec_of(0, 255));
  double squares = 0;
  for (int64_t index = 0; index < 200; ++index) {
    for (const float value : made(transforms, train(index, 0), [](int64_t) { return 127.5F; }).image) {
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    for (const float value : made(transforms, train(index, 0), [](int64_t) { return 255.0F; }).image) {
      CHECK(value <= 1.0F);
    }
    CHECK(made(transforms, test(index), [](int64_t) { return 255.0F; }).image[0] == 1.0F);
  }
  CHECK(std::sqrt(squares / (200 * 2 * image_elements)) ==
        doctest::Approx(0.2).epsilon(0.05));  // a tenth of the range's two
}

TEST_CASE("levels are equally far from each other, and each value goes to the nearest") {
  experiment::Transform transform;
  transform.levels = 4;
  const Transforms transforms(experiment_of(transform), spec_of(0, 255));
  const Made sample =
      made(transforms, test(0), [](int64_t i) { return static_cast<float>(i) * 255 / (2 * image_elements - 1); });
  for (int64_t i = 0; i < 2 * image_elements; ++i) {
    const double exact = static_cast<double>(i) / (2 * image_elements - 1);
    CHECK(static_cast<double>(sample.image[static_cast<size_t>(i)]) ==
          doctest::Approx(std::floor(exact * 3 + 0.5) / 3).epsilon(1e-6));
  }
}

TEST_CASE("a threshold makes images black and white at the middle of the range") {
  experiment::Transform transform;
  transform.binarize = experiment::Binarize::threshold;
  const Transforms transforms(experiment_of(transform, -1, 1), spec_of());
  const Made sample = made(transforms, train(0, 0), place);
  for (int64_t i = 0; i < 2 * image_elements; ++i) {
    CHECK(sample.image[static_cast<size_t>(i)] == (place(i) > 0.5F ? 1.0F : -1.0F));
  }
}

TEST_CASE("Bernoulli pixels are white as often as they are bright") {
  experiment::Transform transform;
  transform.binarize = experiment::Binarize::fixed;
  const Transforms transforms(experiment_of(transform), spec_of());
  constexpr int64_t samples = 4000;
  std::vector<double> mean(image_elements);
  for (int64_t index = 0; index < samples; ++index) {
    const Made sample = made(transforms, train(index, 0), place);
    for (int64_t i = 0; i < image_elements; ++i) {
      mean[static_cast<size_t>(i)] += static_cast<double>(sample.image[static_cast<size_t>(i)]) / samples;
    }
  }
  for (int64_t i = 0; i < image_elements; ++i) {
    CHECK(std::abs(mean[static_cast<size_t>(i)] - static_cast<double>(place(i))) < 0.035);  // over four deviations
  }
}

TEST_CASE("black and white images are drawn once, or in each epoch; those of evaluation once") {
  experiment::Transform transform;
  transform.binarize = experiment::Binarize::fixed;
  const Transforms fixed(experiment_of(transform), spec_of());
  transform.binarize = experiment::Binarize::fresh;
  const Transforms fresh(experiment_of(transform), spec_of());
  const auto image = [](const Transforms& transforms, const SampleKey& key) {
    return made(transforms, key, half).image;
  };
  CHECK(image(fixed, train(3, 0)) == image(fixed, train(3, 1)));
  CHECK(image(fixed, train(3, 0)) != image(fixed, train(4, 0)));
  CHECK(image(fixed, train(3, 0)) != image(fixed, test(3)));
  CHECK(image(fresh, train(3, 0)) == image(fresh, train(3, 0)));
  CHECK(image(fresh, train(3, 0)) != image(fresh, train(3, 1)));
  CHECK(image(fresh, train(3, 0)) != image(fresh, train(4, 0)));
  CHECK(image(fresh, test(3)) == image(fresh, test(3)));
  CHECK(image(fresh, test(3)) == image(fixed, test(3)));
}

TEST_CASE("another seed draws other numbers") {
  experiment::Transform transform;
  transform.binarize = experiment::Binarize::fixed;
  experiment::Experiment other = experiment_of(transform);
  ++other.seed;
  CHECK(made(Transforms(experiment_of(transform), spec_of()), train(3, 0), half).image !=
        made(Transforms(other, spec_of()), train(3, 0), half).image);
}

TEST_CASE("transforms that the data cannot have are told") {
  experiment::Transform crop, shift, binarize;
  crop.crop = 5;
  shift.shift = 4;
  binarize.binarize = experiment::Binarize::fixed;
  CHECK(message(crop, spec_of()) == "dataset.transform.crop: got 5, expected at most 4: the images of 'mnist' are 5x4");
  CHECK(message(shift, spec_of()) ==
        "dataset.transform.shift: got 4, expected less than the 4 pixels of an image's side");
  catalog::DataSpec scenes = spec_of();
  scenes.fields.push_back({"boxes", tensor::DType::f32, {3, 5}, 0, 0, 0});
  shift.shift = 1;
  CHECK(message(shift, scenes) ==
        "dataset.transform.shift: the field 'boxes' of 'mnist' is (3, 5) and cannot move with the image, expected last "
        "axes "
        "of (4, 5); hint: leave out crop, flip and shift");
  CHECK(message(binarize, scenes).empty());
  catalog::DataSpec none = spec_of();
  none.fields.erase(none.fields.begin());
  CHECK(message(binarize, none).starts_with("dataset.transform: the dataset 'mnist' has no field 'image'"));
}
