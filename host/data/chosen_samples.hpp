// A few samples that a seed chooses: what a view of a model shows.
#pragma once

#include "data/batch.hpp"

namespace atelier::data {

class ChosenSamples final : public plugin::BatchSource {
 public:
  // At most as many as the subset has. Borrows the data.
  ChosenSamples(const ExperimentData& data, const Subset& subset, int64_t count, uint64_t seed);
  [[nodiscard]] int64_t size() const override { return batch_.size(); }
  [[nodiscard]] const std::vector<plugin::BatchField>& fields() const override { return batch_.fields(); }
  void advance() override;  // not possible: throws

 private:
  Batch batch_;
};

}  // namespace atelier::data
