#include "decision/confidence_sequence.hpp"

#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "statistics/moments.hpp"

namespace atelier::decision {

double half_length(int64_t count, double alpha) {
  ATELIER_CHECK(alpha > 0 && alpha < 1);
  constexpr double infinite = std::numeric_limits<double>::infinity();
  if (count < 2) {
    return infinite;
  }
  // With A = 1 + g n and K = (sqrt(A) / alpha)^(2 / n), B_n < 1 / alpha where t^2 / (n - 1) (1 - K / A) < K - 1.
  const auto n = static_cast<double>(count);
  const double a = 1 + effect_variance * n;
  const double k_minus_1 = std::expm1((std::log(a) / 2 - std::log(alpha)) * 2 / n);
  const double left = 1 - (k_minus_1 + 1) / a;
  return left > 0 ? std::sqrt((n - 1) / n * k_minus_1 / left) : infinite;
}

MeanInterval interval_of(std::span<const double> differences, double alpha) {
  MeanInterval interval;
  interval.count = std::ssize(differences);
  interval.mean = interval.count > 0 ? statistics::mean(differences).value : 0;
  interval.spread = interval.count > 1 ? statistics::deviation(differences).value : 0;
  const double length = interval.spread > 0 ? half_length(interval.count, alpha) * interval.spread
                                            : std::numeric_limits<double>::infinity();
  interval.low = interval.mean - length;
  interval.high = interval.mean + length;
  return interval;
}

std::optional<int64_t> differences_to_go(const MeanInterval& now, double alpha, int64_t most) {
  if (!(now.spread > 0)) {
    return std::nullopt;
  }
  const double distance = std::fabs(now.mean);
  for (int64_t more = 0; more <= most; ++more) {
    if (half_length(now.count + more, alpha) * now.spread < distance) {
      return more;
    }
  }
  return std::nullopt;
}

}  // namespace atelier::decision
