// Gradients as tensors.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

// The gradient of the sum of `output`'s elements with respect to `input`; differentiable again.
inline Tensor gradient(At output, Tensor input) {
  const atl_tensor handle = input.handle();
  atl_tensor found = 0;
  detail::core->gradient(output.tensor.context(), output.tensor.handle(), &handle, 1, output.location(), &found);
  return {output.tensor.context(), found};
}
// The same for several inputs at once.
inline std::vector<Tensor> gradients(At output, const std::vector<Tensor>& inputs) {
  std::vector<atl_tensor> handles;
  for (const Tensor& input : inputs) {
    handles.push_back(input.handle());
  }
  std::vector<atl_tensor> found(handles.size());
  detail::core->gradient(output.tensor.context(), output.tensor.handle(), handles.data(), handles.size(),
                         output.location(), found.data());
  std::vector<Tensor> out;
  for (const atl_tensor handle : found) {
    out.emplace_back(output.tensor.context(), handle);
  }
  return out;
}

}  // namespace atelier
