#include "statistics/effect.hpp"

#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>

#include "statistics/permutation.hpp"

namespace atelier::statistics {
namespace {

double power_of(double degrees_of_freedom, double noncentrality, double alpha) {
  constexpr double certain = 35;  // beyond which the distribution's series do not converge, and nothing is missed
  if (std::abs(noncentrality) > certain && degrees_of_freedom > 2) {
    return 1;
  }
  const double critical = boost::math::quantile(boost::math::students_t(degrees_of_freedom), 1 - alpha / 2);
  const boost::math::non_central_t found(degrees_of_freedom, std::abs(noncentrality));
  return boost::math::cdf(boost::math::complement(found, critical)) + boost::math::cdf(found, -critical);
}

// The first of 2 to `most` that is enough, which all later ones are, too.
template <typename Enough>
std::optional<size_t> fewest(size_t most, const Enough& enough) {
  size_t below = 1, above = 2;
  while (above < most && !enough(above)) {
    below = above;
    above *= 2;
  }
  above = std::min(above, most);
  if (!enough(above)) {
    return std::nullopt;
  }
  while (above - below > 1) {
    const size_t middle = below + (above - below) / 2;
    (enough(middle) ? above : below) = middle;
  }
  return above;
}

}  // namespace

double hedges_correction(double degrees_of_freedom) {
  const double half = degrees_of_freedom / 2;
  return half <= 0.5 ? 0 : std::exp(boost::math::lgamma(half) - boost::math::lgamma(half - 0.5)) / std::sqrt(half);
}

Estimate paired_effect(std::span<const double> differences) {
  const Estimate spread = deviation(differences);
  if (spread.lack != Lack::none) {
    return spread;
  }
  if (spread.value == 0) {
    return {.lack = Lack::all_equal};
  }
  const auto degrees = static_cast<double>(differences.size() - 1);
  return degrees < 2 ? Estimate{.lack = Lack::too_few}  // J(1) is 0
                     : Estimate{hedges_correction(degrees) * mean(differences).value / spread.value, Lack::none};
}

Estimate unpaired_effect(std::span<const double> a, std::span<const double> b) {
  const Estimate of_a = deviation(a), of_b = deviation(b);
  for (const Estimate& spread : {of_a, of_b}) {
    if (spread.lack != Lack::none) {
      return spread;
    }
  }
  const auto n = static_cast<double>(a.size() - 1), m = static_cast<double>(b.size() - 1);
  const double pooled = std::sqrt((n * of_a.value * of_a.value + m * of_b.value * of_b.value) / (n + m));
  return pooled == 0 ? Estimate{.lack = Lack::all_equal}
                     : Estimate{hedges_correction(n + m) * (mean(a).value - mean(b).value) / pooled, Lack::none};
}

double paired_power(double effect, size_t pairs, double alpha) {
  const auto n = static_cast<double>(pairs);
  return power_of(n - 1, effect * std::sqrt(n), alpha);
}

double unpaired_power(double effect, size_t each, double alpha) {
  const auto n = static_cast<double>(each);
  return power_of(2 * n - 2, effect * std::sqrt(n / 2), alpha);
}

std::optional<size_t> pairs_needed(double effect, double alpha, double power, size_t most) {
  return fewest(most, [&](size_t pairs) {
    return smallest_sign_flip_p(pairs) <= alpha && paired_power(effect, pairs, alpha) >= power;
  });
}

std::optional<size_t> values_needed(double effect, double alpha, double power, size_t most) {
  return fewest(most, [&](size_t each) {
    return smallest_label_p(each, each) <= alpha && unpaired_power(effect, each, alpha) >= power;
  });
}

}  // namespace atelier::statistics
