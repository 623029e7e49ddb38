// Makes tapes. A new recording is compared call by call with an earlier tape; as long as they are equal nothing is
// inferred, allocated or planned: the earlier tape stands for both.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "record/tape.hpp"

namespace atelier::record {

// Records onto a tape. Keeps the tapes of earlier recordings, the newest used first, at most `capacity`.
class Recorder {
 public:
  explicit Recorder(DType real, size_t capacity = 32);

  void begin();
  // Records a call; returns the index of its first output. Throws Error(shape), with the author's place in front.
  uint32_t apply(const Operation& operation, std::span<const uint32_t> inputs, std::span<const RawAttribute> attributes,
                 Location location);
  // As apply, for the engine's own operations, whose output types are given; they follow from the inputs and
  // attributes.
  uint32_t special(const Operation& operation, std::span<const uint32_t> inputs,
                   std::span<const RawAttribute> attributes, std::span<const TensorType> types, Location location);
  // Fixes the tape of this recording; true where its structure is new. The tape stays valid until it is the oldest of
  // more than `capacity` others.
  bool end();

  [[nodiscard]] const std::shared_ptr<Tape>& tape() const { return tape_; }
  [[nodiscard]] size_t recorded_calls() const { return cursor_; }
  [[nodiscard]] int64_t draws() const { return draws_; }
  [[nodiscard]] const TensorType& type(uint32_t value) const { return tape_->values[value]; }
  [[nodiscard]] size_t value_count() const { return value_count_; }
  [[nodiscard]] std::vector<Operand>& operands() { return operands_; }
  [[nodiscard]] DType real() const { return real_; }
  // Structures met so far, and the author's line where the newest one left the tape before it.
  [[nodiscard]] int64_t misses() const { return misses_; }
  [[nodiscard]] Location miss_location() const { return miss_location_; }

 private:
  bool replays(const Operation& operation, std::span<const uint32_t> inputs, std::span<const RawAttribute> attributes);
  bool same_call(const Tape& tape, const TapeCall& call, const Operation& operation, std::span<const uint32_t> inputs,
                 std::span<const RawAttribute> attributes) const;
  bool switch_tape(const Operation& operation, std::span<const uint32_t> inputs,
                   std::span<const RawAttribute> attributes);
  void diverge(Location location);
  void append(const Operation& operation, std::span<const uint32_t> inputs, std::span<const RawAttribute> attributes,
              std::span<const TensorType> types, Location location);
  void take_operands(const TapeCall& call, std::span<const RawAttribute> attributes);
  void check_operands(const TapeCall& call, Location location);

  DType real_;
  size_t capacity_;
  std::deque<std::shared_ptr<Tape>> tapes_;  // the newest used first
  std::shared_ptr<Tape> tape_;               // the one that this recording follows, or its own
  bool fresh_ = false;                       // its own
  size_t cursor_ = 0;
  size_t value_count_ = 0;
  int64_t draws_ = 0;
  std::vector<Operand> operands_;
  int64_t misses_ = 0;
  Location miss_location_;
};

}  // namespace atelier::record
