#include <immintrin.h>

#include "kernels/loops/float_math.hpp"
#include "kernels/loops/loops.hpp"

namespace atelier::kernels::ATELIER_LOOPS {
namespace {

constexpr int lanes = random_group / 4;

// Counters stand in lanes of 64 bits, of which the lower half counts: the products of Philox are 32 x 32 -> 64 bits, an
// instruction that the compiler does not find by itself.
#if defined(__AVX512F__)
using Wide = __m512i;
// The masked form, with all lanes, as GCC 12 takes the plain one for a use of something uninitialized.
ATELIER_INLINE Wide product(Wide a, Wide b) {
  return _mm512_maskz_mul_epu32(0xff, a, b);
}
#elif defined(__AVX2__)
using Wide = __m256i;
ATELIER_INLINE Wide product(Wide a, Wide b) {
  return _mm256_mul_epu32(a, b);
}
#else
using Wide = __m128i;
ATELIER_INLINE Wide product(Wide a, Wide b) {
  return _mm_mul_epu32(a, b);
}
#endif
constexpr int width = sizeof(Wide) / sizeof(int64_t);

ATELIER_INLINE Wide all(uint32_t value) {
  return Wide{} + static_cast<long long>(value);
}

// Philox4x32-10; a test compares it with Random123's.
void words(uint32_t group, uint32_t row, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1, uint32_t* out) {
  alignas(64) uint64_t wide[4 * lanes];
  for (int l = 0; l < lanes; ++l) {
    wide[l] = group * lanes + static_cast<uint32_t>(l);
  }
  for (int first = 0; first < lanes; first += width) {
    Wide* const column = reinterpret_cast<Wide*>(wide + first);
    Wide x0 = *column;
    Wide x1 = all(row);
    Wide x2 = all(c2);
    Wide x3 = all(c3);
    uint32_t round_k0 = k0;
    uint32_t round_k1 = k1;
    for (int round = 0; round < 10; ++round) {
      const Wide product0 = product(x0, all(0xD2511F53U));
      const Wide product1 = product(x2, all(0xCD9E8D57U));
      x0 = (product1 >> 32) ^ x1 ^ all(round_k0);
      x2 = (product0 >> 32) ^ x3 ^ all(round_k1);
      x1 = product1;
      x3 = product0;
      round_k0 += 0x9E3779B9U;
      round_k1 += 0xBB67AE85U;
    }
    column[0] = x0;
    column[lanes / width] = x1;
    column[2 * lanes / width] = x2;
    column[3 * lanes / width] = x3;
  }
  for (int i = 0; i < 4 * lanes; ++i) {
    out[i] = static_cast<uint32_t>(wide[i]);
  }
}

// (2 k + 1) 2^-24 of the upper 23 bits: exact, and neither 0 nor 1.
void uniform(const uint32_t* words, float* out) {
  for (int i = 0; i < random_group; ++i) {
    out[i] = (static_cast<float>(static_cast<int32_t>(words[i] >> 9U)) + 0.5F) * 0x1p-23F;
  }
}

// Box and Muller: sqrt(-2 log u) (cos t, sin t). t is a quadrant of two bits, and an angle in (-pi/4, pi/4) of the
// others.
void normal(const uint32_t* words, float* out) {
  for (int pair = 0; pair < 2; ++pair) {
    const uint32_t* radius_words = words + 2 * pair * lanes;
    const uint32_t* angle_words = radius_words + lanes;
    float* cosines = out + 2 * pair * lanes;
    float* sines = cosines + lanes;
    for (int l = 0; l < lanes; ++l) {
      const float u = (static_cast<float>(static_cast<int32_t>(radius_words[l] >> 1U)) + 0.5F) * 0x1p-31F;
      const float radius = math::sqrt(-2.0F * math::log(u));
      const int32_t centred = static_cast<int32_t>(angle_words[l] & 0x3fffffffU) - 0x20000000;
      const float angle = static_cast<float>(centred) * (0x1p-30F * 1.57079632679489662F);
      const math::Angle turned = {angle, static_cast<int32_t>(angle_words[l] >> 30U)};
      cosines[l] = radius * math::cos_of(turned);
      sines[l] = radius * math::sin_of(turned);
    }
  }
}

}  // namespace

const RandomTable random = {&words, &uniform, &normal};

}  // namespace atelier::kernels::ATELIER_LOOPS
