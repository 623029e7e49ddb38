// Inside this room only: what a Heading, and RunRows, are read from.
#pragma once

#include "runlog/hdf5.hpp"
#include "runlog/headings.hpp"
#include "runlog/run_rows.hpp"

namespace atelier::runlog {

// Of an open log, all but its path. Of long columns, as little as it can. Throws hdf5::Failure.
Heading read_heading(hid_t file);
RunRows read_run_rows(hid_t file, const std::vector<std::string>& whole);

}  // namespace atelier::runlog
