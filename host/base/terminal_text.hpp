// Text for terminals: widths, numbers, durations. Every string is UTF-8, and a code point is one column wide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::terminal {

// How text is laid out: `width` columns (0: as many as it takes), with ANSI colours or without.
struct Layout {
  size_t width = 0;
  bool colour = false;
};

enum class Emphasis { none, strong, good, bad, warning, faint };

// `text` between marks for `emphasis`; as it is without colour. The marks are this process's own: no text from outside
// can hold one.
std::string emphasized(std::string_view text, Emphasis emphasis, bool colour);

// What is written to a terminal: the marks become its escape sequences, and all else is printable.
std::string shown_lines(std::string_view text);
std::string shown_line(std::string_view text);  // on one line

size_t columns_of(std::string_view text);  // code points; invalid bytes count one each

// At most `columns` code points, the last of them "…" where something was cut off.
std::string shortened(std::string_view text, size_t columns);

// Lines of at most so many columns (0: as many as it takes), between words where it can be.
std::vector<std::string> wrapped_lines(std::string_view text, size_t columns);
// The same as one text whose first line begins at column `indent`, as do the others, after spaces.
std::string wrapped(std::string_view text, size_t columns, size_t indent);

std::string pad_right(std::string_view text, size_t columns);
std::string pad_left(std::string_view text, size_t columns);

std::string number_text(double value);      // six significant digits: "231.417", "1.2e-05"; "–" for NaN
std::string grouped(int64_t value);         // "41,200"
std::string duration_text(double seconds);  // "0:23", "1:02:03"; "?" where it is not known (negative or not finite)

// A TOML string literal without its quotes, for people; any other literal as it is.
std::string unquoted(std::string_view literal);

}  // namespace atelier::terminal
