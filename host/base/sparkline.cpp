#include "base/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace atelier::terminal {
namespace {

constexpr std::array<const char*, 8> levels{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr size_t middle = 3;

double mean_of_finite(std::span<const double> values) {
  double sum = 0;
  double count = 0;
  for (const double value : values) {
    if (std::isfinite(value)) {
      count += 1;
      sum += (value - sum) / count;  // the running mean: values near the largest double don't overflow
    }
  }
  return count > 0 ? sum : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::string sparkline(std::span<const double> values, size_t columns) {
  const size_t shares = std::min(columns, values.size());
  std::vector<double> means(shares);
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (size_t i = 0; i < shares; ++i) {
    const size_t first = i * values.size() / shares;
    const size_t last = (i + 1) * values.size() / shares;
    means[i] = mean_of_finite(values.subspan(first, last - first));
    if (!std::isnan(means[i])) {
      low = std::min(low, means[i]);
      high = std::max(high, means[i]);
    }
  }
  std::string line;
  for (const double mean : means) {
    if (std::isnan(mean)) {
      line += ' ';
    } else if (low == high) {
      line += levels[middle];
    } else {
      const double height = (mean / 2 - low / 2) / (high / 2 - low / 2);  // halves: the difference can't overflow
      line += levels[static_cast<size_t>(std::lround(height * (levels.size() - 1)))];
    }
  }
  return line;
}

}  // namespace atelier::terminal
