#include "base/sha256.hpp"

#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <fstream>
#include <vector>

#include "base/error.hpp"

namespace atelier {

namespace {

// Looking it up takes longer than hashing a short text.
const EVP_MD* method() {
  static EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  ATELIER_CHECK(found != nullptr);
  return found;
}

}  // namespace

struct Sha256::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }

  EVP_MD_CTX* context = EVP_MD_CTX_new();
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  ATELIER_CHECK(state_->context != nullptr && EVP_DigestInit_ex2(state_->context, method(), nullptr) == 1);
}

Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(const void* data, size_t size) {
  ATELIER_CHECK(EVP_DigestUpdate(state_->context, data, size) == 1);
}

Sha256::Digest Sha256::bytes() const {
  const State copy;
  Digest digest{};
  unsigned int size = 0;
  ATELIER_CHECK(EVP_MD_CTX_copy_ex(copy.context, state_->context) == 1 &&
                EVP_DigestFinal_ex(copy.context, digest.data(), &size) == 1 && size == digest.size());
  return digest;
}

Sha256::Digest Sha256::finish() {
  Digest digest{};
  unsigned int size = 0;
  ATELIER_CHECK(EVP_DigestFinal_ex(state_->context, digest.data(), &size) == 1 && size == digest.size() &&
                EVP_DigestInit_ex2(state_->context, nullptr, nullptr) == 1);
  return digest;
}

std::string Sha256::text_of(const Digest& digest) {
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string Sha256::of_file(const std::filesystem::path& path) {
  const auto check = [&](bool readable) {
    if (!readable) {
      throw Error(ErrorKind::file, "{}: cannot be read", path.string());
    }
  };
  std::ifstream in(path, std::ios::binary);
  check(in.is_open());
  Sha256 hash;
  std::vector<char> block(size_t{1} << 20U);
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.update(block.data(), static_cast<size_t>(in.gcount()));
  }
  check(!in.bad());  // a folder opens too, and a disk may fail in the middle
  return hash.digest();
}

}  // namespace atelier
