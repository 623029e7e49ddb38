// For datasets that are made of another one's grey images: the source, checked and read, and what datasets that draw
// their images at random have in common. See the plugins stacked-mnist and transformed-pairs for whole ones.
#pragma once

#include <atelier/counted_draws.hpp>
#include <atelier/dataset.hpp>
#include <atelier/pictures.hpp>
#include <cstddef>

namespace atelier {

struct LabelledPicture {
  GreyPicture picture;  // in [0, 1], whatever the source's range
  int64_t label = -1;   // -1 where the source has none
};

// A source with an "image" of one channel and, where they are needed, "label"s. Any other is a failure of the dataset
// that is being made, and makes this false.
class GreySource {
 public:
  enum class Labels { needed, welcome };

  GreySource(std::string_view dataset, const Environment& environment, Labels labels)
      : source_(environment.source()), spec_(source_ ? source_.spec() : DataSpec(atl_data_spec{})) {
    const std::string problem = source_ ? find_fields(labels) : "no source";
    if (!problem.empty()) {
      environment.fail(std::string(dataset) + ": " + problem + ", expected a source with grey images" +
                       (labels == Labels::needed ? " and labels" : "") + "; hint: [dataset.source] use = \"mnist\"");
      source_ = Source();
    }
  }
  GreySource(const GreySource&) = delete;
  GreySource& operator=(const GreySource&) = delete;

  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(source_); }
  [[nodiscard]] int64_t height() const { return spec_.height(); }
  [[nodiscard]] int64_t width() const { return spec_.width(); }
  [[nodiscard]] int64_t classes() const { return spec_.classes(); }  // 0 where there are no labels
  [[nodiscard]] std::vector<std::string> class_names() const { return spec_.class_names(); }
  [[nodiscard]] int64_t count(Split split) const {
    return split == Split::train ? spec_.train_count : spec_.test_count;
  }

  // False where the source failed, which fails `sample` too. Any thread.
  bool read(Split split, int64_t index, LabelledPicture& out, const Sample& sample, Location at = {}) const {
    out.picture = GreyPicture(height(), width());
    std::vector<int64_t> others(other_elements_);
    std::vector<void*> places;
    size_t used = 0;
    for (const Field& field : spec_.fields) {
      if (&field == image_) {
        places.push_back(out.picture.pixels.data());
      } else if (&field == label_) {
        places.push_back(&out.label);
      } else {
        places.push_back(others.data() + used);
        used += static_cast<size_t>(field.elements());
      }
    }
    if (!source_.read(split, index, places.data(), sample, at)) {
      return false;
    }
    const auto low = static_cast<float>(image_->low), range = static_cast<float>(image_->high - image_->low);
    for (float& pixel : out.picture.pixels) {
      pixel = (pixel - low) / range;
    }
    return true;
  }

 private:
  // What is wrong with the source; empty where nothing is.
  std::string find_fields(Labels labels) {
    image_ = spec_.find("image");
    label_ = spec_.classes() > 0 ? spec_.find("label") : nullptr;
    if (image_ == nullptr || image_->dtype != ATL_FLOAT32 || image_->dims.size() != 3) {
      return "the source has no images";
    }
    if (spec_.channels() != 1) {
      return "the source has images of " + std::to_string(spec_.channels()) + " channels";
    }
    if (!(image_->high > image_->low)) {
      return "the source's images have no range of values";
    }
    if (labels == Labels::needed && label_ == nullptr) {
      return "the source has no labels";
    }
    for (const Field& field : spec_.fields) {
      other_elements_ += &field == image_ || &field == label_ ? 0 : static_cast<size_t>(field.elements());
    }
    return {};
  }

  Source source_;
  DataSpec spec_;
  const Field *image_ = nullptr, *label_ = nullptr;  // of spec_
  size_t other_elements_ = 0;                        // of all fields that are read and not used
};

struct Interval {
  double low, high;
};

// A dataset whose samples are composed of source images that are drawn at random: training samples of training images,
// test samples of test images. Its settings are `count`, `test_count` and `seed`.
class ComposedDataset : public Dataset {
 protected:
  static void describe_draws(Description& d, int64_t count, int64_t test_count) {
    d.integer("count", count, "training samples").range(1, 1e9);
    d.integer("test_count", test_count, "test samples; 0 where the source has none").range(0, 1e9);
    d.integer("seed", 0, "other seeds draw other samples");
  }

  ComposedDataset(std::string_view name, const Settings& settings, const Environment& environment,
                  GreySource::Labels labels)
      : source(name, environment, labels), name_(name), seed_(static_cast<uint64_t>(settings.integer("seed"))) {
    train_count = settings.integer("count");
    test_count = settings.integer("test_count");
    if (source && (source.count(Split::train) == 0 || (test_count > 0 && source.count(Split::test) == 0))) {
      const bool train = source.count(Split::train) == 0;
      environment.fail(name_ + ": the source has no " + (train ? "training" : "test") +
                       " images, expected at least one; hint: " + (train ? "use another source" : "test_count = 0"));
    }
  }

  // A setting of two numbers, [least, greatest], that a draw lies between.
  [[nodiscard]] Interval interval(const Settings& settings, const char* setting) const {
    const std::vector<double> ends = settings.numbers(setting);
    if (ends.size() == 2 && ends[0] <= ends[1]) {
      return {ends[0], ends[1]};
    }
    settings.fail(name_ + ": " + setting + " has " +
                  (ends.size() == 2 ? "the greatest value first" : std::to_string(ends.size()) + " values") +
                  ", expected two, [least, greatest]; hint: repeat one for a fixed value");
    return {0, 0};
  }
  // Fails where images of the source, at this scale, are larger than a square scene.
  void expect_fit(const Settings& settings, double scale, int64_t scene) const {
    const int64_t height = scaled_length(source.height(), scale), width = scaled_length(source.width(), scale);
    if (height > scene || width > scene) {
      settings.fail(name_ + ": images of " + std::to_string(height) + " x " + std::to_string(width) + " in scenes of " +
                    std::to_string(scene) + " x " + std::to_string(scene) +
                    ", expected images that fit; hint: a greater size or a smaller scale");
    }
  }
  static int64_t scaled_length(int64_t length, double scale) {
    return std::max<int64_t>(1, std::lround(static_cast<double>(length) * scale));
  }
  static GreyPicture scaled_by(const GreyPicture& picture, double scale) {
    return scaled(picture, scaled_length(picture.height, scale), scaled_length(picture.width, scale));
  }

  [[nodiscard]] Draws draws(Split split, int64_t index) const {
    return {seed_, static_cast<uint64_t>(split), static_cast<uint64_t>(index)};
  }
  // The source's image that the draw of this ordinal says. False where it could not be read.
  bool draw_picture(Split split, const Draws& draws, uint64_t ordinal, LabelledPicture& out, const Sample& sample,
                    Location at = {}) const {
    return source.read(split, draws.integer(ordinal, source.count(split)), out, sample, at);
  }

  const GreySource source;

 private:
  std::string name_;
  uint64_t seed_;
};

}  // namespace atelier
