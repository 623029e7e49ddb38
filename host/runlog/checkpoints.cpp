#include "runlog/checkpoints.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
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

int64_t sequence_in(hid_t file, const std::string& slot) {
  return read_sequence(hdf5::open_group(file, slot));
}

}  // namespace

std::string slot_of(int64_t sequence) {
  return sequence % 2 == 1 ? "checkpoints/a" : "checkpoints/b";
}

std::string kept_path(int64_t step) {
  return fmt::format("kept/{}", step);
}

void make_checkpoint(hid_t file, const std::string& path, const RunDescription& description) {
  const hdf5::Handle group = make_sealed_group(file, path);
  make_arrays(group, "parameters", description.parameters);
  make_arrays(group, "state", description.state);
  make_arrays(group, "optimizer", description.optimizer);
  make_scalars<int64_t>(group, "counters", description.counters);
  make_scalars<double>(group, "numbers", description.numbers);
  make_history(group, names_of_series(description).size());
}

void write_checkpoint(SealedWriter& group, const RunDescription& description, const CheckpointView& checkpoint) {
  write_weights(group, "", checkpoint.weights);
  group.arrays("optimizer", checkpoint.optimizer);
  group.scalars("counters", description.counters, checkpoint.trainer.counters);
  group.scalars("numbers", description.numbers, checkpoint.trainer.numbers);
}

std::vector<ArrayView> views_of(const std::vector<NamedTensor>& tensors) {
  std::vector<ArrayView> views;
  for (const auto& [name, value] : tensors) {
    views.emplace_back(name, value.dtype, value.storage);
  }
  return views;
}

void write_weights(SealedWriter& group, const std::string& prefix, const WeightsView& weights) {
  group.arrays(prefix + "parameters", weights.parameters);
  group.arrays(prefix + "state", weights.state);
}

namespace {

// All but the arrays, as it comes after these.
void read_rest(SealedReader& group, const RunDescription& description, Checkpoint& checkpoint,
               std::optional<History>* history) {
  checkpoint.step = group.step();
  checkpoint.sequence = group.sequence();
  checkpoint.trainer.counters = group.scalars<int64_t>("counters", description.counters);
  checkpoint.trainer.numbers = group.scalars<double>("numbers", description.numbers);
  std::optional<History> found = group.history(description);
  if (history != nullptr) {
    *history = std::move(found);
  }
  check_counts(checkpoint);
}

// The group is what its seal says of it; null where that is not so.
std::optional<Checkpoint> read_whole(SealedReader& group, const RunDescription& description,
                                     std::optional<History>* history = nullptr) {
  Checkpoint checkpoint;
  checkpoint.weights = read_weights(group, "", description);
  checkpoint.optimizer = group.arrays("optimizer", description.optimizer);
  read_rest(group, description, checkpoint, history);
  return group.verify() ? std::optional(std::move(checkpoint)) : std::nullopt;
}

}  // namespace

std::optional<Checkpoint> read_checkpoint(hid_t file, const std::string& path, const RunDescription& description,
                                          std::optional<History>* history) {
  try {
    SealedReader group(hdf5::open_group(file, path));
    return read_whole(group, description, history);
  } catch (const hdf5::Failure&) {
    return std::nullopt;
  }
}

std::optional<Checkpoint> read_dropped_checkpoint(hid_t file, const std::string& path,
                                                  const RunDescription& description, std::optional<History>* history) {
  try {
    hdf5::Handle opened = hdf5::open_group(file, path);
    const std::optional<DroppedSeal> seal = read_dropped_seal(opened);
    SealedReader group(std::move(opened), seal);
    Checkpoint checkpoint;
    read_rest(group, description, checkpoint, history);
    return seal && group.verify() ? std::optional(std::move(checkpoint)) : std::nullopt;
  } catch (const hdf5::Failure&) {
    return std::nullopt;
  }
}

std::optional<Contents> contents_of(hid_t file, const std::string& path, const RunDescription& description) {
  try {
    SealedReader group(hdf5::open_group(file, path));
    return read_whole(group, description) ? std::optional(group.contents()) : std::nullopt;
  } catch (const hdf5::Failure&) {
    return std::nullopt;
  }
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
      if (std::optional<Checkpoint> checkpoint = read_checkpoint(file, slot, description)) {
        return checkpoint;
      }
    }
  }
  throw hdf5::Failure("its checkpoints are damaged: their hashes differ from what was written");
}

std::vector<int64_t> read_kept_steps(hid_t file) {
  std::vector<int64_t> steps;
  if (!hdf5::has(file, "kept")) {
    return steps;  // a log of an earlier version
  }
  for (const std::string& name : hdf5::children(hdf5::open_group(file, "kept"))) {
    int64_t step = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
    if (error != std::errc() || end != name.data() + name.size() || kept_path(step) != "kept/" + name) {
      throw hdf5::Failure(fmt::format("kept: got '{}', expected the number of a step", name));
    }
    steps.push_back(step);
  }
  std::ranges::sort(steps);
  return steps;
}

}  // namespace atelier::runlog
