// Many runs with the rows of their metrics, read faster than a Reader each would.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "runlog/description.hpp"
#include "runlog/headings.hpp"
#include "runlog/rows.hpp"

namespace atelier::runlog {

struct RunRows {
  Heading heading;  // with `problem` where the log cannot be read, and then the rest is empty
  RunDescription description;
  std::vector<MetricSeries> metrics;  // as heading.metrics; rows that have a value
};

// Gives each log's to `take`, in their order, one at a time. Evaluations have all their rows; metrics of training,
// which may have any number of them, only where `whole` names them ("train/loss", "loss", "*" for all), and else the
// last that has a value. Never throws for what is wrong with a log.
void read_run_rows(const std::vector<std::filesystem::path>& logs, const std::vector<std::string>& whole,
                   const std::function<void(RunRows)>& take);

}  // namespace atelier::runlog
