#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "decision/paired_seeds.hpp"

namespace atelier::decision {
namespace {

// b is 0 with every seed.
std::vector<SeedPair> pairs_of(const std::vector<double>& differences) {
  std::vector<SeedPair> pairs;
  for (const double difference : differences) {
    pairs.push_back({difference, 0.0});
  }
  return pairs;
}

const std::vector<double> settling{1.0, 1.2, 0.9, 1.1, 1.05, 0.95};  // after four of them

TEST_CASE("pairs count until the sign is settled, and no further") {
  std::vector<SeedPair> pairs = pairs_of(settling);
  const PairedResult result = compare_pairs(pairs, 0.05);
  CHECK(result.settled);
  CHECK(result.interval.count == 4);
  CHECK(result.interval.sign() == 1);
  CHECK(result.interval.mean == doctest::Approx(1.05));

  pairs[4] = {-100.0, 0.0};  // what would have come to light after the end
  pairs[5] = {std::nullopt, 0.0};
  CHECK(compare_pairs(pairs, 0.05).interval.mean == result.interval.mean);

  for (SeedPair& pair : pairs) {
    std::swap(pair.a, pair.b);
  }
  CHECK(compare_pairs(pairs, 0.05).interval.sign() == -1);
}

TEST_CASE("a pair counts with both of its values, after all before it") {
  std::vector<SeedPair> pairs = pairs_of(settling);
  pairs[2].b.reset();
  CHECK(compare_pairs(pairs, 0.05).interval.count == 2);
  CHECK_FALSE(compare_pairs(pairs, 0.05).settled);
  pairs[0].a.reset();
  CHECK(compare_pairs(pairs, 0.05).interval.count == 0);
  CHECK(compare_pairs({}, 0.05).interval.count == 0);
}

TEST_CASE("a value that is not finite ends it, unless the sign was known before") {
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    std::vector<SeedPair> pairs = pairs_of(settling);
    pairs[5].b = value;
    CHECK(compare_pairs(pairs, 0.05).settled);
    pairs[1] = {std::nullopt, value};  // already, whatever the other will be
    const PairedResult result = compare_pairs(pairs, 0.05);
    CHECK(result.not_finite == 1);
    CHECK_FALSE(result.settled);
    CHECK(result.interval.count == 1);
  }
}

}  // namespace
}  // namespace atelier::decision
