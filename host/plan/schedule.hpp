// The inner stages of planning: a list of plan nodes with their dependencies, between the graph and the finished plan.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plan/plan.hpp"

namespace atelier::plan {

// Fused elementwise operations that read what a node makes, and run with it piece by piece where its kernel can.
struct PlanEpilogue {
  std::vector<int32_t> members;
  std::vector<int32_t> inputs;  // what the node makes among them
  std::vector<int32_t> outputs;
  bool keeps_result = false;  // others read what the node makes, too
};

struct PlanNode {
  std::vector<int32_t> members;  // graph nodes, ascending: several where elementwise operations are fused
  std::vector<int32_t> inputs;   // graph values read from buffers
  std::vector<int32_t> outputs;  // graph values written to buffers
  std::vector<int32_t> after;    // plan nodes that must come before for any reason
  std::optional<PlanEpilogue> epilogue = {};
};

// Dead nodes dropped, elementwise neighbours fused, in an order that keeps every old version of a parameter readable
// until its last reader is done. `copied` lists the parameter values (by graph value) that must be copied before their
// update, since something reads them that can only run after it.
struct Schedule {
  std::vector<PlanNode> nodes;
  std::vector<int32_t> copied;
};

struct ScheduleRequest {
  const Graph& graph;
  const std::vector<char>& kept;  // by graph value: must stay readable
  int32_t first_node = 0;         // earlier graph nodes have run already
  bool fuse = true;
};

Schedule make_schedule(const ScheduleRequest& request);

// Puts elementwise nodes behind the nodes whose results they read, as their epilogues, where nothing in between needs
// those results.
void attach_epilogues(Schedule& schedule, const Graph& graph, const std::vector<char>& kept);

// Graph values that are the same buffer under another shape lead to the value that owns it.
std::vector<int32_t> buffer_owners(const Graph& graph);

// Offsets for buffers with lifetimes [first, last] (in schedule order) so that none that live together overlap: the
// largest first, each at the lowest offset that is free (Pisarchyk & Lee 2020, greedy by size). Returns the size of the
// whole.
struct Placement {
  size_t bytes = 0;
  int32_t first = 0, last = 0;
  size_t offset = 0;  // the result
};
size_t place(std::vector<Placement>& placements);

// Finishes a plan whose steps, buffers and `after` edges by data are there: offsets in the arena, edges for memory that
// is used again, tasks. The buffers in `keep_to_end` can be read when the plan has run.
void arrange(Plan& plan, const std::vector<int32_t>& keep_to_end);

}  // namespace atelier::plan
