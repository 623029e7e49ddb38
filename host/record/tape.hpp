// The record of what a model did in one step. A new recording is compared call by call with an earlier tape; as long as
// they are equal nothing is inferred, allocated or planned: the earlier tape stands for both.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "record/graph.hpp"

namespace atelier::record {

// Operands that every recording begins with.
enum StepOperand : int32_t {
  operand_seed = 0,
  operand_purpose = 1,
  operand_step = 2,          // the training step; 0 in sampling
  operand_first_row = 3,     // the absolute index of the first sample in the batch
  operand_ordinal_base = 4,  // draws made before this recording in the same step
  step_operand_count = 5,
};

struct RawAttribute {  // as it comes from a plugin
  AttributeType type = AttributeType::integer;
  uint32_t count = 0;
  union {
    int64_t integer;
    double number;
    const int64_t* integers;
  };
};

struct TapeAttribute {
  AttributeType type = AttributeType::integer;
  int32_t slot = -1;  // of a runtime operand
  uint32_t count = 0;
  union {
    int64_t integer;  // a structural number, by its bits
    uint32_t first;   // of a list, in Tape::integers
  };
};

struct TapeCall {
  const Operation* operation = nullptr;
  uint32_t first_input = 0, input_count = 0;
  uint32_t first_attribute = 0, attribute_count = 0;
  uint32_t first_output = 0, output_count = 0;
  uint32_t given_attributes = 0;  // by the author; the others are defaults
  Location location;
};

struct Tape {
  std::vector<TapeCall> calls;
  std::vector<uint32_t> inputs;
  std::vector<TapeAttribute> attributes;
  std::vector<int64_t> integers;
  std::vector<TensorType> values;
  int32_t operand_count = step_operand_count;
  int32_t input_leaves = 0;  // leaves whose data comes with each recording

  [[nodiscard]] std::span<const uint32_t> inputs_of(const TapeCall& call) const {
    return {inputs.data() + call.first_input, call.input_count};
  }
};

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
