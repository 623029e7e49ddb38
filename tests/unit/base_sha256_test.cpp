#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/error.hpp"
#include "base/sha256.hpp"

using namespace atelier;

namespace {

constexpr const char* hash_of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
// FIPS 180-2, appendix B: one block, two blocks, many blocks.
constexpr const char* hash_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
constexpr const char* hash_of_two_blocks = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
constexpr const char* hash_of_a_million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

std::string hash_of(std::string_view text) {
  Sha256 hash;
  hash.update(text.data(), text.size());
  return hash.digest();
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("atelier-sha256-" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::filesystem::path file(const std::string& content) const {
    std::ofstream(path / "file", std::ios::binary) << content;
    return path / "file";
  }
};

}  // namespace

TEST_CASE("hashes are those of the standard") {
  CHECK(Sha256().digest() == hash_of_nothing);
  CHECK(hash_of("abc") == hash_of_abc);
  CHECK(hash_of(two_blocks) == hash_of_two_blocks);
  CHECK(hash_of(std::string(1'000'000, 'a')) == hash_of_a_million);
}

TEST_CASE("what is hashed in pieces has the hash of the whole") {
  for (size_t cut = 0; cut <= two_blocks.size(); ++cut) {
    Sha256 hash;
    hash.update(two_blocks.data(), cut);
    hash.update(two_blocks.data() + cut, two_blocks.size() - cut);
    CHECK(hash.digest() == hash_of_two_blocks);
  }
}

TEST_CASE("a file has the hash of its bytes, however long it is") {
  const Folder folder;
  CHECK(Sha256::of_file(folder.file("")) == hash_of_nothing);
  CHECK(Sha256::of_file(folder.file("abc")) == hash_of_abc);
  CHECK(Sha256::of_file(folder.file(std::string(1'000'000, 'a'))) == hash_of_a_million);
  const std::string binary{"a\0\r\n\x1a\xff", 6};
  CHECK(Sha256::of_file(folder.file(binary)) == hash_of(binary));
  for (const size_t size : {(1U << 20U) - 1, 1U << 20U, (1U << 20U) + 1, 3U << 20U}) {  // files are read by the MiB
    const std::string content(size, 'b');
    CHECK_MESSAGE(Sha256::of_file(folder.file(content)) == hash_of(content), size, " bytes");
  }
}

TEST_CASE("what cannot be read is an error that names it, and never a hash of less") {
  const Folder folder;
  for (const std::filesystem::path& path : {folder.path / "none", folder.path}) {
    try {
      (void)Sha256::of_file(path);
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::file);
      CHECK(error.what() == path.string() + ": cannot be read");
    }
  }
}
