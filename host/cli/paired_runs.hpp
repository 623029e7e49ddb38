// Two points of a sweep, run with more and more seeds until it is known which of them comes to the better values.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/evaluated_metric.hpp"
#include "experiment/sweep.hpp"
#include "plugin/registry.hpp"
#include "supervision/pulse.hpp"

namespace atelier::cli {

// The points of a sweep are pairs, both with one seed: a and b with the first, a and b with the next, as many as the
// budget allows.
struct Pairing {
  std::array<std::string, 2> names;  // of a and b: what makes them differ
  EvaluatedMetric metric;
  int64_t first_seed = 0;
  double alpha = 0.05;                                       // the probability that the interval misses
  double seconds = std::numeric_limits<double>::infinity();  // after which no pair begins
};

struct CheckedSweep;
// In a child: of --until-decided, --between, --budget and --confidence, and the words. Checks all points. Throws
// Error(usage), and as checked_sweep() does.
CheckedSweep paired_sweep(const Arguments& arguments, const plugin::Registry& registry, supervision::Pulse& pulse);

std::vector<Option> pairing_options();

}  // namespace atelier::cli
