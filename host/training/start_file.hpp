// A run that begins with the weights of a safetensors file.
#pragma once

#include <functional>

#include "training/start.hpp"

namespace atelier::training {

bool is_start_file(const std::string& from);  // rather than a run

// Tensors are found by the names that PyTorch has for the layers (tensor/pytorch_layers.hpp), or by the model's own;
// each must have its shape. `wanted`: which of the model's are asked for. Throws Error where the file has none of them,
// none of a group that is asked for by its name, or not all of one that is frozen.
StartedWith take_file(Setup& setup, const std::function<bool(const record::Parameter&)>& wanted,
                      const runlog::RunDescription* then);

}  // namespace atelier::training
