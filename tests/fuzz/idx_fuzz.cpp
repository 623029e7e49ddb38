// The IDX files of mnist. The first byte of an input says which of the four files the others are, and whether they are
// compressed first; the three other files are sound.
#include "../plugins/idx_files.hpp"
#include "check_dataset.hpp"
#include "files_in_turn.hpp"

namespace {

using namespace atelier::testing;

constexpr uint8_t compress_bit = 0x80;

std::string compressed(const std::string& bytes) {
  static const Folder folder;
  const std::string file = folder.file("compressed");
  write_gzip(file, bytes);
  return read_bytes(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const DatasetHost host(&atelier_plugin);
  static const atelier::fuzz::FilesInTurn files(
      [](const std::filesystem::path& folder) { write_sound_files(folder, 2, 3); },
      {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"});
  if (size == 0) {
    return 0;
  }
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool compress = (data[0] & compress_bit) != 0;
  files.with(data[0] & ~compress_bit, compress ? compressed(bytes) : bytes, [](const std::string& folder) {
    atelier::fuzz::check_dataset(host.make("mnist", {{"path", folder}}));
  });
  return 0;
}
