// Reductions that are rarer than those of reductions.hpp. `axes` empty: all. `keep`: reduced axes stay with length 1.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

#define ATELIER_REDUCTION(function, name)                                                             \
  inline Tensor function(At x, Integers axes = std::initializer_list<int64_t>{}, bool keep = false) { \
    return detail::call<name>({x}, {detail::attribute(axes), detail::attribute(int64_t{keep})});      \
  }
ATELIER_REDUCTION(product, "product/1")
ATELIER_REDUCTION(logsumexp, "logsumexp/1")
#undef ATELIER_REDUCTION

// Squares are summed and divided by their count less `correction`: 1 for a sample's estimate, 0 for the whole itself.
// The gradient of a standard deviation of 0 is 0.
#define ATELIER_REDUCTION(function, name)                                                                 \
  inline Tensor function(At x, Integers axes = std::initializer_list<int64_t>{}, bool keep = false,       \
                         double correction = 1) {                                                         \
    return detail::call<name>(                                                                            \
        {x}, {detail::attribute(axes), detail::attribute(int64_t{keep}), detail::attribute(correction)}); \
  }
ATELIER_REDUCTION(variance, "variance/1")
ATELIER_REDUCTION(standard_deviation, "standard_deviation/1")
#undef ATELIER_REDUCTION

}  // namespace atelier
