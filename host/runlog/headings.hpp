// What many logs say of their runs as wholes, read faster than a Reader each would.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "runlog/annotations.hpp"
#include "runlog/description.hpp"

namespace atelier::runlog {

// What a metric has come to. A row without a value counts for nothing.
struct FinalValue {
  std::string cadence, split, name, better;                // as Cadence and MetricColumn have them
  double last = std::numeric_limits<double>::quiet_NaN();  // NaN where there is no value; the same for the next two
  double smallest = last, largest = last;                  // of "eval" alone, by which runs choose their best weights
  int64_t smallest_step = 0, largest_step = 0;             // the first that had it
};

FinalValue final_value(const Cadence& cadence, const MetricColumn& metric, const std::vector<int64_t>& steps,
                       const std::vector<double>& values);

struct Heading {
  std::filesystem::path path;
  std::string problem{};  // why the log cannot be read, and then the rest is empty; "" where it can
  bool was_read = false;
  std::string run_id{};
  std::string name{};
  std::string created_utc{};
  Status status = Status::running;
  std::string exit_reason{};
  uint64_t seed = 0;
  std::vector<std::string> tags{};
  std::vector<Note> notes{};
  std::string resolved{};             // the experiment
  std::string directory{};            // that its relative paths are relative to
  std::vector<std::string> uses{};    // ids of the runs whose weights it began with, or whose models it used
  std::vector<FinalValue> metrics{};  // in the log's order
  int64_t steps = 0;                  // of the newest row
  double seconds = 0;                 // from the start of the run to its newest row
  double samples_per_second = 0;      // of training, the median; 0 where nothing is known
};

// Of the speeds that there can be: a damaged log may say anything. 0 where there is none.
double median_speed(std::vector<double> samples_per_second);

// One for each log, in their order. Never throws for what is wrong with a log.
std::vector<Heading> read_headings(const std::vector<std::filesystem::path>& logs);

// Which run began earlier; of the same instant, which has the smaller id; of the same id, the smaller path.
bool is_older(const Heading& a, const Heading& b);
bool began_together(const Heading& a, const Heading& b);

// Every *.h5 file in a folder and the folders below it: folder after folder, and in each what cannot be read, then the
// runs as they began. Throws Error(file) where the folder cannot be read.
std::vector<Heading> logs_below(const std::filesystem::path& folder);

}  // namespace atelier::runlog
