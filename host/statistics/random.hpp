// Inside this room only: numbers that look random and are the same everywhere, each time.
#pragma once

#include <cstdint>

namespace atelier::statistics {

// SplitMix64 (Steele, Lea and Flood 2014).
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  // 0 to n - 1, from the upper 32 bits: uneven by less than n / 2^32.
  uint64_t below(uint64_t n) { return ((next() >> 32U) * n) >> 32U; }

 private:
  uint64_t state_;
};

}  // namespace atelier::statistics
