// SHA-256, for the provenance of plugins and data and for the hash of a checkpoint.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace atelier {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(const void* data, size_t size);
  // 64 lower-case hexadecimal digits. Call once.
  std::string finish();

  // Of a whole file; throws Error(file) where it cannot be read.
  static std::string of_file(const std::filesystem::path& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atelier
