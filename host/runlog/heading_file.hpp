// Inside this room only: what a Heading is read from.
#pragma once

#include "runlog/hdf5.hpp"
#include "runlog/headings.hpp"

namespace atelier::runlog {

// Of an open log, all but its path. Of long columns, as little as it can. Throws hdf5::Failure.
Heading read_heading(hid_t file);

}  // namespace atelier::runlog
