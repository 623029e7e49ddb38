// The batches that training takes, assembled by many threads while the step before runs.
#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "data/batch.hpp"
#include "data/first_failure.hpp"
#include "execute/executor.hpp"

namespace atelier::data {

// How batches are cut, and which part of them is taken here.
struct BatchCut {
  int64_t shards = 1;
  int64_t ranks = 1, rank = 0;
};

// The endless sequence of training batches: epoch after epoch, each in an order of its own, the last batch of each
// smaller where the count does not divide. A batch's number says all about it, so a run goes on from any. Where batches
// are cut into shards, all have equally many samples: what the last batch of an epoch has beyond that is left out.
class TrainingBatches final : public plugin::BatchSource {
 public:
  // Borrows the data. The batch size is a multiple of the number of shards, and there are as many samples. Of several
  // ranks, each has equally many shards of every batch, and reads no others.
  TrainingBatches(const ExperimentData& data, int64_t batch_size, uint64_t seed, const BatchCut& cut = {});

  [[nodiscard]] int64_t batches_per_epoch() const;
  [[nodiscard]] int64_t last_size() const;  // samples in an epoch's last batch, of all ranks
  // The next step begins at this batch.
  void seek(int64_t batch);
  void begin_step();                                                    // takes its first batch
  [[nodiscard]] int64_t consumed() const { return next_; }              // batches, by the steps begun so far
  [[nodiscard]] int64_t step_samples() const { return step_samples_; }  // of all ranks

  // BatchSource: the current batch of the step that is being recorded; of several shards the first of this rank, whose
  // samples in memory its others' follow.
  [[nodiscard]] int64_t size() const override { return current_->size() * cut_.ranks / cut_.shards; }
  [[nodiscard]] const std::vector<plugin::BatchField>& fields() const override { return fields_; }
  void advance() override;

  // Assembles, while a step runs, what the next one will probably take. Null where there is nothing to do.
  const execute::Background* prefetch();
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
  [[nodiscard]] int64_t samples_per_epoch() const { return subset_.count / cut_.shards * cut_.shards; }
  Slot& take_slot(int64_t number);
  void plan(Slot& slot);
  Slot* find(int64_t number);
  const std::vector<uint32_t>& order_of(int64_t epoch);

  const ExperimentData& data_;
  const Subset& subset_;
  int64_t batch_size_;
  uint64_t seed_;
  BatchCut cut_;
  std::deque<Slot> slots_;
  Batch* current_ = nullptr;
  std::vector<plugin::BatchField> fields_;  // of its first shard here
  int64_t next_ = 0;                        // the first batch that no step has taken
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
  execute::Background background_;
  std::vector<std::pair<Batch*, int32_t>> background_pieces_;
  FirstFailure failure_;
};

}  // namespace atelier::data
