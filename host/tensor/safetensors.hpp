// Tensors in safetensors files: eight bytes of length, a header in JSON, and the tensors' bytes, as the format's own
// documentation has it (Hugging Face, safetensors 0.4).
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/storage.hpp"

namespace atelier::tensor {

// A tensor as the file's header describes it, which may be of any type that somebody has thought of.
struct SafetensorsEntry {
  std::string name;
  std::string type;                    // "F32", "BF16", "I64", ...
  std::vector<int64_t> dims;           // of any rank
  uint64_t begin = 0, end = 0;         // bytes behind the header
  [[nodiscard]] bool is_real() const;  // F64, F32, F16 or BF16
};

// A file's header, checked whole: every tensor lies in the file, behind the one before it, and has the bytes that its
// type and shape ask for.
class SafetensorsFile {
 public:
  // Throws Error(file): no such file, or one that is cut short or broken.
  explicit SafetensorsFile(std::filesystem::path file);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::vector<SafetensorsEntry>& tensors() const { return tensors_; }  // as they lie in the file
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }
  [[nodiscard]] const SafetensorsEntry* find(std::string_view name) const;  // null where there is none

  // The values as float32 or float64, of the types F64, F32, F16 and BF16; or as int64, of I64, I32, I16 and U8.
  // Throws Error(file) for any other type, and where the file has changed since.
  [[nodiscard]] Tensor read(const SafetensorsEntry& entry, DType as) const;

 private:
  std::filesystem::path path_;
  std::vector<SafetensorsEntry> tensors_;
  std::map<std::string, std::string> metadata_;
  uint64_t data_begin_ = 0;
};

// The values of one tensor of the file, which must have this shape, as float32. Throws Error(file): no such file or
// tensor, another shape or type, a file that is cut short or broken.
std::vector<float> read_safetensors(const std::filesystem::path& file, const std::string& name, const Shape& shape);

// Such a file. Equal tensors and metadata give equal bytes. The stream says what could not be written.
void write_safetensors(std::ostream& out, const std::map<std::string, std::string>& metadata,
                       const std::map<std::string, Tensor>& tensors);

}  // namespace atelier::tensor
