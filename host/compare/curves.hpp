// Metrics over the steps of runs, as charts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compare/comparison.hpp"
#include "compare/grouping.hpp"
#include "pictures/chart.hpp"

namespace atelier::compare {

// What a band around the mean of a group's seeds shows: their smallest and largest values, the mean less and more the
// deviation, or the interval of the mean at the grouping's level.
enum class Band { range, deviation, interval };
std::optional<Band> band_from(const std::string& name);

struct CurveOptions {
  bool logarithmic_x = false, logarithmic_y = false;
  Band band = Band::range;
  bool anyway = false;  // draws what the runs did not measure with the same, with a remark
};

// A curve for each run, of the comparison's metric. Throws Error(usage) where no run has values of it, and where
// they did not measure it with the same.
pictures::Chart chart_of(const Comparison& comparison, const CurveOptions& options);

// For each metric that is tested a chart, with the mean of each group's seeds and a band around it, as far as all of
// its seeds go. Where seeds have values at other steps, they are taken between their neighbours.
std::vector<pictures::Chart> charts_of(const Grouping& grouping, const CurveOptions& options);

}  // namespace atelier::compare
