// Points of a sweep whose logs were made in another folder, or on another machine.
#pragma once

#include <string>

#include "cli/command_line.hpp"
#include "data/open_datasets.hpp"
#include "experiment/sweep.hpp"
#include "inference/environment.hpp"
#include "plugin/registry.hpp"
#include "runlog/headings.hpp"

namespace atelier::cli {

// Relative paths in an experiment mean other files in another folder; what a log was made from it says by hashes.
class PointData {
 public:
  // Borrows the registry and the datasets.
  PointData(const Arguments& arguments, const plugin::Registry& registry, data::OpenDatasets& datasets);

  // Whether a log of the point's settings, of a run that has finished, was trained with the data that the point has
  // here: by the hash of its samples (data/hash.hpp), wherever they lie. False also where that cannot be known: the run
  // began with other weights, or used other models; a setting outside of the data names a file; there is no such data
  // here.
  bool is_that_of(const runlog::Heading& log, const experiment::SweepPoint& point);

 private:
  std::string file_;
  const plugin::Registry& registry_;
  inference::Environment environment_;
  data::OpenDatasets& datasets_;
};

}  // namespace atelier::cli
