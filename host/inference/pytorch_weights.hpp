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
// Of another run's model that the run used, as its log keeps it.
LoggedWeights foreign_weights_in(const runlog::Reader& log, size_t index);

// Where they come from: the experiment, the run, the step, which of its weights they are, and the head of its log (as
// `atelier verify --chain` says it), if that is as it was written. "format" is what other programs ask for before they
// take a file for PyTorch's.
std::map<std::string, std::string> origin_of(const runlog::Reader& log, const LoggedWeights& weights);
std::map<std::string, std::string> origin_of_foreign(const runlog::RunDescription& run, size_t index);

}  // namespace atelier::inference
