// The memory of one batch, filled by many threads with samples as the model sees them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/experiment_data.hpp"
#include "plugin/context.hpp"
#include "tensor/storage.hpp"

namespace atelier::data {

class Batch {
 public:
  Batch(const ExperimentData& data, int64_t capacity);  // borrows the data
  // Names the samples; their data comes with the pieces of assemble, all of which must be done before it is read.
  // `epoch`: of training, or `evaluation`.
  void plan(const Subset& subset, std::span<const uint32_t> order, int64_t first, int64_t count, int64_t epoch);
  [[nodiscard]] int32_t pieces() const;
  void assemble(int32_t piece);  // any thread, concurrently for different pieces; throws Error(data)

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(samples_.size()); }
  [[nodiscard]] const std::vector<plugin::BatchField>& fields() const { return fields_; }

 private:
  [[nodiscard]] std::span<std::byte> guard(size_t field) const;

  const ExperimentData& data_;
  std::vector<tensor::Storage> memory_;
  tensor::Storage scratch_;  // of the transforms, for each piece
  std::vector<plugin::BatchField> fields_;
  std::vector<int64_t> samples_;
  plugin::Split split_ = plugin::Split::train;
  int64_t epoch_ = evaluation;
};

}  // namespace atelier::data
