// What a model makes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ranks.hpp"
#include "data/experiment_data.hpp"
#include "inference/built_model.hpp"
#include "inference/samples.hpp"

namespace atelier::inference {

// Told between two parts of long work; may throw, to end it.
using PartDone = std::function<void(int64_t done, int64_t total)>;

// Who is told of long work, and the processes that share it: all of them call for it, and get the same. Null: this one.
struct Shared {
  PartDone part_done;
  Ranks* ranks = nullptr;
};

// Samples are made as many at a time as are asked for, at most 64. Sample i depends on the seed and i, and on nothing
// else but for rounding: sums over matrices of another number of rows may be added up in another order, so that its
// last bits may be others beside a few than beside many. The same count gives the same bits.
class Sampler {
 public:
  explicit Sampler(BuiltModel& model);  // borrowed
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  // The field of the data that the model's samples are like; null where it makes none.
  [[nodiscard]] const catalog::FieldSpec* sampled() const;
  [[nodiscard]] bool makes_samples() const { return sampled() != nullptr; }
  // Of one sample: the field's, with an axis of time as long as the model makes it, which recording a sampling shows.
  tensor::Shape sample_dims();
  // Throws Error(plugin) for tokens that are none of the vocabulary.
  Samples sample(int64_t count, uint64_t seed, const Shared& shared = {});
  // The same samples as a tensor, (count, ...).
  tensor::Tensor values(int64_t count, uint64_t seed, const Shared& shared = {});
  // The same samples for whoever looks at them in a recording: `record` sees n of them at their place on the tape and
  // names the values that `take` then gets.
  void generate(int64_t count, uint64_t seed,
                const std::function<std::vector<uint32_t>(execute::Session&, uint32_t samples, int64_t n)>& record,
                const std::function<void(const execute::StepResults&)>& take, const Shared& shared = {});
  // What the model draws of itself: a strip for each of `count` latent vectors, or test samples of `data` (only of
  // views that use it), which the seed chooses. Throws Error(usage) where the model has no view of that name, with
  // those that it has.
  Samples draw_view(const std::string& name, int64_t count, uint64_t seed, const data::ExperimentData* data);

 private:
  uint32_t samples_of(int64_t n);
  [[nodiscard]] const std::string& model_name() const { return model_.model().recipe().model.use; }

  BuiltModel& model_;
  std::unique_ptr<execute::Session> session_;
};

}  // namespace atelier::inference
