// One run of a plan: the plan with the memory that it runs in.
#pragma once

#include <cstddef>
#include <cstdint>

#include "execute/profile.hpp"
#include "plan/plan.hpp"

namespace atelier::execute {

using plan::Plan;
using plan::PlannedBuffer;
using plan::Residence;
using plan::Step;
using plan::Task;
using record::Bank;
using record::DType;
using record::Operand;

struct Launch {  // borrows everything
  const Plan* plan = nullptr;
  std::byte* arena = nullptr;
  const Operand* operands = nullptr;
  const void* const* bindings = nullptr;  // by input leaf
  const Bank* bank = nullptr;
  Profile* profile = nullptr;  // where the times of its pieces go; null for nowhere
  bool same_weights = false;   // as in the plan's last run: what it computes from them alone is there
};

// Where a plan's buffer lies in a launch.
void* address_of(const PlannedBuffer& buffer, const Launch& launch);

// The i-th number at an address.
double element(const void* data, DType dtype, int64_t i);

}  // namespace atelier::execute
