// Images that a model makes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/experiment_data.hpp"
#include "inference/built_model.hpp"
#include "pictures/image_stack.hpp"

namespace atelier::inference {

// Told between two parts of long work; may throw, to end it.
using PartDone = std::function<void(int64_t done, int64_t total)>;

class Sampler {
 public:
  explicit Sampler(BuiltModel& model);  // borrowed
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  // Whether the model makes samples of a field that the data has.
  [[nodiscard]] bool makes_samples() const;
  // Whether these are images, and such as a picture can show.
  [[nodiscard]] bool makes_images() const;
  // Image i depends on the seed and i alone.
  pictures::ImageStack sample(int64_t count, uint64_t seed, const PartDone& part_done = {});
  // The same samples as the model gives them, (count, ...).
  tensor::Tensor values(int64_t count, uint64_t seed, const PartDone& part_done = {});
  // The same samples for whoever looks at them in a recording: `record` sees n of them at their place on the tape and
  // names the values that `take` then gets.
  void generate(int64_t count, uint64_t seed,
                const std::function<std::vector<uint32_t>(execute::Session&, uint32_t samples, int64_t n)>& record,
                const std::function<void(const execute::StepResults&)>& take, const PartDone& part_done = {});
  // What the model draws of itself: a strip for each of `count` latent vectors, or test samples of `data`, which the
  // seed chooses. Throws Error(usage) where the model has no view of that name, with those that it has.
  pictures::Strips draw_view(const std::string& name, int64_t count, uint64_t seed, const data::ExperimentData& data);

 private:
  uint32_t samples_of(int64_t n);

  BuiltModel& model_;
  std::unique_ptr<execute::Session> session_;
};

}  // namespace atelier::inference
