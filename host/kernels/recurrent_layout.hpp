// What the forward and the backward pass of recurrent layers share: how the work is cut, and where things lie.
//
// Samples do not know of each other, so a piece may take some of them through all steps without waiting for any other,
// and that is what layers do whose weights stay in a core's cache. Of larger ones a piece takes some units through one
// step, and a phase is a step.
#pragma once

#include <algorithm>
#include <vector>

#include "base/error.hpp"
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
    ATELIER_CHECK(spec.steps > 0 && spec.units > 0);
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

// Takes a pass's arguments one after the other, in the order that recurrent.hpp lists; null for one that is not there.
template <typename T>
class ArgumentsInOrder {
 public:
  explicit ArgumentsInOrder(const Arguments& arguments) : arguments_(arguments) {}

  const T* input(bool is_there = true) {
    return is_there ? static_cast<const T*>(arguments_.inputs[inputs_++]) : nullptr;
  }
  T* output(bool is_there = true) { return is_there ? static_cast<T*>(arguments_.outputs[outputs_++]) : nullptr; }

 private:
  const Arguments& arguments_;
  size_t inputs_ = 0;
  size_t outputs_ = 0;
};

template <typename T>
class RecurrentPass : public Kernel {
 public:
  explicit RecurrentPass(const RecurrentSpec& spec)
      : spec_(spec), cut_(spec), zeros_(static_cast<size_t>(spec.units)) {}

  [[nodiscard]] int64_t phases() const override { return cut_.phases(); }
  [[nodiscard]] int64_t pieces(int64_t) const override { return cut_.pieces(); }

 protected:
  // Where a sample's step begins in (B, T, width).
  [[nodiscard]] int64_t place(int64_t sample, int64_t step, int64_t width) const {
    return (sample * spec_.steps + step) * width;
  }

  // A sample's state before a step, for a block's units: of `states` (B, T, H) after each step or, before the first, of
  // `initial` (B, H), which is 0 where it is absent.
  const T* before(const T* states, const T* initial, const RecurrentBlock& block, int64_t step, int64_t sample) const {
    if (step > 0) {
      return states + place(sample, step - 1, spec_.units) + block.first_unit;
    }
    return initial == nullptr ? zeros_.data() : initial + sample * spec_.units + block.first_unit;
  }

  RecurrentSpec spec_;
  RecurrentCut cut_;

 private:
  std::vector<T> zeros_;
};

}  // namespace atelier::kernels
