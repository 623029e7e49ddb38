// What runs: the kernels of one structure, made once, with their order, their buffers in one arena, and the tasks that
// they are started as.
//
//   record::Tape     calls, of which a request names a beginning and what must stay readable (PlanRequest)
//     |  PlanCache         a request that was made before has its plan already
//     |  record::lower     -> record::Lowered, with its record::Graph
//     |  make_schedule     -> Schedule:
//     |    Dependencies       which nodes run, and before which others
//     |    Fusion             elementwise neighbours share a kernel
//     |    (Scheduler)        an order in which they may run one by one
//     |    attach_epilogues   elementwise work ends the kernel of what it reads
//     |  make_plan         a kernel and buffers for each node of the schedule: steps
//     |  arrange           memory (place), edges for memory that is used again, tasks
//     v
//   Plan             to execute/session.hpp
//
// To read next: plan_cache.hpp, dependencies.hpp, fusion.hpp, schedule.hpp, epilogues.hpp, arrangement.hpp,
// placement.hpp, update_kernel.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ranks.hpp"
#include "kernels/kernel.hpp"
#include "kernels/rank_exchange.hpp"
#include "record/lowering.hpp"

namespace atelier::plan {

using record::Attribute;
using record::Bank;
using record::DType;
using record::Graph;
using record::GraphOutput;
using record::KernelRequest;
using record::Location;
using record::Lowered;
using record::Node;
using record::Observation;
using record::Operation;
using record::OutputKind;
using record::Shape;
using record::Special;
using record::Tape;
using record::TensorType;
using record::Value;

enum class Residence : uint8_t {
  arena,      // `offset` into the arena that all plans share
  own,        // `memory`, which belongs to this plan or to the one that ran before it, and outlives the run
  parameter,  // the bank's parameter `index`
  binding,    // the recording's input leaf `index`
};

struct PlannedBuffer {
  kernels::Buffer description;
  Residence residence = Residence::arena;
  size_t offset = 0;
  size_t bytes = 0;
  int32_t index = 0;
  std::byte* memory = nullptr;
};

struct Step {  // one kernel, in an order in which they may run one by one
  std::unique_ptr<kernels::Kernel> kernel;
  const kernels::ExchangeKernel* exchange = nullptr;  // the same one, where it waits for other processes
  std::vector<int32_t> inputs;                        // buffers
  std::vector<int32_t> outputs;
  std::vector<int32_t> after;   // earlier steps that must be done, none implied by the others
  size_t workspace_offset = 0;  // in the arena
  std::string name;             // of the operations in it
  double flops = 0;             // of a matrix product or a convolution
  bool from_weights = false;    // its results change with the parameters alone, and stay until those do
  Location location;
  const Operation* gradient_of = nullptr;  // as in Node
};

struct PlanOutput {
  OutputKind kind = OutputKind::requested;
  int64_t index = 0;
  int32_t buffer = -1;
  int32_t count_buffer = -1;
  tensor::Shape shape;  // of the value: its buffer may be that of another, which it shows in another shape
};

struct Task {  // one phase of a step
  int32_t step = 0;
  int32_t phase = 0;
  int32_t pieces = 1;
  int32_t waits_for = 0;
  std::vector<int32_t> releases;
};

struct Plan {
  std::vector<PlannedBuffer> buffers;
  std::vector<Step> steps;
  std::vector<Task> tasks;
  std::vector<PlanOutput> outputs;
  size_t arena_bytes = 0;
  double flops = 0;     // of all matrix products and convolutions, those of the plans that ran before it included
  bool writes = false;  // parameters or state
  mutable uint64_t weights_version = 0;  // of the bank, that the steps from weights ran with last: the session's
  tensor::Storage own;
  size_t scratch_bytes = 0;              // of one piece
  std::vector<int32_t> buffer_of_value;  // by graph value; -1 where it lives inside a fused kernel or is dead
  std::unique_ptr<Lowered> lowered;
};

struct PlanRequest {
  std::shared_ptr<const Tape> tape;
  size_t calls = 0;                 // of the tape
  std::vector<uint32_t> requested;  // places on the tape whose values must stay readable
  Observation observation = {};
  const Plan* executed = nullptr;  // a plan of the same tape's beginning that has run in this recording; its values
                                   // are leaves here
  bool keep_all = false;           // every value stays in the plan's own memory, for what may be recorded later
  kernels::Precision precision = kernels::Precision::float32;  // of products and convolutions
  size_t shards = 1;       // equal pieces of a batch, of each of which the tape is the record
  Ranks* ranks = nullptr;  // the processes that they are spread over; null for this one alone. Borrowed

  friend bool operator==(const PlanRequest&, const PlanRequest&) = default;
};

record::ShardShare share_of(const PlanRequest& request);

// Throws Error(shape).
std::unique_ptr<Plan> make_plan(const PlanRequest& request, const Bank& bank, DType real);

}  // namespace atelier::plan
