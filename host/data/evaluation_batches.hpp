// The batches of an evaluation.
#pragma once

#include <memory>

#include "data/batch.hpp"
#include "data/first_failure.hpp"
#include "execute/executor.hpp"

namespace atelier::data {

// Which batches are made: `first`, counted from 0, and every so many after it.
struct BatchShare {
  int64_t first = 0, every = 1;
};

// All samples of a subset, once, in order; or the batches of a share of them.
class EvaluationBatches final : public plugin::BatchSource {
 public:
  EvaluationBatches(const ExperimentData& data, const Subset& subset, int64_t batch_size,
                    BatchShare share = {});  // borrows both
  bool next();                               // false after the last
  [[nodiscard]] int64_t first_index() const { return first_; }
  [[nodiscard]] int64_t batch_size() const { return batch_size_; }  // of all but the last
  [[nodiscard]] int64_t batches() const;                            // of the whole subset
  [[nodiscard]] int64_t size() const override { return batches_[turn_]->size(); }
  [[nodiscard]] const std::vector<plugin::BatchField>& fields() const override { return batches_[turn_]->fields(); }
  void advance() override;                // not possible: throws
  const execute::Background* prefetch();  // the batch after this one
  void step_done();

 private:
  const Subset& subset_;
  int64_t batch_size_;
  int64_t apart_;  // from one batch of the share to the next
  int64_t first_ = 0, following_ = 0;
  bool prefetched_ = false;
  std::unique_ptr<Batch> batches_[2];
  size_t turn_ = 0;
  execute::Background background_;
  FirstFailure failure_;
};

}  // namespace atelier::data
