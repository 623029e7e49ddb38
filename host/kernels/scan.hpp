// What accumulates along the middle axis of (outer, length, inner).
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

struct ScanShape {
  int64_t outer = 1, length = 1, inner = 1;
  bool reverse = false;  // from the end
};

enum class Scan : uint8_t {
  sum,
  product,
};

// Each element combined with all before it; where `exclusive`, without itself (0 and 1 for the first). Real numbers
// are accumulated in double, integers wrap around.
std::unique_ptr<Kernel> make_scan(Scan scan, tensor::DType dtype, const ScanShape& shape, bool exclusive);

// Inputs a and b, f32 or f64; output s: s_i = b_i + a_i s_{i-1}, from s_{-1} = 0 on, accumulated in double.
std::unique_ptr<Kernel> make_recurrence(tensor::DType dtype, const ScanShape& shape);

}  // namespace atelier::kernels
