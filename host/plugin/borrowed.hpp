// Reading what a plugin hands over by pointer: sizes, pointers and counts are looked at before they are followed, as
// nothing says that they are right. What is wrong is an Error(plugin) about `what`: "the setting 2 of 'vae'".
#pragma once

#include <atelier/abi.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace atelier::plugin {

// Sizes of the structs in the contract's first release: none is smaller. One that has grown since gets a
// specialization with the size that it had.
template <typename T>
inline constexpr uint64_t first_size = sizeof(T);

// The size that a struct says it has. No release's is near the upper limit: more is what a forgotten or a wild pointer
// leads to.
template <typename T>
uint64_t size_of(const T* from, std::string_view what) {
  constexpr uint64_t largest = 4096;
  if (from == nullptr) {
    throw Error(ErrorKind::plugin, "{} is a null pointer", what);
  }
  if (const uint64_t size = from->size; size < first_size<T> || size > largest || size % alignof(T) != 0) {
    throw Error(ErrorKind::plugin, "{} has a struct of size {}, expected {}; hint: every struct begins with its sizeof",
                what, size, sizeof(T));
  }
  return from->size;
}

// The struct as this host knows it; members that it is too small for are zero.
template <typename T>
T copy_of(const T* from, std::string_view what) {
  T out{};
  std::memcpy(&out, from, std::min<uint64_t>(size_of(from, what), sizeof(T)));
  return out;
}

// Calls `visit` with each of `count` structs that stand one after another, at the stride that the first one's size
// says.
template <typename T, typename Visit>
void for_each(const T* first, uint64_t count, uint64_t most, std::string_view what, const Visit& visit) {
  if (count > most) {
    throw Error(ErrorKind::plugin, "{}: got {} of them, expected at most {}", what, count, most);
  }
  const char* at = reinterpret_cast<const char*>(first);
  for (uint64_t i = 0; i < count; ++i, at += first->size) {
    const std::string which = std::string(what) + " " + std::to_string(i + 1);
    const T* const element = reinterpret_cast<const T*>(at);
    if (size_of(element, which) != first->size) {
      throw Error(ErrorKind::plugin, "{} has a struct of size {}, expected {} as the first one", which, element->size,
                  first->size);
    }
    visit(copy_of(element, which));
  }
}

// A list of plain values.
template <typename T>
std::span<const T> span_of(const void* first, uint64_t count, uint64_t most, std::string_view what) {
  if (count > most) {
    throw Error(ErrorKind::plugin, "{} has {} elements, expected at most {}", what, count, most);
  }
  if (first == nullptr && count > 0) {
    throw Error(ErrorKind::plugin, "{} has {} elements at a null pointer", what, count);
  }
  return {static_cast<const T*>(first), count};
}

// A text, for whatever is then asked of its bytes.
inline std::string own(atl_string text) {
  constexpr uint64_t longest = uint64_t{1} << 20U;
  const std::span<const char> bytes = span_of<char>(text.data, text.size, longest, "a text");
  return {bytes.begin(), bytes.end()};
}

}  // namespace atelier::plugin
