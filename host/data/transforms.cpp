#include "data/transforms.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "data/sample_bytes.hpp"
#include "kernels/random.hpp"
#include "tensor/storage.hpp"

namespace atelier::data {
namespace {

constexpr size_t in_place = SIZE_MAX;
constexpr int64_t once = -1;  // in the place of an epoch: the draw is the same in all of them

enum Draw : uint64_t { draw_motion, draw_noise, draw_binarization };

kernels::RandomPosition position(const SampleKey& key, int64_t epoch, Draw draw) {
  return {static_cast<uint64_t>(epoch + 1), 2 * draw + static_cast<uint64_t>(key.split),
          static_cast<uint64_t>(key.index)};
}

bool has_range(const catalog::FieldSpec& field) {
  return field.dtype == tensor::DType::f32 && field.high > field.low;
}

// 0 ... n - 1, all equally likely to a part in 2^23 / n.
int64_t below(int64_t n, float uniform) {
  return static_cast<int64_t>(static_cast<double>(uniform) * static_cast<double>(n));
}

std::span<float> values_of(void* field, int64_t elements) {
  return {static_cast<float*>(field), static_cast<size_t>(elements)};
}

}  // namespace

Transforms::Transforms(const experiment::Experiment& experiment, const catalog::DataSpec& own)
    : transform_(experiment.dataset.transform),
      seed_(static_cast<uint64_t>(experiment.seed)),
      own_(own),
      spec_(own),
      active_(transform_.moves() || transform_.changes_values()),
      scratch_offset_(own.fields.size(), in_place) {
  if (active_) {
    check_image(experiment);
    image_ = static_cast<size_t>(own_.find("image") - own_.fields.data());
    const tensor::Shape& dims = own_.fields[image_].dims;
    height_ = dims[dims.rank() - 2];
    width_ = dims[dims.rank() - 1];
  }
  if (transform_.moves()) {
    check_motion(experiment);
  }
  for (size_t f = 0; f < own_.fields.size(); ++f) {
    const catalog::FieldSpec& field = own_.fields[f];
    tensor::Shape& dims = spec_.fields[f].dims;
    const bool moves = transform_.moves() && follows(field);
    if (moves || (active_ && f == image_)) {
      scratch_offset_[f] = scratch_bytes_;
      scratch_bytes_ += tensor::aligned(bytes_of_sample(field));
    }
    if (moves && transform_.crop > 0) {
      dims[dims.rank() - 2] = dims[dims.rank() - 1] = transform_.crop;
    }
    if (has_range(field)) {
      spec_.fields[f].low = experiment.dataset.low;
      spec_.fields[f].high = experiment.dataset.high;
    }
  }
}

void Transforms::check_image(const experiment::Experiment& experiment) const {
  const catalog::FieldSpec* image = own_.find("image");
  if (image == nullptr || !has_range(*image) || image->dims.rank() < 2) {
    throw Error(
        ErrorKind::experiment,
        "dataset.transform: the dataset '{}' has no field 'image' of numbers with a range, expected none of these "
        "settings",
        experiment.dataset.use);
  }
}

void Transforms::check_motion(const experiment::Experiment& experiment) const {
  const std::string table = "dataset.transform";
  const int64_t side = transform_.crop > 0 ? transform_.crop : std::min(height_, width_);
  if (side > std::min(height_, width_)) {
    throw Error(ErrorKind::experiment, "{}: got {}, expected at most {}: the images of '{}' are {}x{}",
                located(experiment, table, "crop"), side, std::min(height_, width_), experiment.dataset.use, width_,
                height_);
  }
  if (transform_.shift >= side) {
    throw Error(ErrorKind::experiment, "{}: got {}, expected less than the {} pixels of an image's side",
                located(experiment, table, "shift"), transform_.shift, side);
  }
  for (const catalog::FieldSpec& field : own_.fields) {
    // Classes of a whole image stay true wherever it goes.
    const bool stays = field.dims.elements() == 1 || (field.dims.rank() == 1 && field.classes > 0);
    if (!stays && !follows(field)) {
      const char* key = transform_.crop > 0 ? "crop" : transform_.flip > 0 ? "flip" : "shift";
      throw Error(ErrorKind::experiment,
                  "{}: the field '{}' of '{}' is {} and cannot move with the image, expected last axes of ({}, {}); "
                  "hint: leave "
                  "out crop, flip and shift",
                  located(experiment, table, key), field.name, experiment.dataset.use, tensor::to_string(field.dims),
                  height_, width_);
    }
  }
}

// What has a value for each pixel of the image.
bool Transforms::follows(const catalog::FieldSpec& field) const {
  const size_t rank = field.dims.rank();
  return rank >= 2 && field.dims[rank - 2] == height_ && field.dims[rank - 1] == width_;
}

void Transforms::choose_places(std::byte* scratch, std::span<void* const> out, std::span<void*> own) const {
  for (size_t f = 0; f < scratch_offset_.size(); ++f) {
    own[f] = scratch_offset_[f] == in_place ? out[f] : scratch + scratch_offset_[f];
  }
}

void Transforms::apply(const SampleKey& key, std::span<void* const> own, std::span<void* const> out) const {
  const Motion motion = motion_of(key);
  for (size_t f = 0; f < scratch_offset_.size(); ++f) {
    if (scratch_offset_[f] != in_place) {
      own_.fields[f].dtype == tensor::DType::f32 ? move<float>(motion, f, own[f], out[f])
                                                 : move<int64_t>(motion, f, own[f], out[f]);
    }
  }
  if (transform_.changes_values()) {
    const int64_t elements = spec_.fields[image_].dims.elements();
    change_values(key, values_of(out[image_], elements), values_of(own[image_], elements));
  }
  for (size_t f = 0; f < own_.fields.size(); ++f) {
    scale(f, out[f]);
  }
}

Transforms::Motion Transforms::motion_of(const SampleKey& key) const {
  Motion out;
  if (!transform_.moves()) {
    return out;
  }
  const int64_t spare_height = transform_.crop > 0 ? height_ - transform_.crop : 0;
  const int64_t spare_width = transform_.crop > 0 ? width_ - transform_.crop : 0;
  if (key.epoch == evaluation) {
    out.top = spare_height / 2;
    out.left = spare_width / 2;
    return out;
  }
  std::array<float, 5> numbers{};
  kernels::uniform_host(numbers, {seed_, purpose_transform}, position(key, key.epoch, draw_motion));
  out.top = below(spare_height + 1, numbers[0]);
  out.left = below(spare_width + 1, numbers[1]);
  out.mirrored = static_cast<double>(numbers[2]) < transform_.flip;
  out.down = below(2 * transform_.shift + 1, numbers[3]) - transform_.shift;
  out.right = below(2 * transform_.shift + 1, numbers[4]) - transform_.shift;
  return out;
}

// Crop, then mirror, then shift; what comes in from outside has the lowest value, 0 in a field of integers.
template <typename T>
void Transforms::move(const Motion& motion, size_t field, const void* from, void* to) const {
  const tensor::Shape& dims = spec_.fields[field].dims;
  const int64_t height = dims[dims.rank() - 2], width = dims[dims.rank() - 1];
  const int64_t planes = dims.elements() / (height * width);
  const T outside = std::is_same_v<T, float> ? static_cast<T>(own_.fields[field].low) : T{0};
  for (int64_t row = 0; row < planes * height; ++row) {
    T* target = static_cast<T*>(to) + row * width;
    const int64_t y = row % height - motion.down;
    if (y < 0 || y >= height) {
      std::fill_n(target, width, outside);
      continue;
    }
    const T* source = static_cast<const T*>(from) + (row / height * height_ + motion.top + y) * width_ + motion.left;
    for (int64_t column = 0; column < width; ++column) {
      const int64_t x = column - motion.right;
      const bool inside = x >= 0 && x < width;
      target[column] = inside ? source[motion.mirrored ? width - 1 - x : x] : outside;
    }
  }
}

// `numbers` is room for as many draws.
void Transforms::change_values(const SampleKey& key, std::span<float> image, std::span<float> numbers) const {
  const auto low = static_cast<float>(own_.fields[image_].low);
  const auto high = static_cast<float>(own_.fields[image_].high);
  if (transform_.noise > 0 && key.epoch != evaluation) {
    kernels::normal_host(numbers, {seed_, purpose_transform}, position(key, key.epoch, draw_noise));
    const float deviation = static_cast<float>(transform_.noise) * (high - low);
    for (size_t i = 0; i < image.size(); ++i) {
      image[i] = std::clamp(image[i] + deviation * numbers[i], low, high);
    }
  }
  if (transform_.levels > 0) {
    const auto steps = static_cast<float>(transform_.levels - 1);
    for (float& value : image) {
      // A value in the middle of two levels may go to either, and a cast is fast.
      // NOLINTNEXTLINE(bugprone-incorrect-roundings)
      const float level = static_cast<float>(static_cast<int32_t>((value - low) / (high - low) * steps + 0.5F));
      value = low + (high - low) * (level / steps);
    }
  }
  if (transform_.binarize != experiment::Binarize::none) {
    binarize(key, image, numbers);
  }
}

void Transforms::binarize(const SampleKey& key, std::span<float> image, std::span<float> numbers) const {
  const auto low = static_cast<float>(own_.fields[image_].low);
  const auto high = static_cast<float>(own_.fields[image_].high);
  if (transform_.binarize == experiment::Binarize::threshold) {
    std::ranges::fill(numbers, 0.5F);
  } else {
    const bool fresh = transform_.binarize == experiment::Binarize::fresh && key.epoch != evaluation;
    kernels::uniform_host(numbers, {seed_, purpose_transform},
                          position(key, fresh ? key.epoch : once, draw_binarization));
  }
  for (size_t i = 0; i < image.size(); ++i) {
    image[i] = (image[i] - low) / (high - low) > numbers[i] ? high : low;
  }
}

void Transforms::scale(size_t field, void* values) const {
  const catalog::FieldSpec& from = own_.fields[field];
  const catalog::FieldSpec& to = spec_.fields[field];
  if (!has_range(from) || (from.low == to.low && from.high == to.high)) {
    return;
  }
  const double ratio = (to.high - to.low) / (from.high - from.low);
  const auto factor = static_cast<float>(ratio);
  const auto offset = static_cast<float>(to.low - from.low * ratio);
  for (float& value : values_of(values, to.dims.elements())) {
    value = value * factor + offset;
  }
}

}  // namespace atelier::data
