// What the forward and the backward pass of recurrent layers share: how the work is cut, and where things lie.
//
// Samples do not know of each other, so a piece may take some of them through all steps without waiting for any other,
// and that is what layers do whose weights stay in a core's cache. Of larger ones a piece takes some units through one
// step, and a phase is a step.
#pragma once

#include <algorithm>

#include "kernels/loops/loops.hpp"
#include "kernels/making.hpp"
#include "kernels/recurrent.hpp"

namespace atelier::kernels {

struct RecurrentBlock {  // of samples and units
  int64_t first_row, rows;
  int64_t first_unit, units;
};

class RecurrentCut {
 public:
  explicit RecurrentCut(const RecurrentSpec& spec) : batch_(spec.batch), steps_(spec.steps), units_(spec.units) {
    const bool is_cached = spec.gates() * spec.units * spec.units <= cached_weights;
    row_pieces_ = ceil_divide(batch_, is_cached ? 16 : 64);
    units_per_piece_ = is_cached ? spec.units : std::min<int64_t>(128, spec.units);
    unit_pieces_ = ceil_divide(units_, units_per_piece_);
  }

  [[nodiscard]] int64_t phases() const { return unit_pieces_ == 1 ? 1 : steps_; }
  [[nodiscard]] int64_t steps_per_phase() const { return unit_pieces_ == 1 ? steps_ : 1; }
  [[nodiscard]] int64_t pieces() const { return row_pieces_ * unit_pieces_; }
  // Of the largest block.
  [[nodiscard]] int64_t elements() const {
    return row_pieces_ == 0 ? 0 : ceil_divide(batch_, row_pieces_) * units_per_piece_;
  }

  // Rows in equal shares: a last one alone would be another kind of product, and have other bits than its neighbours.
  [[nodiscard]] RecurrentBlock block(int64_t piece) const {
    const int64_t share = piece / unit_pieces_;
    const int64_t row = share * batch_ / row_pieces_;
    const int64_t unit = piece % unit_pieces_ * units_per_piece_;
    return {row, (share + 1) * batch_ / row_pieces_ - row, unit, std::min(units_per_piece_, units_ - unit)};
  }

 private:
  static constexpr int64_t cached_weights = 1 << 17;  // elements

  int64_t batch_;
  int64_t steps_;
  int64_t units_;
  int64_t row_pieces_;
  int64_t units_per_piece_;
  int64_t unit_pieces_;
};

// Of an array that may be absent.
template <typename T>
T* offset(T* array, int64_t elements) {
  return array == nullptr ? nullptr : array + elements;
}

}  // namespace atelier::kernels
