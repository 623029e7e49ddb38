// Reading tensors from safetensors files: eight bytes of length, a header in JSON, and the tensors' bytes, as the
// format's own documentation has it (Hugging Face, safetensors 0.4).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tensor/shape.hpp"

namespace atelier::tensor {

// The values of one tensor of the file, which must have this shape; of the types F64, F32, F16 and BF16, as float32.
// Throws Error(file): no such file or tensor, another shape or type, a file that is cut short or broken.
std::vector<float> read_safetensors(const std::filesystem::path& file, const std::string& name, const Shape& shape);

}  // namespace atelier::tensor
