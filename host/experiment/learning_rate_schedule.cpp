#include "experiment/learning_rate_schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace atelier::experiment {

double factor(const LearningRateSchedule& schedule, int64_t t, int64_t total_steps) {
  ATELIER_CHECK(t >= 1 && schedule.warmup >= 0 && schedule.every >= 1);
  if (t <= schedule.warmup) {
    return static_cast<double>(t) / static_cast<double>(schedule.warmup);
  }
  const int64_t u = t - 1 - schedule.warmup;
  switch (schedule.use) {
    case LearningRateSchedule::Use::constant:
      return 1.0;
    case LearningRateSchedule::Use::step: {
      const int64_t drops = u / schedule.every;
      return std::pow(schedule.factor, static_cast<double>(drops));
    }
    case LearningRateSchedule::Use::cosine: {
      const int64_t last = std::max<int64_t>(total_steps - 1 - schedule.warmup, 1);
      const double p = std::min(1.0, static_cast<double>(u) / static_cast<double>(last));
      return schedule.floor + (1.0 - schedule.floor) * 0.5 * (1.0 + std::cos(std::numbers::pi * p));
    }
  }
  throw Error(ErrorKind::internal, "a schedule with the unknown number {}", static_cast<int>(schedule.use));
}

}  // namespace atelier::experiment
