// Batches of a dataset's samples, scaled as the experiment says, assembled by many threads while the step before runs.
#pragma once

#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

#include "graph/executor.hpp"
#include "plugin/context.hpp"
#include "training/split.hpp"
#include "training/transforms.hpp"

namespace atelier::training {

// The memory of one batch.
class Batch {
 public:
  Batch(const plugin::Dataset& dataset, const Transforms& transforms, int64_t capacity);
  // Names the samples; their data comes with the pieces of assemble, all of which must be done before it is read.
  // `epoch`: of training, or `evaluation`.
  void plan(const Subset& subset, std::span<const uint32_t> order, int64_t first, int64_t count, int64_t epoch);
  [[nodiscard]] int32_t pieces() const;
  void assemble(int32_t piece);  // any thread, concurrently for different pieces; throws Error(data)

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(samples_.size()); }
  [[nodiscard]] const std::vector<plugin::BatchField>& fields() const { return fields_; }

 private:
  const plugin::Dataset& dataset_;
  const Transforms& transforms_;
  std::vector<tensor::Storage> memory_;
  tensor::Storage scratch_;  // of the transforms, for each piece
  std::vector<plugin::BatchField> fields_;
  std::vector<int64_t> samples_;
  plugin::Split split_ = plugin::Split::train;
  int64_t epoch_ = evaluation;
};

// The endless sequence of training batches: epoch after epoch, each in an order of its own, the last batch of each
// smaller where the count does not divide. A batch's number says all about it, so a run goes on from any.
class TrainingBatches final : public plugin::BatchSource {
 public:
  TrainingBatches(const plugin::Dataset& dataset, const Transforms& transforms, Subset subset, int64_t batch_size,
                  uint64_t seed);

  [[nodiscard]] int64_t batches_per_epoch() const;
  // The next step begins at this batch.
  void seek(int64_t batch);
  void begin_step();                                        // takes its first batch
  [[nodiscard]] int64_t consumed() const { return next_; }  // batches, by the steps begun so far
  [[nodiscard]] int64_t step_samples() const { return step_samples_; }

  // BatchSource: the current batch of the step that is being recorded.
  [[nodiscard]] int64_t size() const override { return current_->size(); }
  [[nodiscard]] const std::vector<plugin::BatchField>& fields() const override { return current_->fields(); }
  void advance() override;

  // Assembles, while a step runs, what the next one will probably take. Null where there is nothing to do.
  const graph::Background* prefetch();
  // The running step is done: its batches may be used again.
  void step_done();
  // Throws what went wrong while a batch was assembled in the background.
  void check();

 private:
  struct Slot {
    std::unique_ptr<Batch> batch;
    int64_t number = -1;  // of the batch in it
    int64_t step = -1;    // that uses it; -1 while it waits
    bool free = true;
  };
  Slot& take_slot(int64_t number);
  void plan(Slot& slot);
  Slot* find(int64_t number);
  const std::vector<uint32_t>& order_of(int64_t epoch);

  const plugin::Dataset& dataset_;
  const Transforms& transforms_;
  Subset subset_;
  int64_t batch_size_;
  uint64_t seed_;
  std::deque<Slot> slots_;
  Batch* current_ = nullptr;
  int64_t next_ = 0;  // the first batch that no step has taken
  int64_t steps_begun_ = 0;
  int64_t steps_done_ = 0;
  int64_t taken_in_step_ = 0;
  int64_t taken_before_ = 1;  // in the step before: what the next will probably take
  int64_t step_samples_ = 0;
  struct EpochOrder {
    int64_t epoch = -1;
    std::vector<uint32_t> order;
  };
  EpochOrder orders_[2];
  graph::Background background_;
  std::vector<std::pair<Batch*, int32_t>> background_pieces_;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
};

// All samples of a subset, once, in order.
class EvaluationBatches final : public plugin::BatchSource {
 public:
  EvaluationBatches(const plugin::Dataset& dataset, const Transforms& transforms, const Subset& subset,
                    int64_t batch_size);
  bool next();  // false after the last
  [[nodiscard]] int64_t first_index() const { return first_; }
  [[nodiscard]] int64_t size() const override { return batches_[turn_]->size(); }
  [[nodiscard]] const std::vector<plugin::BatchField>& fields() const override { return batches_[turn_]->fields(); }
  void advance() override;              // not possible: throws
  const graph::Background* prefetch();  // the batch after this one
  void step_done();

 private:
  const Subset& subset_;
  int64_t batch_size_;
  int64_t first_ = 0, following_ = 0;
  bool prefetched_ = false;
  std::unique_ptr<Batch> batches_[2];
  size_t turn_ = 0;
  graph::Background background_;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
};

}  // namespace atelier::training
