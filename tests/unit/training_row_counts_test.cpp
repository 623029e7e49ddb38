#include <doctest/doctest.h>

#include <cmath>

#include "training/row_counts.hpp"

using namespace atelier;

namespace {

// As the trainer decides, step by step.
int64_t counted(int64_t steps, double epochs_a_step, double every) {
  int64_t count = 0;
  for (int64_t step = 1; step <= steps; ++step) {
    const double after = static_cast<double>(step) * epochs_a_step;
    const double before = after - epochs_a_step;
    constexpr double rounding = 1e-9;
    count += step == steps || std::floor(after / every + rounding) > std::floor(before / every + rounding) ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("what is due at multiples of epochs, and at the end, is counted as the trainer meets it") {
  for (const int64_t steps : {1, 2, 3, 7, 12, 100, 1001}) {
    for (const double batches : {1.0, 3.0, 4.0, 7.0, 469.0}) {
      for (const double every : {0.1, 0.25, 0.3, 0.5, 1.0, 2.0, 3.5, 1000.0}) {
        CAPTURE(steps);
        CAPTURE(batches);
        CAPTURE(every);
        CHECK(training::times_due(steps, 1 / batches, every) == counted(steps, 1 / batches, every));
      }
    }
  }
  CHECK(training::times_due(int64_t{1} << 50, 0.25, 1) == int64_t{1} << 48);
}
