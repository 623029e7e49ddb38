// The learning rate over a run, as a factor on the optimizer's own.
#pragma once

#include <cstdint>

namespace atelier::experiment {

struct LearningRateSchedule {
  enum class Use { constant, step, cosine };

  Use use = Use::constant;
  int64_t warmup = 0;   // steps, >= 0
  int64_t every = 1;    // of step: steps, >= 1
  double factor = 0.1;  // of step: in (0, 1]
  double floor = 0.0;   // of cosine: in [0, 1]
};

// The factor for training step t = 1 ... total_steps; all updates that a parameter group makes in a step have the same.
//
// With W = warmup, T = total_steps and u = t - 1 - W, the steps made since the warm-up:
//
//   warm-up, t <= W    t / W                                    linear from 0
//   constant           1
//   step               factor^floor(u / every)
//   cosine             floor + (1 - floor) (1 + cos(pi p)) / 2,  p = u / (T - 1 - W) in [0, 1]
//
// so the first step after the warm-up has the full rate, and step T of cosine has `floor`. Past T cosine stays at
// its floor. Cosine: I. Loshchilov and F. Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017,
// eq. 5, one cycle. A pure function; any thread.
double factor(const LearningRateSchedule& schedule, int64_t t, int64_t total_steps);

}  // namespace atelier::experiment
