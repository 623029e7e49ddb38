// What samplings of images at places between their pixels share. A grid (B, H', W', 2) has a column and a row for each
// place.
#pragma once

#include "ops/functions.hpp"

namespace atelier::ops {

void require_grid(const Inference& in, size_t i, int64_t batch);
Value column_and_row(Graph& graph, double column, double row);  // (2), as the places of a grid are

}  // namespace atelier::ops
