// The kernels that write parameters and state tensors.
#pragma once

#include <memory>

#include "record/bank.hpp"
#include "record/operation.hpp"

namespace atelier::plan {

using record::Bank;
using record::DType;
using record::Parameter;
using record::ParameterGroup;
using record::TensorType;
using record::UpdateRule;

// Inputs: the parameter's current version (in place: output 0 is the same memory), its gradient, and a scalar that is 0
// where the step must update nothing. The optimizer's scalars are operands from `first_scalar` on, and behind them is
// the share of the new weights in their moving average. Like the next, sets Bank::went_bad.
std::unique_ptr<kernels::Kernel> make_update_kernel(Parameter& parameter, const Bank& bank, int32_t first_scalar);

// Inputs: the current version (unread) and the new value, copied to output 0.
std::unique_ptr<kernels::Kernel> make_assign_kernel(const TensorType& type, const Bank& bank);

}  // namespace atelier::plan
