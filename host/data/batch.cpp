#include "data/batch.hpp"

#include <algorithm>
#include <array>

#include "catalog/data_spec.hpp"
#include "data/sample_bytes.hpp"
#include "tensor/memory.hpp"

namespace atelier::data {
namespace {

constexpr int64_t samples_per_piece = 32;
constexpr size_t max_fields = catalog::max_fields;
static_assert(max_fields <= atl_context::max_fields);

// Behind the last sample, and not to be written to. A sample before it that is too long is found when the dataset is
// opened, or where it is the last one.
constexpr size_t guard_bytes = 64;
constexpr std::byte untouched{0xa5};

int32_t pieces_of(int64_t samples) {
  return static_cast<int32_t>((samples + samples_per_piece - 1) / samples_per_piece);
}

// "'image', float32 (B = 64, C = 1, H = 28, W = 28)"
std::string batch_text(const catalog::FieldSpec& field, int64_t capacity) {
  tensor::Shape shape{capacity};
  for (const int64_t length : field.dims.dims()) {
    shape.append(length);
  }
  std::vector<std::string> axes = catalog::axes_of(field);
  axes.insert(axes.begin(), "B");
  return fmt::format("'{}', {}", field.name, tensor::described(shape, field.dtype, axes));
}

constexpr const char* smaller_batch = "a smaller train.batch_size or evaluate.batch_size";

}  // namespace

Batch::Batch(const ExperimentData& data, int64_t capacity) : data_(data) {
  for (const catalog::FieldSpec& field : data.spec().fields) {
    memory_.push_back(tensor::take_memory(
        [&] { return "a batch of the field " + batch_text(field, capacity) + ","; }, smaller_batch,
        [&] { return tensor::Storage(static_cast<size_t>(capacity) * bytes_of_sample(field) + guard_bytes); }));
    fields_.push_back({field.name, {{}, field.dtype}, memory_.back().data(), data.refusal(field.name)});
  }
  scratch_ = tensor::take_memory(
      [&] { return fmt::format("what [dataset.transform] needs for a batch of {} samples", capacity); }, smaller_batch,
      [&] { return tensor::Storage(static_cast<size_t>(pieces_of(capacity)) * data.transforms().scratch_bytes()); });
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
    for (const int64_t length : data_.spec().fields[f].dims.dims()) {
      shape.append(length);
    }
    fields_[f].type.shape = shape;
    std::ranges::fill(guard(f), untouched);
  }
}

std::span<std::byte> Batch::guard(size_t f) const {
  return {memory_[f].data() + samples_.size() * bytes_of_sample(data_.spec().fields[f]), guard_bytes};
}

int32_t Batch::pieces() const {
  return pieces_of(size());
}

void Batch::assemble(int32_t piece) {
  std::byte* const scratch = scratch_.data() + static_cast<size_t>(piece) * data_.transforms().scratch_bytes();
  const size_t count = fields_.size();
  const int64_t last = std::min<int64_t>((piece + 1) * samples_per_piece, size());
  for (int64_t i = piece * samples_per_piece; i < last; ++i) {
    std::array<void*, max_fields> own{}, out{};
    for (size_t f = 0; f < count; ++f) {
      out[f] = memory_[f].data() + static_cast<size_t>(i) * bytes_of_sample(data_.spec().fields[f]);
    }
    data_.transforms().choose_places(scratch, std::span(out).first(count), own);
    const int64_t index = samples_[static_cast<size_t>(i)];
    data_.dataset().read(split_, index, own.data());
    data_.transforms().apply({split_, index, epoch_}, std::span(own).first(count), std::span(out).first(count));
  }
  for (size_t f = 0; last == size() && f < count; ++f) {
    if (!std::ranges::all_of(guard(f), [](std::byte byte) { return byte == untouched; })) {
      data_.dataset().throw_written_outside(split_, samples_.back(), f);
    }
  }
}

}  // namespace atelier::data
