// Inside this room only: a log held against the hashes in it.
#pragma once

#include "runlog/hdf5.hpp"
#include "runlog/log_file.hpp"

namespace atelier::runlog {

// `file` is the log's. Throws hdf5::Failure for what cannot be read at all.
Chain read_chain(const LogFile& log, hid_t file);

}  // namespace atelier::runlog
