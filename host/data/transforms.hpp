// From a sample as its dataset gives it to the one that the model gets: what [dataset.transform] says, on values of the
// dataset's own range, and then the scaling to the experiment's.
#pragma once

#include <span>
#include <vector>

#include "experiment/experiment.hpp"
#include "plugin/dataset.hpp"

namespace atelier::data {

// What a sample's random numbers follow from, beside the seed: no thread, and no place in a batch.
struct SampleKey {
  plugin::Split split = plugin::Split::train;
  int64_t index = 0;  // in the dataset
  int64_t epoch = 0;  // from 0; `evaluation` for what is no training
};
constexpr int64_t evaluation = -1;

class Transforms {
 public:
  // Throws Error(experiment) for what the fields of this dataset cannot have.
  Transforms(const experiment::Experiment& experiment, const catalog::DataSpec& own);

  // The model's samples: cropped, and every float field that has a range scaled to the experiment's.
  [[nodiscard]] const catalog::DataSpec& spec() const { return spec_; }

  // Where the dataset has to write the fields of a sample whose place is `out`: there, or in `scratch`, which has
  // scratch_bytes, is aligned as tensors are, and belongs to one sample at a time.
  [[nodiscard]] size_t scratch_bytes() const { return scratch_bytes_; }
  void choose_places(std::byte* scratch, std::span<void* const> out, std::span<void*> own) const;
  // Makes the sample in `out` of the one in `own`, which is used up. Any thread.
  void apply(const SampleKey& key, std::span<void* const> own, std::span<void* const> out) const;

 private:
  // Of the image, and of every field that goes with it.
  struct Motion {
    int64_t top = 0, left = 0;  // of the crop
    bool mirrored = false;
    int64_t down = 0, right = 0;
  };

  void check_image(const experiment::Experiment& experiment) const;
  void check_motion(const experiment::Experiment& experiment) const;
  [[nodiscard]] bool follows(const catalog::FieldSpec& field) const;
  [[nodiscard]] Motion motion_of(const SampleKey& key) const;
  template <typename T>
  void move(const Motion& motion, size_t field, const void* from, void* to) const;
  void change_values(const SampleKey& key, std::span<float> image, std::span<float> numbers) const;
  void binarize(const SampleKey& key, std::span<float> image, std::span<float> numbers) const;
  void scale(size_t field, void* values) const;

  experiment::Transform transform_;
  uint64_t seed_;
  catalog::DataSpec own_, spec_;
  bool active_;
  size_t image_ = 0;                    // its place in the fields; this and the next line where something is done to it
  int64_t height_ = 0, width_ = 0;      // as the dataset has it
  std::vector<size_t> scratch_offset_;  // by field; `in_place` for what the dataset writes where it stays
  size_t scratch_bytes_ = 0;
};

}  // namespace atelier::data
