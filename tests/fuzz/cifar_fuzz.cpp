// The batches of cifar-10. The first byte of an input says which of the six files the others are, and whether they are
// its bytes or the labels of its records, of which no mutation would otherwise find one byte in three thousand; the
// other five files are sound.
#include "../plugins/cifar_files.hpp"
#include "check_dataset.hpp"
#include "files_in_turn.hpp"

namespace {

using namespace atelier::testing;

constexpr uint8_t labels_bit = 0x80;

const std::vector<std::string> names = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                        "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};

void write_small_batches(const std::filesystem::path& folder) {
  for (const std::string& name : names) {
    write((folder / name).string(), records(0, 1));
  }
}

std::string with_labels(const std::string& labels) {
  constexpr size_t most = 8;
  std::string bytes;
  for (const char label : labels.substr(0, most)) {
    bytes += label + records(0, 1).substr(1);
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const DatasetHost host(&atelier_plugin);
  static const atelier::fuzz::FilesInTurn files(write_small_batches, names);
  if (size == 0) {
    return 0;
  }
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool labels = (data[0] & labels_bit) != 0;
  files.with(data[0] & ~labels_bit, labels ? with_labels(bytes) : bytes, [](const std::string& folder) {
    atelier::fuzz::check_dataset(host.make("cifar-10", {{"directory", folder}}));
  });
  return 0;
}
