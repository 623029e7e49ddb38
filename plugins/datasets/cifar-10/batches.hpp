// The binary version of CIFAR-10 (Krizhevsky 2009): a file is records, each one byte of label and then the 32 x 32 red,
// green and blue bytes of an image, each colour by rows from the top.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace cifar {

constexpr int64_t classes = 10, channels = 3, side = 32;
constexpr int64_t image_bytes = channels * side * side, record_bytes = 1 + image_bytes;

// Data that is missing or broken. what() is one line: file, found, expected, hint.
struct DataError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Part {                    // one split
  std::vector<uint8_t> records;  // in the files' order

  [[nodiscard]] int64_t count() const { return static_cast<int64_t>(records.size()) / record_bytes; }
};

struct Files {
  Part train, test;
  std::vector<std::string> paths;  // data_batch_1.bin to data_batch_5.bin, test_batch.bin
};

// Reads from the first of `folders` that has data_batch_1.bin. Throws DataError where none has it, where another file
// is missing beside it, is not of whole records, or has a label that is no class.
Files read_folder(const std::vector<std::filesystem::path>& folders);

}  // namespace cifar
