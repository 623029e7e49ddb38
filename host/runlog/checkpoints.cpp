#include "runlog/checkpoints.hpp"

#include <algorithm>
#include <utility>

#include "runlog/hdf5_text.hpp"

namespace atelier::runlog {

namespace {

// Steps and counters count: none is negative, or so large that going on from it could overflow.
void check_counts(const Checkpoint& checkpoint) {
  constexpr int64_t most = int64_t{1} << 53;
  const auto is_count = [](int64_t value) { return value >= 0 && value <= most; };
  const auto counts = [&](const auto& counter) { return is_count(counter.second); };
  if (!is_count(checkpoint.step) || !std::ranges::all_of(checkpoint.trainer.counters, counts)) {
    throw hdf5::Failure("a checkpoint counts below 0 or beyond 2^53");
  }
}

// nullopt where the slot is damaged: it cannot be read, or is not what its seal says.
std::optional<Checkpoint> read_slot(hid_t file, const std::string& slot, const RunDescription& description) {
  try {
    SealedReader group(hdf5::open_group(file, slot));
    Checkpoint checkpoint;
    checkpoint.step = group.step();
    checkpoint.sequence = group.sequence();
    checkpoint.weights = read_weights(group, "", description);
    checkpoint.optimizer = group.arrays("optimizer", description.optimizer);
    checkpoint.trainer.counters = group.scalars<int64_t>("counters", description.counters);
    checkpoint.trainer.numbers = group.scalars<double>("numbers", description.numbers);
    check_counts(checkpoint);
    return group.verify() ? std::optional(std::move(checkpoint)) : std::nullopt;
  } catch (const hdf5::Failure&) {
    return std::nullopt;
  }
}

int64_t sequence_in(hid_t file, const std::string& slot) {
  return read_sequence(hdf5::open_group(file, slot));
}

}  // namespace

std::string slot_of(int64_t sequence) {
  return sequence % 2 == 1 ? "checkpoints/a" : "checkpoints/b";
}

Weights read_weights(SealedReader& group, const std::string& prefix, const RunDescription& description) {
  Weights weights;
  weights.parameters = group.arrays(prefix + "parameters", description.parameters);
  weights.state = group.arrays(prefix + "state", description.state);
  return weights;
}

std::optional<Checkpoint> read_newest_checkpoint(hid_t file, const RunDescription& description) {
  std::vector<std::string> slots{slot_of(1), slot_of(2)};
  if (sequence_in(file, slots[0]) < sequence_in(file, slots[1])) {
    std::swap(slots[0], slots[1]);
  }
  if (sequence_in(file, slots[0]) == 0) {
    return std::nullopt;
  }
  for (const std::string& slot : slots) {
    if (sequence_in(file, slot) > 0) {
      if (std::optional<Checkpoint> checkpoint = read_slot(file, slot, description)) {
        return checkpoint;
      }
    }
  }
  throw hdf5::Failure("its checkpoints are damaged: their hashes differ from what was written");
}

}  // namespace atelier::runlog
