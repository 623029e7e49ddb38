#include "cli/shell_word.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace atelier::cli {

std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_-./:=+@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) {
    return text;
  }
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string(R"('\'')") : std::string{c};
  }
  return quoted + "'";
}

}  // namespace atelier::cli
