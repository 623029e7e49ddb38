// From a tape to the graph of its structure: versions of parameters, gradients, updates and logged values become nodes.
#pragma once

#include <memory>
#include <vector>

#include "record/bank.hpp"
#include "record/graph.hpp"
#include "record/shards.hpp"
#include "record/tape.hpp"

namespace atelier::record {

// What a recording asks the plan to show beside what the model logs itself. Another choice is another plan, of equal
// bits.
struct Observation {
  bool group_norms = false;      // the gradient's norm of each group
  bool parameter_norms = false;  // and of each parameter
  bool gradients = false;        // the gradients themselves
  bool annotations = false;      // the tensors that the model has named
  bool every_value = false;      // all that is computed, unfused: for replaying a step that went bad

  friend bool operator==(const Observation&, const Observation&) = default;
};

enum class OutputKind : uint8_t {
  requested,       // a value that a cut materializes or reads; `index` is its place on the tape
  logged,          // `index` is the name's number
  finite,          // 1 where every value that has to be finite was
  group_norm,      // `index` is the group
  parameter_norm,  // `index` is the parameter
  gradient,        // `index` is the parameter
  annotation,      // `index` is the name's number
};

struct GraphOutput {
  OutputKind kind = OutputKind::requested;
  int64_t index = 0;
  Value value;
  Value count;  // of a logged value; absent where none
};

struct Minimized {
  int32_t group = 0;
  Value loss;  // the mean over the shards
  Location location;
};

struct Lowered {
  Lowered(DType real, kernels::Precision precision) : graph(real, precision) {}

  Graph graph;
  std::vector<Value> values;  // by place on the tape; of the first shard
  std::vector<Minimized> minimized;
  std::vector<GraphOutput> outputs;
  std::vector<Value> expected_finite;  // losses, norms that clip, and what Special::finite asks for
  Value finite;                        // 1 where all of those so far are; absent where there are none
};

// `calls` is how many of the tape's calls to take. The tape is what one of the equal pieces of a batch does, its
// shards, and the graph is that of all that are computed here: each has leaves of its own for its samples, and draws
// its own numbers; gradients, what is assigned to state and what is logged are means over the shards of all ranks. The
// graphs of the ranks of a run are the same but for the shards' places in the batch. Throws Error(shape) for gradients
// that do not exist.
std::unique_ptr<Lowered> lower(const Tape& tape, size_t calls, const Bank& bank, DType real,
                               const Observation& observation,
                               kernels::Precision precision = kernels::Precision::float32,
                               const ShardShare& share = {});

// The engine's own operations by kind.
const Operation& special_operation(Special special);
void register_special_operations();

}  // namespace atelier::record
