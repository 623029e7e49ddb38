// Images sampled at places between their pixels.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

struct GridSampling {
  enum class Outside : uint8_t { zeros, border, reflection };

  bool nearest = false;  // the pixel next to each place, else a blend of the four around it
  Outside outside = Outside::zeros;
  bool align_corners = false;  // whether -1 and 1 are the middles of the outermost pixels, else their outer edges
};

// x (B, C, H, W) at the places of a grid (B, H', W', 2), columns and rows from -1 to 1: (B, C, H', W').
inline Tensor grid_sample(At x, At grid, GridSampling s = {}) {
  return detail::call<"grid_sample/1">(
      {x, grid}, {detail::attribute(int64_t{s.nearest}), detail::attribute(static_cast<int64_t>(s.outside)),
                  detail::attribute(int64_t{s.align_corners})});
}

}  // namespace atelier
