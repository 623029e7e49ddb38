// Signals as drawings.
#pragma once

#include <cstdint>

#include "pictures/image_stack.hpp"

namespace atelier::pictures {

struct SignalsToPlot {
  const float* values;  // (n, C, T)
  int64_t count, channels, times;
  double low, high;  // of the axis of values; both 0: from the smallest value to the largest
};

// A picture of each signal: a line for each channel in a colour of its own over a grey line at 0.
ImageStack plots(const SignalsToPlot& signals);

}  // namespace atelier::pictures
