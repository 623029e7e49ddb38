// Counted random draws: a function of its keys, with no state. The mixing function is the finalizer of SplitMix64
// (Steele, Lea and Flood 2014, Fast Splittable Pseudorandom Number Generators), whose increments are replaced by the
// keys.
#pragma once

#include <cstdint>

namespace shapes {

constexpr uint64_t golden_gamma = 0x9E3779B97F4A7C15U;

constexpr uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

// The draws of one sample, told apart by their ordinals.
class Draws {
 public:
  constexpr Draws(uint64_t seed, uint64_t split, uint64_t index)
      : key_(mix(mix(mix(seed + golden_gamma) + split + golden_gamma) + index + golden_gamma)) {}

  // Uniform in [low, high), of 53 random bits.
  [[nodiscard]] constexpr double uniform(uint64_t ordinal, double low, double high) const {
    const uint64_t bits = mix(key_ + (ordinal + 1) * golden_gamma) >> 11;
    return low + (high - low) * (static_cast<double>(bits) * 0x1p-53);
  }

 private:
  uint64_t key_;
};

}  // namespace shapes
