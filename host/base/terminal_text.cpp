#include "base/terminal_text.hpp"

#include <fmt/core.h>

#include <cmath>

namespace atelier::terminal {
namespace {

bool begins_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

const char* escape_of(Emphasis emphasis) {
  switch (emphasis) {
    case Emphasis::none:
      return "";
    case Emphasis::strong:
      return "\x1b[1m";
    case Emphasis::good:
      return "\x1b[32m";
    case Emphasis::bad:
      return "\x1b[31m";
    case Emphasis::warning:
      return "\x1b[33m";
    case Emphasis::faint:
      return "\x1b[2m";
  }
  return "";
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
  return fmt::format("{}{}\x1b[0m", escape_of(emphasis), text);
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
