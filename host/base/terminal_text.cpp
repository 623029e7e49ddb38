#include "base/terminal_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <sstream>

#include "base/printable.hpp"

namespace atelier::terminal {
namespace {

bool begins_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

// Chosen when the process begins, so that nothing that was written before can hold it.
const std::string& mark_begin() {
  static const std::string text = [] {
    std::random_device source;
    return fmt::format("\x1b{:08x}{:08x}", source(), source());
  }();
  return text;
}

constexpr char mark_end = 'a';  // the letter of Emphasis::none
char letter_of(Emphasis emphasis) {
  return static_cast<char>(mark_end + static_cast<int>(emphasis));
}

// "" for what is no mark's letter.
const char* escape_of(char letter) {
  constexpr std::array<const char*, 6> escapes{"\x1b[0m", "\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[2m"};
  const auto index = static_cast<size_t>(letter - mark_end);
  return index < escapes.size() ? escapes[index] : "";
}

std::string with_escapes(std::string_view text, std::string (*printable_text)(std::string_view)) {
  const std::string& mark = mark_begin();
  std::string out;
  for (size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
    out += printable_text(text.substr(0, at));
    text.remove_prefix(at + mark.size());
    out += text.empty() ? "" : escape_of(text.front());
    text.remove_prefix(text.empty() ? 0 : 1);
  }
  return out + printable_text(text);
}

std::string spaces_to(std::string_view text, size_t columns) {
  const size_t taken = columns_of(text);
  return std::string(columns > taken ? columns - taken : 0, ' ');
}

}  // namespace

std::string emphasized(std::string_view text, Emphasis emphasis, bool colour) {
  if (!colour || emphasis == Emphasis::none) {
    return std::string(text);
  }
  return fmt::format("{}{}{}{}", mark_begin(), letter_of(emphasis), text, mark_begin()) + mark_end;
}

std::string shown_lines(std::string_view text) {
  return with_escapes(text, printable_lines);
}

std::string shown_line(std::string_view text) {
  return with_escapes(text, printable);
}

size_t columns_of(std::string_view text) {
  size_t columns = 0;
  for (const char c : text) {
    columns += begins_code_point(c) ? 1 : 0;
  }
  return columns;
}

std::string shortened(std::string_view text, size_t columns) {
  if (columns_of(text) <= columns) {
    return std::string(text);
  }
  if (columns == 0) {
    return "";
  }
  size_t kept = 0;  // bytes
  size_t seen = 0;  // code points
  while (kept < text.size()) {
    if (begins_code_point(text[kept])) {
      if (seen + 1 == columns) {
        break;
      }
      ++seen;
    }
    ++kept;
  }
  return std::string(text.substr(0, kept)) + "…";
}

std::vector<std::string> wrapped_lines(std::string_view text, size_t columns) {
  std::vector<std::string> lines(1);
  size_t used = 0;  // of the last line
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    const size_t gap = used == 0 ? 0 : 1;
    if (columns > 0 && gap > 0 && used + gap + columns_of(word) > columns) {
      lines.emplace_back();
      used = 0;
    } else if (gap > 0) {
      lines.back() += ' ';
      ++used;
    }
    for (const char c : word) {  // a word that is longer than a line is cut
      if (columns > 0 && used == columns && begins_code_point(c)) {
        lines.emplace_back();
        used = 0;
      }
      lines.back() += c;
      used += begins_code_point(c) ? 1 : 0;
    }
  }
  return lines;
}

std::string wrapped(std::string_view text, size_t columns, size_t indent) {
  constexpr size_t least = 16;  // where not even that is left, lines are too long rather than of single letters
  std::string out;
  for (const std::string& line :
       wrapped_lines(text, columns == 0 ? 0 : std::max(least, columns - std::min(columns, indent)))) {
    out += out.empty() ? line : "\n" + std::string(indent, ' ') + line;
  }
  return out;
}

std::string pad_right(std::string_view text, size_t columns) {
  return std::string(text) + spaces_to(text, columns);
}

std::string pad_left(std::string_view text, size_t columns) {
  return spaces_to(text, columns) + std::string(text);
}

std::string number_text(double value) {
  return std::isnan(value) ? "–" : fmt::format("{:.6g}", value);
}

std::string grouped(int64_t value) {
  const std::string digits = fmt::format("{}", value);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    const bool after_digit = i > 0 && digits[i - 1] != '-';
    if (after_digit && (digits.size() - i) % 3 == 0) {
      text += ',';
    }
    text += digits[i];
  }
  return text;
}

std::string duration_text(double seconds) {
  constexpr double longest = 1e12;  // beyond which it is no duration that a run can have
  if (!(seconds >= 0) || seconds > longest) {
    return "?";
  }
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  const int64_t hours = whole / 3600;
  const int64_t minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string unquoted(std::string_view literal) {
  const bool plain = literal.size() >= 2 && literal.front() == '"' && literal.back() == '"' &&
                     literal.find('\\') == std::string_view::npos;
  return std::string(plain ? literal.substr(1, literal.size() - 2) : literal);
}

}  // namespace atelier::terminal
