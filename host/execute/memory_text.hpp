// What a plan needs memory for, in words: for an error where there is not enough.
#pragma once

#include <cstdint>
#include <string>

#include "plan/plan.hpp"

namespace atelier::execute {

inline constexpr const char* less_memory = "a smaller batch, or smaller layers";  // the hint

// Of the parameters and what optimizers keep beside them.
uint64_t bytes_of(const record::Bank& bank);

// "of it 1.2 GB for parameters, 2.4 GB for what optimizers keep and 9.1 GB for what is computed; the largest:
// conv2d at vae.cpp:42, float32 (B = 64, O = 32, H' = 28, W' = 28), 3.1 GB; ..."
std::string memory_text(const plan::Plan& plan, const record::Bank& bank);

}  // namespace atelier::execute
