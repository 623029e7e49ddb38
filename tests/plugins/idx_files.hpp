// IDX files, sound and broken.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <initializer_list>

#include "folder.hpp"

namespace atelier::testing {

inline void write_gzip(const std::string& file, const std::string& bytes) {
  const gzFile out = gzopen(file.c_str(), "wb");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
}

// Big-endian words: magic number and lengths.
inline std::string header(std::initializer_list<uint32_t> words) {
  std::string out;
  for (const uint32_t word : words) {
    for (const int shift : {24, 16, 8, 0}) {
      out.push_back(static_cast<char>(word >> shift & 0xFF));
    }
  }
  return out;
}

// Pixel i of the file is 37 i mod 251, which gzip cannot shorten much.
inline std::string images(uint32_t count, uint32_t height = 28, uint32_t width = 28) {
  std::string out = header({0x803, count, height, width});
  for (uint32_t i = 0; i < count * height * width; ++i) {
    out.push_back(static_cast<char>(i * 37 % 251));
  }
  return out;
}

// Label i is i mod 10.
inline std::string labels(uint32_t count) {
  std::string out = header({0x801, count});
  for (uint32_t i = 0; i < count; ++i) {
    out.push_back(static_cast<char>(i % 10));
  }
  return out;
}

// A sound small data set: six images to train, four to test.
inline void write_sound_files(const std::filesystem::path& folder, uint32_t height = 28, uint32_t width = 28) {
  write((folder / "train-images-idx3-ubyte").string(), images(6, height, width));
  write((folder / "train-labels-idx1-ubyte").string(), labels(6));
  write((folder / "t10k-images-idx3-ubyte").string(), images(4, height, width));
  write((folder / "t10k-labels-idx1-ubyte").string(), labels(4));
}

}  // namespace atelier::testing
