// Inside this room only: which of the two checkpoint slots holds what, and the checkpoints that stay.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runlog/sealed_group.hpp"

namespace atelier::runlog {

// Checkpoints take the slots in turn, the first one "a", so that the one before is whole while the next is written.
std::string slot_of(int64_t sequence);
std::string kept_path(int64_t step);

void make_checkpoint(hid_t file, const std::string& path, const RunDescription& description);
void write_checkpoint(SealedWriter& group, const RunDescription& description, const CheckpointView& checkpoint);
void write_weights(SealedWriter& group, const std::string& prefix, const WeightsView& weights);
std::vector<ArrayView> views_of(const std::vector<NamedTensor>& tensors);

// nullopt where it is damaged: it cannot be read, or is not what its seal says. `history`: where its history goes, if
// it has one.
std::optional<Checkpoint> read_checkpoint(hid_t file, const std::string& path, const RunDescription& description,
                                          std::optional<History>* history = nullptr);
// What is left of one whose weights were dropped: all but its arrays.
std::optional<Checkpoint> read_dropped_checkpoint(hid_t file, const std::string& path,
                                                  const RunDescription& description,
                                                  std::optional<History>* history = nullptr);
// The hashes of all that it holds; nullopt where it is damaged.
std::optional<Contents> contents_of(hid_t file, const std::string& path, const RunDescription& description);
Weights read_weights(SealedReader& group, const std::string& prefix, const RunDescription& description);

// nullopt where no checkpoint was completed; throws hdf5::Failure where those that were are all damaged.
std::optional<Checkpoint> read_newest_checkpoint(hid_t file, const RunDescription& description);

// Of the checkpoints that stay, in rising order.
std::vector<int64_t> read_kept_steps(hid_t file);

}  // namespace atelier::runlog
