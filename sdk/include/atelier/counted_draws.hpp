// Random numbers for datasets that are made as they are read: each is a function of its keys, with no state, so a
// sample has the same bits whenever and on whichever thread it is read. The mixing function is the finalizer of
// SplitMix64 (Steele, Lea and Flood 2014, Fast Splittable Pseudorandom Number Generators), whose increments are
// replaced by the keys. Only integers and exact operations, so the bits are the same on every machine.
#pragma once

#include <cmath>
#include <cstdint>

namespace atelier {

namespace detail {

constexpr uint64_t golden_gamma = 0x9E3779B97F4A7C15U;

constexpr uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

}  // namespace detail

// The draws of one sample, told apart by their ordinals.
class Draws {
 public:
  constexpr Draws(uint64_t seed, uint64_t split, uint64_t index)
      : key_(detail::mix(detail::mix(detail::mix(seed + detail::golden_gamma) + split + detail::golden_gamma) + index +
                         detail::golden_gamma)) {}

  // Uniform in [low, high), of 53 random bits.
  [[nodiscard]] constexpr double uniform(uint64_t ordinal, double low, double high) const {
    return low + (high - low) * (static_cast<double>(bits(ordinal) >> 11) * 0x1p-53);
  }
  // Uniform in 0 ... count - 1; count is at least 1, and far below 2^53.
  [[nodiscard]] constexpr int64_t integer(uint64_t ordinal, int64_t count) const {
    return static_cast<int64_t>(uniform(ordinal, 0, static_cast<double>(count)));
  }
  // Draws of their own, for a part of the sample: they take the place of the draw of this ordinal.
  [[nodiscard]] constexpr Draws part(uint64_t ordinal) const { return Draws(bits(ordinal)); }

 private:
  explicit constexpr Draws(uint64_t key) : key_(key) {}
  [[nodiscard]] constexpr uint64_t bits(uint64_t ordinal) const {
    return detail::mix(key_ + (ordinal + 1) * detail::golden_gamma);
  }

  uint64_t key_;
};

struct UnitVector {
  double x, y;
};

// Uniform on the circle: a point of the square, drawn anew until it is inside the disc, so that no sine is needed,
// whose last bit differs from one library to the next. Takes all draws of `draws`.
inline UnitVector direction(const Draws& draws) {
  for (uint64_t i = 0;; i += 2) {
    const double x = draws.uniform(i, -1, 1), y = draws.uniform(i + 1, -1, 1);
    const double square = x * x + y * y;
    if (square <= 1 && square > 1e-4) {
      const double length = std::sqrt(square);
      return {x / length, y / length};
    }
  }
}

}  // namespace atelier
