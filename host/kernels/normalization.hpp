// The statistics that normalizations need, along one axis: (outer, reduced, inner) -> (outer, inner), row-major.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

// Both for f32 and f64, reduced >= 1. The sums meet in the tree of reduction_tree.hpp, whose bits are a function of the
// elements and of (reduced, inner).

// Input x; outputs its mean and its biased variance. Each leaf's deviations are from its own mean, and leaves join by
// Chan, Golub & LeVeque 1983, so that a mean far from 0 costs no digits.
std::unique_ptr<Kernel> make_moments(tensor::DType dtype, int64_t outer, int64_t reduced, int64_t inner);

// Inputs g, x (outer, reduced, inner) and center (outer, inner); outputs sum of g, and sum of g (x - center).
std::unique_ptr<Kernel> make_centered_sums(tensor::DType dtype, int64_t outer, int64_t reduced, int64_t inner);

}  // namespace atelier::kernels
