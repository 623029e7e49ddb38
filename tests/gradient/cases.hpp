// What is checked of each operation. Every operation in the registry has a case here, or an entry in `exempt`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness.hpp"

namespace atelier::gradient_test {

using record::Attribute;

inline Attribute list(std::vector<int64_t> values) {
  return Attribute::of(std::move(values));
}
inline Attribute whole(int64_t value) {
  return Attribute::of(value);
}

std::vector<Case> elementwise_cases();
std::vector<Case> tensor_cases();       // movement, reductions, indexing
std::vector<Case> rearranging_cases();  // other orders along axes, borders
std::vector<Case> layer_cases();        // products, convolutions, classification, random draws
std::vector<Case> axes_cases();         // convolutions, pooling and patches of signals and volumes
std::vector<Case> recurrent_cases();
std::vector<Case> product_cases();   // einsum, attention
std::vector<Case> sampling_cases();  // on grids, bicubic
std::vector<Case> image_cases();     // pooling, upsampling, normalization, warping
std::vector<Case> linear_algebra_cases();
std::vector<Case> all_cases();  // of these

std::vector<Case> large_cases();
void add_large_linear_algebra(std::vector<Case>& cases);

// An operation whose results are computed row by row, along axis 0 of these inputs and of its outputs.
struct RowCase {
  Case operation;
  std::vector<size_t> batched;
};
std::vector<RowCase> row_cases();

// Operations without a gradient to check, and why.
const std::vector<std::pair<std::string, std::string>>& exempt();

}  // namespace atelier::gradient_test
