// SHA-256, for the provenance of plugins and data and for the hash of a checkpoint.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace atelier {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(const void* data, size_t size);
  // Of all that was given until now; as text, 64 lower-case hexadecimal digits.
  using Digest = std::array<uint8_t, 32>;
  [[nodiscard]] Digest bytes() const;
  Digest finish();  // the same, and what is given from now on is another text's
  [[nodiscard]] std::string digest() const { return text_of(bytes()); }
  static std::string text_of(const Digest& digest);

  // Of a whole file; throws Error(file) where it cannot be read.
  static std::string of_file(const std::filesystem::path& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atelier
