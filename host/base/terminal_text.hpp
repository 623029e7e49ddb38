// Text for terminals: widths, numbers, durations. Every string is UTF-8, and a code point is one column wide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace atelier::terminal {

// How text is laid out: `width` columns (0: as many as it takes), with ANSI colours or without.
struct Layout {
  size_t width = 0;
  bool colour = false;
};

enum class Emphasis { none, strong, good, bad, warning, faint };

// `text` between the escape sequences of `emphasis`; as it is without colour.
std::string emphasized(std::string_view text, Emphasis emphasis, bool colour);

size_t columns_of(std::string_view text);  // code points; invalid bytes count one each

// At most `columns` code points, the last of them "…" where something was cut off.
std::string shortened(std::string_view text, size_t columns);

std::string pad_right(std::string_view text, size_t columns);
std::string pad_left(std::string_view text, size_t columns);

std::string number_text(double value);      // six significant digits: "231.417", "1.2e-05"; "–" for NaN
std::string grouped(int64_t value);         // "41,200"
std::string duration_text(double seconds);  // "0:23", "1:02:03"; "?" where it is not known (negative or not finite)

// A TOML string literal without its quotes, for people; any other literal as it is.
std::string unquoted(std::string_view literal);

}  // namespace atelier::terminal
