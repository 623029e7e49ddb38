// What normalizations are made of. Channels are the last axis.
#pragma once

#include "ops/functions.hpp"

namespace atelier::ops {

struct Moments {
  Value mean;
  Value variance;  // the biased one
};
// Over the axes [first, first + count), which the results lack.
Moments moments(Value x, size_t first, size_t count);

struct CenteredSums {
  Value sum;      // of g
  Value product;  // of g (x - center)
};
// g and x alike, center without the axes [first, first + count).
CenteredSums centered_sums(Value g, Value x, Value center, size_t first, size_t count);

// (x - mean) (rate scale) + shift. The mean and the rate must be those of x itself, made by moments() of all axes but
// the channels, (C), or of those but the batch too, (B, 1 ..., C); `groups` says how many groups of channels share
// theirs, 0 that none do. The gradient that reaches x is the whole one, through the mean and the rate as well.
Value normalize(Value x, Value mean, Value rate, Value scale, Value shift, int64_t groups = 0);
// The same where the mean and the rate are those of the last axes, (..., 1, 1), which the scale and the shift have.
Value normalize_rows(Value x, Value mean, Value rate, Value scale, Value shift);

}  // namespace atelier::ops
