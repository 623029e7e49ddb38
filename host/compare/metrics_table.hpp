// All metrics of a run as one table, for other programs.
#pragma once

#include <string>

#include "compare/run.hpp"

namespace atelier::compare {

// A row for each step that has a value: "step", "epoch", and a column for each metric by its full name, "train/loss",
// "test/elbo"; empty where the step has none. Every digit is there. With `timing`, of each cadence when it was logged,
// in seconds since the run began, and how fast: "timing/train/wall_seconds", "timing/train/samples_per_second", which
// are the only columns that differ between equal runs. Throws Error(file) for a log that cannot be read.
std::string metrics_csv(const std::filesystem::path& log, bool timing);

}  // namespace atelier::compare
