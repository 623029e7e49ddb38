// Inside this room only: a run as the page shows it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "compare/run.hpp"
#include "report/curves.hpp"
#include "report/json.hpp"
#include "runlog/reader.hpp"

namespace atelier::report {

struct RunPage {
  compare::Run run;  // long series of training have their extremes and ends alone
  Json facts;        // what it was and came to, and where it came from; null of a broken log
  Json samples;      // a list, in the log's order; of images without the pictures
  Json arrays;       // what [log] and metrics keep, a list
  struct Cadence {
    std::string name, split;
    Curves curves;
    std::vector<runlog::MetricColumn> metrics;
  };
  std::vector<Cadence> cadences{};
};

// Never throws for what is wrong with the log: the run is then broken, and says why. Curves have at most so many
// points; so many pictures' places are named as `samples` has of each series.
RunPage read_run_page(const std::filesystem::path& log, int64_t points);

// All that the page has of the run, as its scripts read it.
Json run_json(const RunPage& page);

}  // namespace atelier::report
