#include "training/batches.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "kernels/random.hpp"

namespace atelier::training {
namespace {

constexpr int64_t samples_per_piece = 32;
constexpr size_t max_fields = 16;

int32_t pieces_of(int64_t samples) {
  return static_cast<int32_t>((samples + samples_per_piece - 1) / samples_per_piece);
}

}  // namespace

Batch::Batch(const plugin::Dataset& dataset, const Transforms& transforms, int64_t capacity)
    : dataset_(dataset),
      transforms_(transforms),
      scratch_(static_cast<size_t>(pieces_of(capacity)) * transforms.scratch_bytes()) {
  ATELIER_CHECK(transforms.spec().fields.size() <= max_fields);
  for (const plugin::FieldSpec& field : transforms.spec().fields) {
    memory_.emplace_back(static_cast<size_t>(capacity * field.dims.elements()) * tensor::size_of(field.dtype));
    fields_.push_back({field.name, {{}, field.dtype}, memory_.back().data()});
  }
}

void Batch::plan(const Subset& subset, std::span<const uint32_t> order, int64_t first, int64_t count, int64_t epoch) {
  split_ = subset.split;
  epoch_ = epoch;
  samples_.clear();
  for (int64_t i = first; i < first + count; ++i) {
    samples_.push_back(subset.index(order.empty() ? i : order[static_cast<size_t>(i)]));
  }
  for (size_t f = 0; f < fields_.size(); ++f) {
    tensor::Shape shape{count};
    for (const int64_t length : transforms_.spec().fields[f].dims.dims()) {
      shape.append(length);
    }
    fields_[f].type.shape = shape;
  }
}

int32_t Batch::pieces() const {
  return pieces_of(size());
}

void Batch::assemble(int32_t piece) {
  std::byte* const scratch = scratch_.data() + static_cast<size_t>(piece) * transforms_.scratch_bytes();
  const size_t count = fields_.size();
  const int64_t last = std::min<int64_t>((piece + 1) * samples_per_piece, size());
  for (int64_t i = piece * samples_per_piece; i < last; ++i) {
    std::array<void*, max_fields> own{}, out{};
    for (size_t f = 0; f < count; ++f) {
      const plugin::FieldSpec& field = transforms_.spec().fields[f];
      out[f] = memory_[f].data() + static_cast<size_t>(i * field.dims.elements()) * tensor::size_of(field.dtype);
    }
    transforms_.choose_places(scratch, std::span(out).first(count), own);
    const int64_t index = samples_[static_cast<size_t>(i)];
    dataset_.read(split_, index, own.data());
    transforms_.apply({split_, index, epoch_}, std::span(own).first(count), std::span(out).first(count));
  }
}

// ---- Training

TrainingBatches::TrainingBatches(const plugin::Dataset& dataset, const Transforms& transforms, Subset subset,
                                 int64_t batch_size, uint64_t seed)
    : dataset_(dataset), transforms_(transforms), subset_(std::move(subset)), batch_size_(batch_size), seed_(seed) {
  background_.run = [this](int32_t piece) {
    try {
      const auto& [batch, part] = background_pieces_[static_cast<size_t>(piece)];
      batch->assemble(part);
    } catch (...) {
      const std::scoped_lock lock(failure_mutex_);
      failure_ = std::current_exception();
    }
  };
}

int64_t TrainingBatches::batches_per_epoch() const {
  return (subset_.count + batch_size_ - 1) / batch_size_;
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
    slots_.back().batch = std::make_unique<Batch>(dataset_, transforms_, std::min(batch_size_, subset_.count));
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
  slot.batch->plan(subset_, order_of(epoch), first, std::min(batch_size_, subset_.count - first), epoch);
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
  ++next_;
  ++taken_in_step_;
  step_samples_ += current_->size();
}

const graph::Background* TrainingBatches::prefetch() {
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
  if (failure_) {
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }
}

// ---- Evaluation

EvaluationBatches::EvaluationBatches(const plugin::Dataset& dataset, const Transforms& transforms, const Subset& subset,
                                     int64_t batch_size)
    : subset_(subset), batch_size_(std::min(batch_size, std::max<int64_t>(subset.count, 1))) {
  for (auto& batch : batches_) {
    batch = std::make_unique<Batch>(dataset, transforms, batch_size_);
  }
  background_.run = [this](int32_t piece) {
    try {
      batches_[1 - turn_]->assemble(piece);
    } catch (...) {
      const std::scoped_lock lock(failure_mutex_);
      failure_ = std::current_exception();
    }
  };
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
  following_ = first_ + count;
  return true;
}

void EvaluationBatches::advance() {
  throw Error(ErrorKind::plugin, "next_batch: only in train_step");
}

const graph::Background* EvaluationBatches::prefetch() {
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
  if (failure_) {
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }
}

}  // namespace atelier::training
