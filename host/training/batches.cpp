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

}  // namespace

Subsets divide(const plugin::Dataset& dataset, double validation, uint64_t seed) {
  const int64_t count = dataset.spec().train_count;
  Subsets out;
  out.test = {plugin::Split::test, {}, dataset.spec().test_count};
  const auto held_out = static_cast<int64_t>(validation * static_cast<double>(count) + 0.5);
  if (held_out == 0) {
    out.train = {plugin::Split::train, {}, count};
    return out;
  }
  std::vector<uint32_t> order = kernels::permutation({seed, purpose_validation}, 0, static_cast<uint32_t>(count));
  const auto cut = order.begin() + held_out;
  std::sort(order.begin(), cut);
  std::sort(cut, order.end());
  out.validation = {plugin::Split::train, {order.begin(), cut}, held_out};
  out.train = {plugin::Split::train, {cut, order.end()}, count - held_out};
  return out;
}

plugin::DataSpec scaled_spec(const plugin::DataSpec& spec, double low, double high) {
  plugin::DataSpec out = spec;
  for (plugin::FieldSpec& field : out.fields) {
    if (field.dtype == tensor::DType::f32 && field.high > field.low) {
      field.low = low;
      field.high = high;
    }
  }
  return out;
}

Batch::Batch(const plugin::Dataset& dataset, const plugin::DataSpec& scaled, int64_t capacity) : dataset_(dataset) {
  const plugin::DataSpec& own = dataset.spec();
  ATELIER_CHECK(own.fields.size() <= max_fields);
  for (size_t f = 0; f < own.fields.size(); ++f) {
    const plugin::FieldSpec& field = own.fields[f];
    memory_.emplace_back(static_cast<size_t>(capacity * field.dims.elements()) * tensor::size_of(field.dtype));
    fields_.push_back({field.name, {{}, field.dtype}, memory_.back().data()});
    const plugin::FieldSpec& target = scaled.fields[f];
    const bool scales = field.dtype == tensor::DType::f32 && field.high > field.low;
    const double scale = scales ? (target.high - target.low) / (field.high - field.low) : 1.0;
    scale_.push_back(static_cast<float>(scale));
    shift_.push_back(scales ? static_cast<float>(target.low - field.low * scale) : 0.0F);
  }
}

void Batch::plan(const Subset& subset, std::span<const uint32_t> order, int64_t first, int64_t count) {
  split_ = subset.split;
  samples_.clear();
  for (int64_t i = first; i < first + count; ++i) {
    samples_.push_back(subset.index(order.empty() ? i : order[static_cast<size_t>(i)]));
  }
  for (size_t f = 0; f < fields_.size(); ++f) {
    tensor::Shape shape{count};
    for (const int64_t length : dataset_.spec().fields[f].dims.dims()) {
      shape.append(length);
    }
    fields_[f].type.shape = shape;
  }
}

int32_t Batch::pieces() const {
  return static_cast<int32_t>((size() + samples_per_piece - 1) / samples_per_piece);
}

void Batch::assemble(int32_t piece) {
  const int64_t last = std::min<int64_t>((piece + 1) * samples_per_piece, size());
  for (int64_t i = piece * samples_per_piece; i < last; ++i) {
    std::array<void*, max_fields> targets{};
    for (size_t f = 0; f < fields_.size(); ++f) {
      const plugin::FieldSpec& field = dataset_.spec().fields[f];
      targets[f] = memory_[f].data() + static_cast<size_t>(i * field.dims.elements()) * tensor::size_of(field.dtype);
    }
    dataset_.read(split_, samples_[static_cast<size_t>(i)], targets.data());
    for (size_t f = 0; f < fields_.size(); ++f) {
      if (scale_[f] != 1.0F || shift_[f] != 0.0F) {
        auto* values = static_cast<float*>(targets[f]);
        const int64_t elements = dataset_.spec().fields[f].dims.elements();
        for (int64_t k = 0; k < elements; ++k) {
          values[k] = values[k] * scale_[f] + shift_[f];
        }
      }
    }
  }
}

// ---- Training

TrainingBatches::TrainingBatches(const plugin::Dataset& dataset, const plugin::DataSpec& scaled, Subset subset,
                                 int64_t batch_size, uint64_t seed)
    : dataset_(dataset), scaled_(scaled), subset_(std::move(subset)), batch_size_(batch_size), seed_(seed) {
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
    slots_.back().batch = std::make_unique<Batch>(dataset_, scaled_, std::min(batch_size_, subset_.count));
    found = slots_.end() - 1;
  }
  found->free = false;
  found->number = number;
  found->step = -1;
  plan(*found);
  return *found;
}

void TrainingBatches::plan(Slot& slot) {
  const int64_t per_epoch = batches_per_epoch();
  const int64_t first = slot.number % per_epoch * batch_size_;
  slot.batch->plan(subset_, order_of(slot.number / per_epoch), first, std::min(batch_size_, subset_.count - first));
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

EvaluationBatches::EvaluationBatches(const plugin::Dataset& dataset, const plugin::DataSpec& scaled,
                                     const Subset& subset, int64_t batch_size)
    : subset_(subset), batch_size_(std::min(batch_size, std::max<int64_t>(subset.count, 1))) {
  for (auto& batch : batches_) {
    batch = std::make_unique<Batch>(dataset, scaled, batch_size_);
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
    batches_[turn_]->plan(subset_, {}, first_, count);
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
  batch.plan(subset_, {}, following_, std::min(batch_size_, subset_.count - following_));
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
