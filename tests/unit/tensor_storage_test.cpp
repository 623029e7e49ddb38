#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "tensor/storage.hpp"

using namespace atelier::tensor;

namespace {

const std::vector<size_t> sizes{0, 1, 4, 63, 64, 65, 1000, 4096, 1U << 20U};

bool is_aligned(const Storage& storage) {
  return reinterpret_cast<uintptr_t>(storage.data()) % 64 == 0;
}

std::span<std::byte> bytes_of(const Storage& storage) {
  return {storage.data(), storage.size()};
}

}  // namespace

TEST_CASE("lengths are rounded up to whole lines of 64 bytes") {
  CHECK(alignment == 64);
  CHECK(aligned(0) == 0);
  CHECK(aligned(1) == 64);
  CHECK(aligned(63) == 64);
  CHECK(aligned(64) == 64);
  CHECK(aligned(65) == 128);
  CHECK(aligned(1000) == 1024);
}

TEST_CASE("every block begins at a multiple of 64 bytes") {
  std::vector<Storage> blocks;  // kept, so that they lie at many places
  for (int i = 0; i < 20; ++i) {
    for (const size_t size : sizes) {
      const Storage& block = blocks.emplace_back(size);
      CHECK(block.size() == size);
      CHECK(block.data() != nullptr);
      CHECK_MESSAGE(is_aligned(block), size, " bytes");
    }
  }
}

TEST_CASE("a block is filled with zeros to the end of its last line, also where the memory was used before") {
  for (const size_t size : sizes) {
    for (int i = 0; i < 3; ++i) {
      const Storage block(size);
      const std::span whole(block.data(), aligned(size));
      CHECK_MESSAGE(std::ranges::all_of(whole, [](std::byte byte) { return byte == std::byte{0}; }), size, " bytes");
      std::ranges::fill(whole, std::byte{0xA5});
    }
  }
}

TEST_CASE("a copy has the same bytes in memory of its own") {
  static_assert(!std::is_copy_constructible_v<Storage> && !std::is_copy_assignable_v<Storage>);
  for (const size_t size : sizes) {
    const Storage first(size);
    std::vector<std::byte> expected(size);
    for (size_t i = 0; i < size; ++i) {
      expected[i] = static_cast<std::byte>(i * 7 + 1);
    }
    std::ranges::copy(expected, first.data());
    const Storage second = copy_of(first);
    CHECK(second.size() == size);
    CHECK(second.data() != first.data());
    CHECK(is_aligned(second));
    std::ranges::fill(bytes_of(first), std::byte{0});
    CHECK(std::ranges::equal(bytes_of(second), expected));
  }
}

TEST_CASE("a block that is moved stays where it is") {
  Storage first(12);
  std::byte* const place = first.data();
  const Storage second = std::move(first);
  CHECK(second.data() == place);
  CHECK(second.size() == 12);
  CHECK(Storage().data() == nullptr);
  CHECK(Storage().size() == 0);
}

TEST_CASE("a tensor has the memory that its shape and its type need") {
  CHECK(Tensor({2, 3}, DType::f32).bytes() == 24);
  CHECK(Tensor({2, 3}, DType::f64).bytes() == 48);
  CHECK(Tensor({2, 3}, DType::i64).bytes() == 48);
  CHECK(Tensor({}, DType::f32).bytes() == 4);
  CHECK(Tensor({2, 0}, DType::f32).bytes() == 0);
  const Tensor tensor({5}, DType::f64);
  CHECK(is_aligned(tensor.storage));
  CHECK(tensor.storage.as<double>()[4] == 0.0);
}
