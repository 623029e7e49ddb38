#include "base/printable.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace atelier {
namespace {

constexpr const char* replacement = "\xEF\xBF\xBD";  // U+FFFD

struct CodePoint {
  uint32_t value = 0;
  size_t bytes = 0;  // 0: what begins here is no UTF-8
};

// The code point that text begins with. Longer forms than needed, surrogates and what is beyond Unicode are no UTF-8.
CodePoint first_of(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1};
  }
  constexpr std::array<uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC0 || lead > 0xF7 || bytes > text.size()) {
    return {};
  }
  uint32_t value = lead & (0x7FU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return {};
    }
    value = value << 6 | (byte(i) & 0x3FU);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value < least[bytes] || value > 0x10FFFF || surrogate ? CodePoint{} : CodePoint{value, bytes};
}

bool is_control(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) ||  // C0, DEL, C1
         (point >= 0x2028 && point <= 0x202E) ||              // separators of lines; embeddings and overrides
         (point >= 0x2066 && point <= 0x2069);                // isolates
}

// U+2400 to U+2421
std::string picture_of(uint32_t point) {
  if (point > 0x7F) {
    return replacement;
  }
  const uint32_t last = point == 0x7F ? 0x21 : point;
  return {'\xE2', '\x90', static_cast<char>(0x80 + last)};
}

// With replace(code point) in the place of each control character but those that are kept.
template <typename Replace>
std::string with_controls(std::string_view text, std::string_view kept, const Replace& replace) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_of(text);
    if (point.bytes == 0) {
      out += replacement;
    } else if (is_control(point.value) && kept.find(text.front()) == std::string_view::npos) {
      out += replace(point.value);
    } else {
      out += text.substr(0, point.bytes);
    }
    text.remove_prefix(point.bytes == 0 ? 1 : point.bytes);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) {
  return with_controls(text, "", picture_of);
}

std::string printable_lines(std::string_view text) {
  return with_controls(text, "\n\t", picture_of);
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_of(text);
    const bool valid = point.bytes > 0 && point.value != 0;
    out += valid ? text.substr(0, point.bytes) : replacement;
    text.remove_prefix(std::max<size_t>(point.bytes, 1));
  }
  return out;
}

std::string printable_json(std::string_view json) {
  return with_controls(json, "\n\t\r", [](uint32_t point) { return fmt::format("\\u{:04x}", point); });
}

}  // namespace atelier
