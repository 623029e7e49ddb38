// How much memory there is, and whose it was that there is not enough for. What cannot be is said before it is tried:
// the system grants more than it has, and ends whoever uses it.
#pragma once

#include <cstdint>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "tensor/shape.hpp"

namespace atelier::tensor {

// "" where this process may have so much memory at all; else "needs 1.2 TB of memory, this machine has 16.0 GB".
std::string lack_of_memory(uint64_t bytes);

// Of what the system has refused: "needs 1.2 GB of memory, which the system does not give: this process has 3.1 GB".
std::string refused_memory(uint64_t bytes);

// "this process has 3.1 GB", with what it may have where ulimit sets that.
std::string memory_in_use();

// what(); of memory that nobody says the owner of, in words.
std::string reason_of(const std::exception& error);

// "float32 (B = 64, C = 1, H = 28, W = 28)"; without names where they are not one for each axis.
std::string described(const Shape& shape, DType dtype, std::span<const std::string> axes = {});

// Runs what takes memory. Where there is not enough, what Storage says of it gets its owner in front and a hint behind:
// "the parameter 'w', float32 (784, 1000000000), needs 3.1 TB of memory, this machine has 16.0 GB; hint: ...".
template <typename Owner, typename Take>
decltype(auto) take_memory(const Owner& owner, std::string_view hint, const Take& take) {
  std::string lack;
  try {
    return take();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::memory) {
      throw;
    }
    lack = error.what();
  } catch (const std::bad_alloc&) {  // of something beside it
    lack = "needs more memory than the system gives: " + memory_in_use();
  }
  throw Error(ErrorKind::memory, "{} {}; hint: {}", owner(), lack, hint);
}

}  // namespace atelier::tensor
