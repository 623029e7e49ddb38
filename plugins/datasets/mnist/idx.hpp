// The IDX format of MNIST (LeCun, Cortes and Burges 1998), plain or in gzip. All integers are big-endian, 32 bits:
//   0x00 0x00 0x08 R    the magic number: elements are unsigned bytes, R axes
//   R lengths           slowest axis first; a file of images is (N, H, W), one of labels (N)
//   the elements
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace mnist {

// Data that is missing or broken. what() is one line: file, found, expected, hint.
struct DataError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Images {
  int64_t count = 0, height = 0, width = 0;  // N, H, W; each at least 1
  std::vector<uint8_t> pixels;               // (N, H, W), rows from the top

  [[nodiscard]] int64_t image_size() const { return height * width; }
};

// Read and decompress a whole file. Memory grows with what the file holds, never with what its header claims. Throw
// DataError where the file cannot be read, is cut short, is corrupt, goes on after its elements, or is of another kind.
Images read_images(const std::filesystem::path& file);
std::vector<uint8_t> read_labels(const std::filesystem::path& file, int classes);  // each label is in [0, classes)

}  // namespace mnist
