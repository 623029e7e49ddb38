#include "kernels/loops/loops.hpp"

namespace atelier::kernels::ATELIER_LOOPS {
namespace {

uint32_t bits_of(float x) {
  return __builtin_bit_cast(uint32_t, x);
}

// Half of the last place that stays is added, less one where that place is even; what is not a number stays so.
uint32_t rounded_bits(float x) {
  const uint32_t bits = bits_of(x);
  const uint32_t nearest = bits + 0x7fffU + ((bits >> 16U) & 1U);
  const uint32_t quiet = bits | 0x400000U;
  return ((bits & 0x7fffffffU) > 0x7f800000U ? quiet : nearest) >> 16U;
}

void to_bits(const float* x, uint16_t* __restrict y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    y[i] = static_cast<uint16_t>(rounded_bits(x[i]));
  }
}

void rounded(const float* x, float* __restrict y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    y[i] = __builtin_bit_cast(float, rounded_bits(x[i]) << 16U);
  }
}

void gathered(const float* x, const int32_t* from, uint16_t* __restrict y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    y[i] = static_cast<uint16_t>(rounded_bits(x[from[i]]));
  }
}

}  // namespace

const Bfloat16Table bfloat16 = {&to_bits, &rounded, &gathered};

}  // namespace atelier::kernels::ATELIER_LOOPS
