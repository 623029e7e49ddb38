// Initial values of parameters.
#pragma once

#include <atelier/abi.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "record/bank.hpp"
#include "tensor/storage.hpp"

namespace atelier::plugin {

// The memory of a parameter that is about to be one of the bank's. Throws Error(memory) where there is not enough for
// it, or for all together.
tensor::Tensor zeros(const std::string& name, const tensor::Shape& shape, tensor::DType dtype,
                     const record::Bank& bank);

// Fills `value` as the contract says (atl_initializer has the formulas); counted draws, so a parameter's values depend
// on the seed and its place among the parameters alone. `directory`: what relative paths are relative to. Throws
// Error(plugin) for an unknown initializer, Error(file) for a file that does not have the tensor.
void initialize(tensor::Tensor& value, const atl_parameter_info& info, uint64_t seed, uint32_t index,
                const std::filesystem::path& directory);

}  // namespace atelier::plugin
