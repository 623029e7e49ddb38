// What is checked of each operation. Every operation in the registry has a case here, or an entry in `exempt`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness.hpp"

namespace atelier::gradient_test {

std::vector<Case> elementwise_cases();
std::vector<Case> tensor_cases();  // movement, reductions, indexing
std::vector<Case> layer_cases();   // products, convolutions, normalization, classification, random draws
std::vector<Case> all_cases();

// Operations without a gradient to check, and why.
const std::vector<std::pair<std::string, std::string>>& exempt();

}  // namespace atelier::gradient_test
