// How a model's minimize finds what updates a parameter group. Whoever trains has it; nobody else needs one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "record/graph.hpp"

struct atl_context;

namespace atelier::plugin {

class GroupUpdates {
 public:
  GroupUpdates() = default;
  GroupUpdates(const GroupUpdates&) = delete;
  GroupUpdates& operator=(const GroupUpdates&) = delete;
  virtual ~GroupUpdates() = default;

  // Begins the next update of the group: fills in its optimizer's scalars (record::UpdateRule::max_scalars elements,
  // zero before), and returns the share of the new weights in their moving average. Nothing happens for a group that is
  // frozen.
  virtual double begin_update(size_t group, double* scalars) = 0;
  // Whether the group's optimizer records its updates; and the whole of the next one.
  [[nodiscard]] virtual bool records(size_t group) const = 0;
  virtual void record_update(size_t group, atl_context& context, uint32_t loss, record::Location location) = 0;
};

}  // namespace atelier::plugin
