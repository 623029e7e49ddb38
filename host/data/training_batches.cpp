#include "data/training_batches.hpp"

#include <algorithm>

#include "base/purposes.hpp"
#include "kernels/random.hpp"

namespace atelier::data {

TrainingBatches::TrainingBatches(const ExperimentData& data, int64_t batch_size, uint64_t seed, const BatchCut& cut)
    : data_(data), subset_(data.subsets().train), batch_size_(batch_size), seed_(seed), cut_(cut) {
  ATELIER_CHECK(batch_size_ % cut_.shards == 0 && samples_per_epoch() > 0 && cut_.shards % cut_.ranks == 0);
  background_.run = [this](int32_t piece) {
    const auto& [batch, part] = background_pieces_[static_cast<size_t>(piece)];
    failure_.during(piece, [batch = batch, part = part] { batch->assemble(part); });
  };
}

int64_t TrainingBatches::batches_per_epoch() const {
  return (samples_per_epoch() + batch_size_ - 1) / batch_size_;
}

int64_t TrainingBatches::last_size() const {
  return samples_per_epoch() - (batches_per_epoch() - 1) * batch_size_;
}

void TrainingBatches::seek(int64_t batch) {
  next_ = batch;
  steps_done_ = steps_begun_;
  current_ = nullptr;
  for (Slot& slot : slots_) {
    slot.free = true;
    slot.number = -1;
  }
}

const std::vector<uint32_t>& TrainingBatches::order_of(int64_t epoch) {
  EpochOrder& entry = orders_[epoch % 2];
  if (entry.epoch != epoch) {
    entry = {epoch, kernels::permutation({seed_, purpose_order}, static_cast<uint64_t>(epoch),
                                         static_cast<uint32_t>(subset_.count))};
  }
  return entry.order;
}

TrainingBatches::Slot* TrainingBatches::find(int64_t number) {
  const auto found =
      std::ranges::find_if(slots_, [&](const Slot& slot) { return !slot.free && slot.number == number; });
  return found == slots_.end() ? nullptr : &*found;
}

TrainingBatches::Slot& TrainingBatches::take_slot(int64_t number) {
  auto found = std::ranges::find_if(slots_, &Slot::free);
  if (found == slots_.end()) {
    slots_.emplace_back();
    slots_.back().batch = std::make_unique<Batch>(data_, std::min(batch_size_, subset_.count) / cut_.ranks);
    found = slots_.end() - 1;
  }
  found->free = false;
  found->number = number;
  found->step = -1;
  plan(*found);
  return *found;
}

void TrainingBatches::plan(Slot& slot) {
  const int64_t epoch = slot.number / batches_per_epoch();
  const int64_t first = slot.number % batches_per_epoch() * batch_size_;
  const int64_t own = std::min(batch_size_, samples_per_epoch() - first) / cut_.ranks;
  slot.batch->plan(subset_, order_of(epoch), first + cut_.rank * own, own, epoch);
}

void TrainingBatches::begin_step() {
  if (steps_begun_ > 0) {
    taken_before_ = std::max<int64_t>(taken_in_step_, 1);
  }
  ++steps_begun_;
  taken_in_step_ = 0;
  step_samples_ = 0;
  advance();
}

void TrainingBatches::advance() {
  Slot* slot = find(next_);
  if (slot == nullptr) {
    slot = &take_slot(next_);
    for (int32_t piece = 0; piece < slot->batch->pieces(); ++piece) {
      slot->batch->assemble(piece);
    }
  }
  slot->step = steps_begun_;
  current_ = slot->batch.get();
  fields_ = current_->fields();
  for (plugin::BatchField& field : fields_) {
    field.type.shape[0] = size();
  }
  ++next_;
  ++taken_in_step_;
  step_samples_ += current_->size() * cut_.ranks;
}

const execute::Background* TrainingBatches::prefetch() {
  background_pieces_.clear();
  for (int64_t ahead = 0; ahead < std::max(taken_in_step_, taken_before_); ++ahead) {
    if (find(next_ + ahead) == nullptr) {
      Batch* batch = take_slot(next_ + ahead).batch.get();
      for (int32_t piece = 0; piece < batch->pieces(); ++piece) {
        background_pieces_.emplace_back(batch, piece);
      }
    }
  }
  background_.pieces = static_cast<int32_t>(background_pieces_.size());
  return background_.pieces == 0 ? nullptr : &background_;
}

void TrainingBatches::step_done() {
  ++steps_done_;
  for (Slot& slot : slots_) {
    if (!slot.free && slot.step >= 0 && slot.step <= steps_done_) {
      slot.free = true;
    }
  }
}

void TrainingBatches::check() {
  failure_.rethrow_if_any();
}

}  // namespace atelier::data
