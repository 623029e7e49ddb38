// How most kernels cut their work: into runs of whole units (rows, images, elements), by the shapes alone.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/making.hpp"

namespace atelier::kernels {

// A piece is as many units as have `piece_elements` elements, at least one; the last piece is what is left.
class Pieces {
 public:
  Pieces() = default;
  Pieces(int64_t units, int64_t elements_of_unit)
      : units_(units),
        units_per_piece_(std::max<int64_t>(1, piece_elements / std::max<int64_t>(1, elements_of_unit))) {}

  [[nodiscard]] int64_t count() const { return std::max<int64_t>(1, ceil_divide(units_, units_per_piece_)); }
  // The units of a piece are [first, last); there may be none.
  [[nodiscard]] int64_t first(int64_t piece) const { return std::min(units_, piece * units_per_piece_); }
  [[nodiscard]] int64_t last(int64_t piece) const { return first(piece + 1); }

 private:
  static constexpr int64_t piece_elements = 32768;

  int64_t units_ = 0;
  int64_t units_per_piece_ = 1;
};

}  // namespace atelier::kernels
