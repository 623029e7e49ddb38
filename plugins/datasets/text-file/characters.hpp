// The characters of a text in UTF-8 (RFC 3629).
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace text_file {

struct NoText : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// How many bytes the character has that begins here; 0 where none does.
inline size_t length_of_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) {
    return lead == 0 ? 0 : 1;
  }
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || length > text.size()) {
    return 0;
  }
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const uint8_t second = byte(1);  // longer forms than needed, surrogates, and what is beyond U+10FFFF
  const bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                     (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
  return wrong ? 0 : length;
}

// Throws NoText where the bytes are none; borrowed from the text.
inline std::vector<std::string_view> characters_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t at = 0; at < text.size();) {
    const size_t length = length_of_character(text.substr(at));
    if (length == 0) {
      throw NoText("is no text in UTF-8: at byte " + std::to_string(at) + " no character begins");
    }
    out.push_back(text.substr(at, length));
    at += length;
  }
  return out;
}

}  // namespace text_file
