// What a log takes in memory while it is written does not grow with it: most of it is in the file, on its way or whole.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "runlog/storage.hpp"
#include "runlog_example.hpp"

using namespace atelier::runlog;

namespace {

constexpr size_t mebibyte = size_t{1} << 20U;
constexpr size_t most = 17 * mebibyte;

// Which no filter makes smaller.
std::vector<std::byte> noise(std::minstd_rand& random, size_t count) {
  std::vector<std::byte> bytes(count);
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random() >> 8U); });
  return bytes;
}

size_t size_of(const std::filesystem::path& path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(path, none);
  return none ? 0 : size;
}

}  // namespace

TEST_CASE("a file that nobody knows yet does not wait for a commit") {
  const example::Folder folder(example::memory_folder());
  std::minstd_rand random;
  const auto storage = Storage::create(folder / "new");
  std::vector<std::byte> all;
  for (int i = 0; i < 40; ++i) {
    const std::vector<std::byte> piece = noise(random, mebibyte);
    storage->write(all.size(), piece);
    all.insert(all.end(), piece.begin(), piece.end());
    CHECK(all.size() - size_of(folder / "new") < most);
  }
  const std::vector<std::byte> change = noise(random, 3 * mebibyte);
  storage->write(5 * mebibyte + 7, change);  // of what is in the file already
  std::ranges::copy(change, all.begin() + 5 * mebibyte + 7);
  CHECK(storage->size() == all.size());
  std::vector<std::byte> found(all.size());
  storage->read(0, found);
  CHECK(found == all);
  storage->set_end(all.size());
  storage->commit();
  const std::string bytes = example::bytes_of(folder / "new");
  REQUIRE(bytes.size() == all.size());
  CHECK(std::memcmp(bytes.data(), all.data(), all.size()) == 0);
}

TEST_CASE("with a journal beside it nothing is in the file before its commit") {
  const example::Folder folder(example::memory_folder());
  std::minstd_rand random;
  const auto storage = Storage::create(folder / "log");
  storage->keep_journal(folder / "log");
  for (size_t i = 0; i < 20; ++i) {
    CHECK(storage->is_full() == (i >= 16));
    storage->write(i * mebibyte, noise(random, mebibyte));
  }
  CHECK(size_of(folder / "log") == 0);
  storage->set_end(20 * mebibyte);
  storage->commit();
  CHECK_FALSE(storage->is_full());
  CHECK(size_of(folder / "log") == 20 * mebibyte);
}

TEST_CASE("rows are flushed, however soon, where they take much memory") {
  const example::Folder folder(example::memory_folder());
  constexpr size_t row = mebibyte / 4;
  RunDescription run = example::description();
  run.tensors = {{"wide", {row}, {}}};
  std::minstd_rand random;
  Writer log = Writer::create(folder / "log.h5", run);
  example::write_foreign(log);
  example::write_checkpoint(log, 1);
  std::vector<float> values(row);
  for (int64_t step = 2; step < 42; ++step) {
    const std::vector<std::byte> bytes = noise(random, mebibyte);
    std::memcpy(values.data(), bytes.data(), mebibyte);
    log.append_tensor("wide", step, values);
    log.flush_if_due();
    CHECK(static_cast<size_t>(step - 1) * mebibyte < size_of(folder / "log.h5") + most);
  }
  log.close();
}
