// Runs in groups by what they were asked to be, seeds within: what a group comes to, and whether two groups differ.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "catalog/description.hpp"
#include "compare/measured_with.hpp"
#include "compare/run.hpp"
#include "statistics/bootstrap.hpp"
#include "statistics/permutation.hpp"

namespace atelier::compare {

// What of a metric's curve: its last value, the best by the metric's own direction, or the mean height, which is the
// area under it over its length in steps.
enum class Reading { last, best, area };
std::string to_string(Reading reading);
std::optional<Reading> reading_from(const std::string& name);

struct GroupingRequest {
  std::vector<std::string> by;       // keys of runs (run_keys.hpp), or patterns of settings that differ
  std::vector<std::string> metrics;  // that are tested, and shown alone; none: all of evaluations are shown, and the
                                     // one that chooses the best weights is tested
  Reading reading = Reading::last;   // that is tested
  double level = 0.95;               // of intervals; 1 - level is what p is held against
  std::string against{};             // the label of the group that all others are tested against; "" for all pairs
  bool all_pairs = false;            // also of so many groups that nobody would look at them
  bool pair_seeds = true;
  bool anyway = false;  // what was measured with other things too, and the newest of several runs of one seed
};

// One number over the seeds of a group.
struct Spread {
  std::vector<double> values;  // of each of the group's runs, in their order; NaN where one has none
  size_t count = 0;            // that have one
  double mean = std::numeric_limits<double>::quiet_NaN(), deviation = mean;  // NaN where they can't be had
  statistics::Interval interval{};                                           // of the mean
  // Of a mean over test samples of what lies between 0 and 1: how much one run's value varies at most by which samples
  // the test split has, sqrt(mean (1 - mean) / samples). That is in the values of all seeds alike. NaN of all else.
  double deviation_of_samples = mean;
  std::string problem{};  // why there is no mean; "" where there is one
};

struct Group {
  std::string label;                // its values with ", " between them
  std::vector<std::string> values;  // of each of the grouping's keys; "–" where the runs have none
  std::vector<size_t> runs;         // places in Grouping::runs: one for each seed, the smallest first
  size_t left_out = 0;              // runs that are not in it: unfinished, or further ones of a seed
};

struct GroupedMetric {
  std::string name;  // "test/loss"
  std::string units;
  catalog::Direction better = catalog::Direction::unknown;
  std::vector<Spread> last, best, area;  // of each group
  std::vector<Unlikeness> unlike;        // what the runs did not measure it with in common: then it can't be compared
  int64_t samples = 0;                   // of the test split that it is a mean over, where that is known

  [[nodiscard]] const std::vector<Spread>& of(Reading reading) const;
};

// One group's number minus another's.
struct Contrast {
  std::string metric;
  catalog::Direction better = catalog::Direction::unknown;
  size_t group = 0, reference = 0;  // places in Grouping::groups
  bool paired = false;              // by seed
  size_t seeds = 0;                 // pairs, or the values of the group
  size_t reference_seeds = 0;       // pairs, or those of the reference
  size_t without_partner = 0;       // values that are in no pair, and count for nothing
  double difference = std::numeric_limits<double>::quiet_NaN();
  double deviation = difference;    // of the pairs' differences
  double correlation = difference;  // between the pairs: what pairing takes out of the noise
  statistics::Interval interval{};
  double effect = difference;  // d_z of pairs, else g, both with Hedges' correction
  statistics::Test test{};
  double p_holm = difference;  // after Holm's correction over all contrasts
  double smallest_p = 1;       // that so many seeds can reach, and after the correction
  double smallest_p_holm = 1;
  std::optional<size_t> seeds_for_smallest;  // that could reach 1 - level at all, in as many tests
  // That find such a difference four times in five at the level of the first of Holm's steps; none where it takes more
  // than `most_seeds`, or where there is no effect to go by.
  std::optional<size_t> seeds_needed;
  bool settled = false;  // p_holm is at most 1 - level
};
constexpr size_t most_seeds = 1000;
constexpr double power_wanted = 0.8;

struct LeftOut {
  size_t run;  // in Grouping::runs
  std::string reason;
};

struct Grouping {
  GroupingRequest request;
  std::vector<Run> runs, broken;
  std::vector<std::string> labels;  // of runs
  std::vector<std::string> keys;    // "model.latent"
  std::vector<Group> groups;        // by number where all values are, else as their runs came
  std::vector<LeftOut> left_out;
  std::vector<GroupedMetric> metrics;
  std::vector<std::string> tested;  // names of metrics
  std::vector<Contrast> contrasts;
  std::vector<std::string> notes;  // what is to be known beside the figures, a sentence each

  [[nodiscard]] double alpha() const { return 1 - request.level; }
};

// Throws Error(usage): for keys and metrics that no run has, for a group that is not there, for runs of one seed in one
// group that differ in their settings, and for metrics to be tested that cannot be compared; the last two not `anyway`.
Grouping group(std::vector<Run> runs, const GroupingRequest& request);

// What came of it, in one sentence.
std::string verdict(const Grouping& grouping, const Contrast& contrast);

}  // namespace atelier::compare
