// Inside this room only: which of the two checkpoint slots holds what.
#pragma once

#include <optional>

#include "runlog/sealed_group.hpp"

namespace atelier::runlog {

// Checkpoints take the slots in turn, the first one "a", so that the one before is whole while the next is written.
std::string slot_of(int64_t sequence);

Weights read_weights(SealedReader& group, const std::string& prefix, const RunDescription& description);

// nullopt where no checkpoint was completed; throws hdf5::Failure where those that were are all damaged.
std::optional<Checkpoint> read_newest_checkpoint(hid_t file, const RunDescription& description);

}  // namespace atelier::runlog
