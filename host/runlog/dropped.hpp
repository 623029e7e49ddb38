// Inside this room only: what is left in a log of what was dropped of it: its hashes, so that the log still shows that
// all else is as it was written, and goes on to the same hashes.
//
//   /dropped/kept/          step, contents_sha256   a row for each checkpoint that had stayed
//   /samples, /tensors/X    attributes dropped_rows, dropped_sha256: how many rows are gone, and the hash over them
//   a checkpoint            dropped_places, dropped_sha256: of its arrays that are gone, where their hashes come among
//                           all; of one whose weights are gone attributes dropped_step, dropped_sequence
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runlog/hdf5.hpp"
#include "runlog/seal.hpp"

namespace atelier::runlog {

struct DroppedCheckpoint {
  int64_t step = 0;
  Sha256::Digest contents{};
};
std::vector<DroppedCheckpoint> read_dropped_checkpoints(hid_t file);                            // in rising order
void write_dropped_checkpoints(hid_t file, const std::vector<DroppedCheckpoint>& checkpoints);  // instead of all
// Each one's hash, of which the next says that it was kept before.
std::vector<Sha256::Digest> seals_of(const std::vector<DroppedCheckpoint>& checkpoints);

struct DroppedRows {
  int64_t rows = 0;
  Sha256::Digest digest{};  // over them
};
DroppedRows read_dropped_rows(hid_t series);
void write_dropped_rows(hid_t series, const DroppedRows& dropped);

struct DroppedItem {
  int64_t place = 0;
  Sha256::Digest digest{};
};
std::vector<DroppedItem> read_dropped_items(hid_t checkpoint);
void write_dropped_items(hid_t checkpoint, const std::vector<DroppedItem>& items);  // instead of all
void forget_dropped_items(hid_t checkpoint);                                        // it is written anew

struct DroppedSeal {
  int64_t step = 0, sequence = 0;
};
std::optional<DroppedSeal> read_dropped_seal(hid_t checkpoint);
void write_dropped_seal(hid_t checkpoint, const DroppedSeal& seal);

}  // namespace atelier::runlog
