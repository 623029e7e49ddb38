// Sums of products by Einstein's convention.
#pragma once

#include <atelier/tensor.hpp>
#include <string_view>

namespace atelier {

// einsum("bij,bjk->bik", {a, b}): a term for each tensor, with a letter for each axis; "..." stands for any axes,
// aligned at their end. Letters that the result has not are summed over. Without "->" the result has the letters that
// occur once, in the alphabet's order. A length of 1 broadcasts.
inline Tensor einsum(std::string_view equation, const std::vector<Tensor>& tensors, Location at = {}) {
  std::vector<int64_t> codes;
  for (const char character : equation) {
    codes.push_back(static_cast<unsigned char>(character));
  }
  return detail::call<"einsum/1">(tensors, {detail::attribute(Integers(codes))}, at);
}

}  // namespace atelier
