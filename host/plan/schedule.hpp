// Between the graph and the finished plan: a list of plan nodes, each of which becomes a step, in the order in which
// they may run one by one.
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

struct Schedule {
  std::vector<PlanNode> nodes;
  std::vector<int32_t> copied;  // parameter values (by graph value) that are copied before their update
};

struct ScheduleRequest {
  const Graph& graph;
  const std::vector<char>& kept;  // by graph value: must stay readable
  int32_t first_node = 0;         // earlier graph nodes have run already
  bool fuse = true;
};

// Dependencies, then Fusion, then the order, then epilogues (each in a header of its name).
Schedule make_schedule(const ScheduleRequest& request);

}  // namespace atelier::plan
