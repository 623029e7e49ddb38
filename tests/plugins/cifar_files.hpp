// Batches of CIFAR-10.
#pragma once

#include "folder.hpp"

namespace atelier::testing {

// Byte i of the image of record r in all files is (41 i + 7 r) mod 251, its label r mod 10.
inline std::string records(int first, int count) {
  std::string out;
  for (int r = first; r < first + count; ++r) {
    out.push_back(static_cast<char>(r % 10));
    for (int i = 0; i < 3072; ++i) {
      out.push_back(static_cast<char>((41 * i + 7 * r) % 251));
    }
  }
  return out;
}

// Five files of 1, 2, 3, 4 and 5 records, and one of 2.
inline void write_sound_batches(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int first = 0;
  for (int file = 1; file <= 5; ++file) {
    write((folder / ("data_batch_" + std::to_string(file) + ".bin")).string(), records(first, file));
    first += file;
  }
  write((folder / "test_batch.bin").string(), records(first, 2));
}

}  // namespace atelier::testing
