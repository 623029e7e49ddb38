// Initial values of parameters.
#pragma once

#include <atelier/abi.h>

#include <cstdint>

#include "tensor/storage.hpp"

namespace atelier::plugin {

// Fills `value` as the contract says (atl_initializer has the formulas); counted draws, so a parameter's values depend
// on the seed and its place among the parameters alone. Throws Error(plugin) for an unknown initializer.
void initialize(tensor::Tensor& value, const atl_parameter_info& info, uint64_t seed, uint32_t index);

}  // namespace atelier::plugin
