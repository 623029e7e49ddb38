// The record of what a model did in one step.
#pragma once

#include <cstdint>
#include <span>
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

// Of an input leaf: whether each shard of the batch has its own data.
inline bool is_cut(const Tape& tape, const TapeCall& input) {
  return tape.attributes[input.first_attribute + 2].integer != 0;
}

// Whether their first `count` calls are equal in structure: operands that change with each recording don't count.
bool same_calls(const Tape& a, const Tape& b, size_t count);

}  // namespace atelier::record
