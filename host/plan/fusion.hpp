// The second stage of planning: which elementwise nodes become one kernel.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/dependencies.hpp"
#include "plan/fusion_order.hpp"

namespace atelier::plan {

// Every node that runs is in one group; elementwise neighbours of one shape share theirs, as long as no path leads out
// of the group and back into it.
class Fusion {
 public:
  // Borrows the dependencies. Without `fuse` each node is a group by itself.
  Fusion(const Dependencies& dependencies, bool fuse);

  [[nodiscard]] const std::vector<std::vector<int32_t>>& groups() const { return groups_; }      // members ascending
  [[nodiscard]] int32_t group_of(int32_t n) const { return group_of_[static_cast<size_t>(n)]; }  // -1: does not run
  [[nodiscard]] bool is_fusible(int32_t n) const;
  // Nothing to read: cheap enough to compute again wherever it is used.
  [[nodiscard]] bool is_splat(int32_t n) const;

 private:
  bool join(int32_t n, int32_t producer);
  [[nodiscard]] bool belongs_later(int32_t n, int32_t group) const;
  [[nodiscard]] bool reads_view_of(int32_t n, int32_t group) const;
  [[nodiscard]] const TensorType& result(int32_t n) const;

  const Dependencies& dependencies_;
  bool fuse_;
  FusionOrder order_;
  std::vector<int32_t> group_of_;  // by node
  std::vector<std::vector<int32_t>> groups_;
};

}  // namespace atelier::plan
