// Inside this room only: the log of a run that has finished, written anew.
#pragma once

#include "runlog/description.hpp"
#include "runlog/hdf5.hpp"

namespace atelier::runlog {

// All that the log `from` has but its status, into the new file `to`, in an order that is the same for equal runs:
// where its pieces lie says nothing of when it was flushed, or interrupted. Of the checkpoints it keeps the newest, and
// those that stay; final and best weights that are the checkpoint's are the same datasets under two names. Throws
// hdf5::Failure, also where a hash is not that of what was read.
void write_compact(hid_t from, const RunDescription& description, hid_t to);

}  // namespace atelier::runlog
