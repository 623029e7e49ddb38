// What a predictor reaches that knows nothing of motion: the last frame again, blurred, as nothing tells where it
// moves.
#pragma once

#include <algorithm>
#include <atelier/builder.hpp>
#include <cmath>

namespace rnn {

using namespace atelier;

// (length, length): row i averages the places around i with the weights of a Gaussian; its tails are cut at the border.
inline Tensor gaussian_averages(const Recording& recording, int64_t length, double deviation) {
  std::vector<float> matrix;
  for (int64_t i = 0; i < length; ++i) {
    std::vector<double> weights;
    double total = 0;
    for (int64_t j = 0; j < length; ++j) {
      const double apart = static_cast<double>(i - j) / deviation;
      weights.push_back(std::exp(-0.5 * apart * apart));
      total += weights.back();
    }
    for (const double weight : weights) {
      matrix.push_back(static_cast<float>(weight / total));
    }
  }
  return recording.constant({length, length}, matrix);
}

// The Bernoulli cross-entropy of each frame (B, T, C, H, W) in nats, the mean over the frames but the first, (B), where
// a pixel is on with p = (1 - e) blur(last frame) + e mean(last frame). Blur and e are the best of a grid for each
// sequence, chosen when it has been seen: no fixed choice could be better.
inline Tensor smoothed_copy_cross_entropy(const Recording& recording, Tensor frames) {
  const int64_t steps = frames.dim(1) - 1;
  const Tensor last = frames.slice(1, 0, steps);
  const Tensor x = frames.slice(1, 1, steps);
  const Tensor average = mean(last, {2, 3, 4}, true);
  Tensor best;
  for (const double deviation : {0.0, 1.0, 1.5, 2.0, 3.0, 4.0}) {  // in pixels
    Tensor blurred = last;
    if (deviation > 0) {
      const Tensor rows = gaussian_averages(recording, last.dim(3), deviation);
      const Tensor columns = gaussian_averages(recording, last.dim(4), deviation).permute({1, 0});
      blurred = matmul(rows, matmul(last, columns));
    }
    for (const double e : {0.01, 0.03, 0.1, 0.3}) {
      const Tensor p = clamp((1 - e) * blurred + e * average, 1e-4, 1 - 1e-4);  // an empty frame tells nothing for sure
      const Tensor nats = -sum(x * log(p) + (1.0 - x) * log(1.0 - p), {2, 3, 4});
      const Tensor each = mean(nats, {1});
      best = best.context() == nullptr ? each : minimum(best, each);
    }
  }
  return best;
}

}  // namespace rnn
