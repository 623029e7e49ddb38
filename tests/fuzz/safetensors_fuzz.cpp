// Safetensors files. The first byte of an input says what the others are: a whole file, or a header and, after a zero
// byte, what lies behind it, which get the header's length in front.
#include <algorithm>
#include <cstring>
#include <optional>
#include <sstream>

#include "../plugins/folder.hpp"
#include "base/error.hpp"
#include "require.hpp"
#include "tensor/safetensors.hpp"

namespace {

using namespace atelier;
using fuzz::require;

std::string file_of(std::string_view bytes) {
  const bool whole = (bytes.front() & 1) != 0;
  bytes.remove_prefix(1);
  if (whole) {
    return std::string(bytes);
  }
  const std::string_view header = bytes.substr(0, bytes.find('\0'));
  bytes.remove_prefix(std::min(bytes.size(), header.size() + 1));
  const uint64_t length = header.size();
  std::string out(sizeof length, '\0');
  std::memcpy(out.data(), &length, sizeof length);
  return out.append(header).append(bytes);
}

// False where the action throws the one error that is allowed.
template <typename Action>
bool is_done(const Action& action) {
  try {
    action();
    return true;
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::file, "what is refused is an error of the file");
    require(std::string_view(error.what()).find('\n') == std::string_view::npos, "an error of the file is one line");
    return false;
  }
}

std::string written(const tensor::SafetensorsFile& file, const std::map<std::string, tensor::Tensor>& tensors) {
  std::ostringstream out;
  tensor::write_safetensors(out, file.metadata(), tensors);
  return out.str();
}

void check_tensors(const tensor::SafetensorsFile& file, const std::string& again) {
  std::map<std::string, tensor::Tensor> tensors;
  for (const tensor::SafetensorsEntry& entry : file.tensors()) {
    require(file.find(entry.name) != nullptr, "what is listed is found");
    const auto as = entry.is_real() ? tensor::DType::f64 : tensor::DType::i64;
    is_done([&] { tensors[entry.name] = file.read(entry, as); });
    if (entry.is_real() && entry.dims.size() <= tensor::Shape::max_rank) {
      require(tensors.contains(entry.name), "what is described can be read");
      require(std::ranges::equal(tensors[entry.name].shape.dims(), entry.dims), "with the shape that is described");
      const tensor::Shape shape = tensors[entry.name].shape;
      require(std::ssize(tensor::read_safetensors(file.path(), entry.name, shape)) == shape.elements(),
              "by its name and shape, too");
    }
  }
  const std::string bytes = written(file, tensors);
  testing::write(again, bytes);
  const tensor::SafetensorsFile copy(again);
  require(copy.tensors().size() == tensors.size(), "all that is written is read again");
  require(written(copy, tensors) == bytes, "with its text, to equal bytes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const testing::Folder folder;
  if (size == 0) {
    return 0;
  }
  const std::string path = folder.file("fuzzed.safetensors");
  testing::write(path, file_of({reinterpret_cast<const char*>(data), size}));
  std::optional<tensor::SafetensorsFile> file;
  if (is_done([&] { file.emplace(path); })) {
    check_tensors(*file, folder.file("again.safetensors"));
  }
  return 0;
}
