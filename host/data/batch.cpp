#include "data/batch.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace atelier::data {
namespace {

constexpr int64_t samples_per_piece = 32;
constexpr size_t max_fields = 16;

int32_t pieces_of(int64_t samples) {
  return static_cast<int32_t>((samples + samples_per_piece - 1) / samples_per_piece);
}

}  // namespace

Batch::Batch(const ExperimentData& data, int64_t capacity)
    : data_(data), scratch_(static_cast<size_t>(pieces_of(capacity)) * data.transforms().scratch_bytes()) {
  ATELIER_CHECK(data.spec().fields.size() <= max_fields);
  for (const catalog::FieldSpec& field : data.spec().fields) {
    memory_.emplace_back(static_cast<size_t>(capacity * field.dims.elements()) * tensor::size_of(field.dtype));
    fields_.push_back({field.name, {{}, field.dtype}, memory_.back().data(), data.refusal(field.name)});
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
    for (const int64_t length : data_.spec().fields[f].dims.dims()) {
      shape.append(length);
    }
    fields_[f].type.shape = shape;
  }
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
      const catalog::FieldSpec& field = data_.spec().fields[f];
      out[f] = memory_[f].data() + static_cast<size_t>(i * field.dims.elements()) * tensor::size_of(field.dtype);
    }
    data_.transforms().choose_places(scratch, std::span(out).first(count), own);
    const int64_t index = samples_[static_cast<size_t>(i)];
    data_.dataset().read(split_, index, own.data());
    data_.transforms().apply({split_, index, epoch_}, std::span(own).first(count), std::span(out).first(count));
  }
}

}  // namespace atelier::data
