// A log's weights as a PyTorch module would have them.
#pragma once

#include <map>
#include <string>

#include "inference/logged_weights.hpp"
#include "tensor/storage.hpp"

namespace atelier::inference {

// By PyTorch's names, in its layouts (tensor/pytorch_layers.hpp). What a module counts, batches that it has seen, are
// the steps. Throws Error(file) where two would have one name.
std::map<std::string, tensor::Tensor> in_pytorch(const LoggedWeights& weights);

// Where they come from: the experiment, the run, the step, and which of its weights they are. "format" is what other
// programs ask for before they take a file for PyTorch's.
std::map<std::string, std::string> origin_of(const runlog::RunDescription& run, const LoggedWeights& weights);

}  // namespace atelier::inference
