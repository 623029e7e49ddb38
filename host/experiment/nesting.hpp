// How deep TOML text nests, measured before it is parsed: the parser, and whatever walks over tables afterwards, goes
// one call deeper with each level, and neither looks at how many there are.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace atelier::experiment {

inline constexpr size_t deepest_nesting = 64;  // of dotted keys, headers, lists and tables together

// In the text; both count from 1, the column in code points.
struct TextPosition {
  int line = 1;
  int column = 1;
};

// Of a byte of UTF-8: whether it goes on with the code point before it.
constexpr bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// Where the text first nests deeper than that; nothing where it does not. What follows a syntax error is not measured
// with care, as nobody will parse it.
std::optional<TextPosition> find_too_deep(std::string_view text);

}  // namespace atelier::experiment
