// Inside this room only: tensors that a log keeps, for the page.
#pragma once

#include <map>
#include <string>

#include "report/json.hpp"
#include "runlog/reader.hpp"

namespace atelier::report {

// A list, a series each: small arrays of metrics as they are ("matrix", "vector", with the names of the data's classes
// where they have as many), all else as histograms over all rows' range ("histogram"). The run's settings say which
// metric made them.
Json arrays_json(const runlog::Reader& log, const std::map<std::string, std::string>& settings);

}  // namespace atelier::report
