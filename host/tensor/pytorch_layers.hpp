// The tensors of the SDK's layers under the names that PyTorch's modules have for them, and in their layouts. What a
// tensor belongs to is known by its name, by those beside it, and by their shapes: "critic.0.norm.scale" with
// "...shift", "...mean" and "...variance" is a batch normalization. docs/pytorch.md has the table. What no layer of the
// SDK has, such as a plugin's own codebook, keeps its name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/storage.hpp"

namespace atelier::tensor {

struct NamedShape {
  std::string name;
  Shape shape;
  DType dtype = DType::f32;
};

// A tensor of a PyTorch module, and which of ours it is made of.
struct PyTorchTensor {
  enum class Kind {
    same,            // one of ours, of this shape
    rows,            // several of ours, one below the other: nn.MultiheadAttention's in_proj_weight
    second_bias,     // what PyTorch adds to a recurrent layer's bias, where ours is the sum of two
    left_singular,   // parametrizations.spectral_norm's _u: of the layer's weight, and our left singular vector
    right_singular,  // its _v, which we do not keep
    update_count,    // num_batches_tracked, which we do not keep
  };
  Kind kind = Kind::same;
  NamedShape theirs;
  std::vector<size_t> ours;  // places in the list that it was found in

  // Whether a part of ours comes from it. The others say nothing that ours would not say.
  [[nodiscard]] bool is_needed() const {
    return kind == Kind::same || kind == Kind::rows || kind == Kind::left_singular;
  }
};

// Each of ours is part of at least one; names are unique where ours are.
std::vector<PyTorchTensor> pytorch_tensors_of(const std::vector<NamedShape>& ours);

// Its value; `ours` are those that it is made of, `updates` is how often a batch has been seen.
Tensor to_pytorch(const PyTorchTensor& theirs, const std::vector<const Tensor*>& ours, int64_t updates);

// Puts `value`, of the shape that it must have, into ours. A second bias is taken after the first one.
void from_pytorch(const PyTorchTensor& theirs, const Tensor& value, const std::vector<Tensor*>& ours);

}  // namespace atelier::tensor
