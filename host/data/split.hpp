// What is trained on, what is looked at while training, and what is kept for the end.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plugin/dataset.hpp"

namespace atelier::data {

// One of the parts that the data is divided into: which samples of which of the dataset's own splits.
struct Subset {
  plugin::Split split = plugin::Split::train;
  std::vector<uint32_t> indices;  // in the dataset's order; empty: all `count`
  int64_t count = 0;

  [[nodiscard]] int64_t index(int64_t i) const { return indices.empty() ? i : indices[static_cast<size_t>(i)]; }
};

struct Subsets {
  Subset train, validation, test;
};

// Cuts the validation split from the training data by the seed, whole groups of samples at a time; none where it is 0.
// Throws Error(data) where that leaves nothing on one side.
Subsets divide(const plugin::Dataset& dataset, double validation, uint64_t seed);

// Whether each sample is held out, by the group that each belongs to: groups are taken in random order as long as they
// fit into the wanted number of samples, and then the smallest left one if the number is nearer with it.
std::vector<bool> hold_out(std::span<const int64_t> groups, int64_t wanted, uint64_t seed);

}  // namespace atelier::data
