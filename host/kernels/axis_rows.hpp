// Rows along one axis: a tensor (outer, length, inner) has `length` rows of `inner` elements for each of `outer`.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

struct AxisRows {
  int64_t outer = 1;
  int64_t length = 1;
  int64_t inner = 1;
};

// Input (outer, length, inner); output (outer, places, inner): row j is the input's row places[j], or `fill` where that
// is -1. For every dtype.
std::unique_ptr<Kernel> make_pick_rows(tensor::DType dtype, const AxisRows& rows, std::vector<int64_t> places,
                                       double fill);

// For each row of a result, the rows that it is the weighted sum of: those numbered [begins[j], begins[j + 1]).
struct RowBlend {
  std::vector<int64_t> begins{0};
  std::vector<int64_t> places;
  std::vector<double> weights;

  [[nodiscard]] int64_t rows() const { return static_cast<int64_t>(begins.size()) - 1; }
  void add(int64_t place, double weight) {
    places.push_back(place);
    weights.push_back(weight);
  }
  void end_row() { begins.push_back(static_cast<int64_t>(places.size())); }
  // The blend of `length` rows that has these weights the other way round, in order of the results. Places of -1 are
  // left out.
  [[nodiscard]] RowBlend transposed(int64_t length) const;
};

// Input (outer, length, inner); output (outer, blend.rows(), inner): each row the sum of its blend, in the blend's
// order. For f32 and f64.
std::unique_ptr<Kernel> make_blend_rows(tensor::DType dtype, const AxisRows& rows, const RowBlend& blend);

}  // namespace atelier::kernels
