// The batches of an evaluation.
#pragma once

#include <memory>

#include "data/batch.hpp"
#include "data/first_failure.hpp"
#include "execute/executor.hpp"

namespace atelier::data {

// All samples of a subset, once, in order.
class EvaluationBatches final : public plugin::BatchSource {
 public:
  EvaluationBatches(const ExperimentData& data, const Subset& subset, int64_t batch_size);  // borrows both
  bool next();                                                                              // false after the last
  [[nodiscard]] int64_t first_index() const { return first_; }
  [[nodiscard]] int64_t done() const { return following_; }  // samples, those of the current batch included
  [[nodiscard]] int64_t size() const override { return batches_[turn_]->size(); }
  [[nodiscard]] const std::vector<plugin::BatchField>& fields() const override { return batches_[turn_]->fields(); }
  void advance() override;                // not possible: throws
  const execute::Background* prefetch();  // the batch after this one
  void step_done();

 private:
  const Subset& subset_;
  int64_t batch_size_;
  int64_t first_ = 0, following_ = 0;
  bool prefetched_ = false;
  std::unique_ptr<Batch> batches_[2];
  size_t turn_ = 0;
  execute::Background background_;
  FirstFailure failure_;
};

}  // namespace atelier::data
