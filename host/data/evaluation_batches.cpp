#include "data/evaluation_batches.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace atelier::data {

EvaluationBatches::EvaluationBatches(const ExperimentData& data, const Subset& subset, int64_t batch_size,
                                     BatchShare share)
    : subset_(subset),
      batch_size_(std::min(batch_size, std::max<int64_t>(subset.count, 1))),
      apart_(share.every * batch_size_),
      following_(share.first * batch_size_) {
  for (auto& batch : batches_) {
    batch = std::make_unique<Batch>(data, batch_size_);
  }
  background_.run = [this](int32_t piece) { failure_.during(piece, [&] { batches_[1 - turn_]->assemble(piece); }); };
}

bool EvaluationBatches::next() {
  if (following_ >= subset_.count) {
    return false;
  }
  first_ = following_;
  const int64_t count = std::min(batch_size_, subset_.count - first_);
  turn_ = 1 - turn_;
  if (!prefetched_) {
    batches_[turn_]->plan(subset_, {}, first_, count, evaluation);
    for (int32_t piece = 0; piece < batches_[turn_]->pieces(); ++piece) {
      batches_[turn_]->assemble(piece);
    }
  }
  prefetched_ = false;
  following_ = first_ + apart_;
  return true;
}

int64_t EvaluationBatches::batches() const {
  return (subset_.count + batch_size_ - 1) / batch_size_;
}

void EvaluationBatches::advance() {
  throw Error(ErrorKind::plugin, "next_batch: only in train_step");
}

const execute::Background* EvaluationBatches::prefetch() {
  if (following_ >= subset_.count) {
    return nullptr;
  }
  Batch& batch = *batches_[1 - turn_];
  batch.plan(subset_, {}, following_, std::min(batch_size_, subset_.count - following_), evaluation);
  prefetched_ = true;
  background_.pieces = batch.pieces();
  return &background_;
}

void EvaluationBatches::step_done() {
  failure_.rethrow_if_any();
}

}  // namespace atelier::data
