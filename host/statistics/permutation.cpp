#include "statistics/permutation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "statistics/random.hpp"

namespace atelier::statistics {
namespace {

// How many arrangements are at least, and at most, what was seen.
class Counts {
 public:
  Counts(double seen, double rounding) : least_(seen - rounding), most_(seen + rounding) {}

  void add(double sum) {
    at_least_ += sum >= least_ ? 1 : 0;
    at_most_ += sum <= most_ ? 1 : 0;
  }
  [[nodiscard]] Test exact(uint64_t arrangements) const {
    return {twice(static_cast<double>(smaller()) / static_cast<double>(arrangements)), true, arrangements, Lack::none};
  }
  [[nodiscard]] Test drawn(uint64_t arrangements) const {
    return {twice(static_cast<double>(smaller() + 1) / static_cast<double>(arrangements + 1)), false, arrangements,
            Lack::none};
  }

 private:
  [[nodiscard]] uint64_t smaller() const { return std::min(at_least_, at_most_); }
  static double twice(double share) { return std::min(1.0, 2 * share); }

  double least_, most_;
  uint64_t at_least_ = 0, at_most_ = 0;
};

// More than adding up such values in any order can round by, as long as there are fewer than a hundred thousand.
double rounding_of_sum(std::span<const double> values) {
  const double sizes = std::accumulate(values.begin(), values.end(), 0.0,
                                       [](double sum, double value) { return sum + std::abs(value); });
  constexpr double ulps = 64;
  return ulps * std::numeric_limits<double>::epsilon() * sizes;
}

// The sums of all sign patterns of these values.
std::vector<double> signed_sums(std::span<const double> values) {
  std::vector<double> sums(size_t{1} << values.size());
  for (size_t signs = 0; signs < sums.size(); ++signs) {
    for (size_t i = 0; i < values.size(); ++i) {
      sums[signs] += (signs >> i & 1U) != 0 ? -values[i] : values[i];
    }
  }
  return sums;
}

double sum_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// Of "a + b over a"; infinite where it is more than a double holds.
double arrangements_of(size_t a, size_t b) {
  double count = 1;
  for (size_t i = 1; i <= std::min(a, b); ++i) {
    count *= static_cast<double>(a + b - std::min(a, b) + i) / static_cast<double>(i);
  }
  return std::round(count);
}

// All ways to choose `a.size()` of all values, by moving the last chosen one that can move.
Test all_labels(std::span<const double> all, size_t chosen, Counts counts) {
  std::vector<size_t> places(chosen);
  std::iota(places.begin(), places.end(), size_t{0});
  uint64_t arrangements = 0;
  for (;;) {
    double sum = 0;
    for (const size_t place : places) {
      sum += all[place];
    }
    counts.add(sum);
    ++arrangements;
    size_t moved = chosen;
    while (moved > 0 && places[moved - 1] == all.size() - chosen + moved - 1) {
      --moved;
    }
    if (moved == 0) {
      return counts.exact(arrangements);
    }
    ++places[moved - 1];
    std::iota(places.begin() + static_cast<std::ptrdiff_t>(moved), places.end(), places[moved - 1] + 1);
  }
}

Test drawn_labels(std::vector<double> all, size_t chosen, Counts counts, const Drawing& drawing) {
  SplitMix64 random(drawing.seed);
  for (uint64_t i = 0; i < drawing.count; ++i) {
    double sum = 0;
    for (size_t place = 0; place < chosen; ++place) {
      std::swap(all[place], all[place + random.below(all.size() - place)]);
      sum += all[place];
    }
    counts.add(sum);
  }
  return counts.drawn(drawing.count);
}

Test drawn_signs(std::span<const double> differences, Counts counts, const Drawing& drawing) {
  constexpr size_t word = 64;
  SplitMix64 random(drawing.seed);
  for (uint64_t i = 0; i < drawing.count; ++i) {
    double sum = 0;
    for (size_t first = 0; first < differences.size(); first += word) {
      uint64_t signs = random.next();
      for (const double difference : differences.subspan(first, std::min(word, differences.size() - first))) {
        sum += (signs & 1U) != 0 ? -difference : difference;
        signs >>= 1U;
      }
    }
    counts.add(sum);
  }
  return counts.drawn(drawing.count);
}

}  // namespace

Test sign_flip_test(std::span<const double> differences, const Drawing& drawing) {
  if (const Lack lack = lack_of(differences, 1); lack != Lack::none) {
    return {.lack = lack};
  }
  Counts counts(sum_of(differences), rounding_of_sum(differences));
  if (differences.size() > most_exact_pairs) {
    return drawn_signs(differences, counts, drawing);
  }
  const std::vector<double> left = signed_sums(differences.first(differences.size() / 2));
  const std::vector<double> right = signed_sums(differences.subspan(differences.size() / 2));
  for (const double one : left) {
    for (const double other : right) {
      counts.add(one + other);
    }
  }
  return counts.exact(left.size() * right.size());
}

Test label_test(std::span<const double> a, std::span<const double> b, const Drawing& drawing) {
  for (const auto values : {a, b}) {
    if (const Lack lack = lack_of(values, 1); lack != Lack::none) {
      return {.lack = lack};
    }
  }
  std::vector<double> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  const Counts counts(sum_of(a), rounding_of_sum(all));
  return arrangements_of(a.size(), b.size()) <= static_cast<double>(most_exact_arrangements)
             ? all_labels(all, a.size(), counts)
             : drawn_labels(std::move(all), a.size(), counts, drawing);
}

double smallest_sign_flip_p(size_t pairs, const Drawing& drawing) {
  return pairs <= most_exact_pairs ? std::min(1.0, std::ldexp(2.0, -static_cast<int>(pairs)))
                                   : 2 / (static_cast<double>(drawing.count) + 1);
}

double smallest_label_p(size_t a, size_t b, const Drawing& drawing) {
  const double arrangements = arrangements_of(a, b);
  return arrangements <= static_cast<double>(most_exact_arrangements) ? std::min(1.0, 2 / arrangements)
                                                                      : 2 / (static_cast<double>(drawing.count) + 1);
}

size_t pairs_to_reach(double alpha) {
  return static_cast<size_t>(std::max(1.0, std::ceil(1 - std::log2(alpha))));
}

}  // namespace atelier::statistics
