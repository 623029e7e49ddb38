// Reading what a plugin hands over by pointer: sizes, pointers and counts are looked at before they are followed, as
// nothing says that they are right. What is wrong is an Error(plugin) about `what`: "the setting 2 of 'vae'".
#pragma once

#include <atelier/abi.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace atelier::plugin {

// Sizes of the structs in the contract's first release: none is smaller.
template <typename T>
inline constexpr uint64_t first_size = sizeof(T);
template <>
inline constexpr uint64_t first_size<atl_setting> = offsetof(atl_setting, choice_count) + sizeof(uint64_t);
template <>
inline constexpr uint64_t first_size<atl_loss_slot> = offsetof(atl_loss_slot, help) + sizeof(atl_string);
template <>
inline constexpr uint64_t first_size<atl_description> = offsetof(atl_description, slot_count) + sizeof(uint64_t);
template <>
inline constexpr uint64_t first_size<atl_measure> = offsetof(atl_measure, help) + sizeof(atl_string);
template <>
inline constexpr uint64_t first_size<atl_component> = offsetof(atl_component, table) + sizeof(void*);
template <>
inline constexpr uint64_t first_size<atl_plugin> = offsetof(atl_plugin, component_count) + sizeof(uint64_t);
template <>
inline constexpr uint64_t first_size<atl_field> = offsetof(atl_field, high) + sizeof(double);
template <>
inline constexpr uint64_t first_size<atl_data_spec> = offsetof(atl_data_spec, file_count) + sizeof(uint64_t);
template <>
inline constexpr uint64_t first_size<atl_view> = offsetof(atl_view, animation) + sizeof(int32_t);
template <>
inline constexpr uint64_t first_size<atl_model_v1> = offsetof(atl_model_v1, extension) + sizeof(void*);
template <>
inline constexpr uint64_t first_size<atl_loss_v1> = offsetof(atl_loss_v1, call) + sizeof(void*);
template <>
inline constexpr uint64_t first_size<atl_optimizer_v1> = offsetof(atl_optimizer_v1, update) + sizeof(void*);
template <>
inline constexpr uint64_t first_size<atl_dataset_v1> = offsetof(atl_dataset_v1, group);
template <>
inline constexpr uint64_t first_size<atl_metric_v1> = offsetof(atl_metric_v1, finish) + sizeof(void*);

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
