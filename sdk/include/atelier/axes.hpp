// What convolutions and pooling ask for along each axis that they slide over: of signals (B, C, L) one, of images
// (B, C, H, W) two, of volumes (B, C, D, H, W) three.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace atelier {

// One number for all axes, or one for each: 2, or {2, 1}.
template <size_t axes>
struct Lengths {
  int64_t values[axes];

  template <std::convertible_to<int64_t>... Numbers>
  requires(sizeof...(Numbers) == 1 || sizeof...(Numbers) == axes) constexpr Lengths(Numbers... numbers)
      : values{} {  // NOLINT: implicit by design
    const int64_t given[] = {static_cast<int64_t>(numbers)...};
    for (size_t axis = 0; axis < axes; ++axis) {
      values[axis] = given[sizeof...(Numbers) == 1 ? 0 : axis];
    }
  }

  [[nodiscard]] std::vector<int64_t> list() const { return {values, values + axes}; }
  [[nodiscard]] constexpr int64_t product() const {
    int64_t out = 1;
    for (const int64_t value : values) {
      out *= value;
    }
    return out;
  }
};

// One number for all sides; one for each axis, before and after it alike; or one before and one after each axis: 1, or
// {1, 2}, or {top, bottom, left, right}.
template <size_t axes>
struct Borders {
  int64_t values[2 * axes];

  template <std::convertible_to<int64_t>... Numbers>
  requires(sizeof...(Numbers) == 1 || sizeof...(Numbers) == axes ||
           sizeof...(Numbers) == 2 * axes) constexpr Borders(Numbers... numbers)
      : values{} {  // NOLINT: implicit by design
    const int64_t given[] = {static_cast<int64_t>(numbers)...};
    for (size_t side = 0; side < 2 * axes; ++side) {
      values[side] = given[sizeof...(Numbers) == 2 * axes ? side : sizeof...(Numbers) == axes ? side / 2 : 0];
    }
  }

  [[nodiscard]] std::vector<int64_t> list() const { return {values, values + 2 * axes}; }
};

using Sides = Lengths<2>;  // rows and columns

}  // namespace atelier
