// Inside this room only: the header of a safetensors file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/safetensors.hpp"

namespace atelier::tensor {

inline constexpr std::string_view safetensors_metadata = "__metadata__";  // where the text is, beside the tensors

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> tensors;  // as they lie in the file
  std::map<std::string, std::string> metadata;
  uint64_t data_begin = 0;
};

// Throws Error(file) as SafetensorsFile does. Takes no more memory than a few times the header's length, whatever the
// file holds.
SafetensorsHeader read_safetensors_header(const std::filesystem::path& file);

[[noreturn]] void fail_in_file(const std::filesystem::path& file, const std::string& why);  // throws Error(file)

}  // namespace atelier::tensor
