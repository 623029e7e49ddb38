#include "catalog/names.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <map>

namespace atelier::catalog {
namespace {

constexpr size_t longest_name = 100;
constexpr size_t longest_text = 20'000;

constexpr bool is_control(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

// The code point at the beginning of `text`, which is not empty, and how many bytes it takes; 0 bytes where it is none:
// a stray byte, one cut short, an overlong form, a surrogate, or beyond Unicode.
struct CodePoint {
  uint32_t code = 0;
  size_t bytes = 0;
};

CodePoint first_of(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i])); };
  const uint32_t lead = byte(0);
  const size_t bytes = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (bytes == 1) {
    return {lead, 1};
  }
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) {
    return {};
  }
  uint32_t code = lead & (0xffU >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) {
      return {};
    }
    code = code << 6U | (byte(i) & 0x3fU);
  }
  constexpr uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return code < smallest[bytes] || surrogate || code > 0x10ffff ? CodePoint{} : CodePoint{code, bytes};
}

// Calls `wrong` with what can stand in no text, until it gives a problem.
template <typename Wrong>
std::string first_problem(std::string_view text, const Wrong& wrong) {
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint first = first_of(rest);
    if (first.bytes == 0) {
      return "is not UTF-8";
    }
    if (std::string problem = wrong(first.code); !problem.empty()) {
      return problem;
    }
    rest.remove_prefix(first.bytes);
  }
  return "";
}

}  // namespace

std::string problem_of_name(std::string_view name) {
  if (name.empty()) {
    return "has no name";
  }
  if (name.size() > longest_name) {
    return fmt::format("has a name of {} bytes, expected at most {}", name.size(), longest_name);
  }
  return first_problem(name, [](uint32_t code) -> std::string {
    const bool letter_or_digit =
        (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= '0' && code <= '9') || code >= 0xa0;
    if (letter_or_digit || code == '_' || code == '-') {
      return "";
    }
    return fmt::format("has {} in its name, expected letters, digits, '_' and '-'",
                       is_control(code) ? "a control character" : fmt::format("a '{}'", static_cast<char>(code)));
  });
}

std::string problem_of_versioned_name(std::string_view name) {
  const size_t at = name.rfind('@');
  const std::string_view version = at == std::string_view::npos ? "2" : name.substr(at + 1);
  if (version.empty() || version.size() > 6 || version.front() == '0' ||
      version.find_first_not_of("0123456789") != std::string_view::npos) {
    return "has an '@' in its name, expected a version from 2 behind it, as in 'vae@2'";
  }
  if (version == "1") {
    return "calls itself version 1, expected the name without it: the first version has none";
  }
  return problem_of_name(name.substr(0, at));
}

std::string problem_of_operation_name(std::string_view name) {
  const size_t slash = name.rfind('/');
  const std::string_view version = slash == std::string_view::npos ? "" : name.substr(slash + 1);
  if (version.empty() || version.size() > 6 || version.front() == '0' ||
      version.find_first_not_of("0123456789") != std::string_view::npos) {
    return "has no version in its name, expected it behind a '/', as in 'soft_threshold/1'";
  }
  return problem_of_name(name.substr(0, slash));
}

std::string problem_of_logged_name(std::string_view name) {
  if (name.empty()) {
    return "has no name";
  }
  if (name == "." || name.find('/') != std::string_view::npos) {
    return "is a path in a log, expected a name without '/'";
  }
  const bool taken = name == "step" || name == "epoch" || name == "steps" || name.starts_with("gradient_norm.") ||
                     name.starts_with("learning_rate.");
  return taken ? "is a name that every log has itself, expected another than step, epoch, steps, gradient_norm.… and "
                 "learning_rate.…"
               : problem_of_text(name);
}

std::string problem_of_text(std::string_view text) {
  if (text.size() > longest_text) {
    return fmt::format("has {} bytes, expected at most {}", text.size(), longest_text);
  }
  return first_problem(text, [](uint32_t code) {
    return is_control(code) && code != '\n' && code != '\t' ? "has a control character" : "";
  });
}

std::string quoted(std::string_view name) {
  constexpr size_t enough = 40;
  std::string out = "'";
  for (std::string_view rest = name; !rest.empty();) {
    const CodePoint first = first_of(rest);
    if (out.size() > enough) {
      return out + "…'";
    }
    const size_t bytes = std::max<size_t>(first.bytes, 1);
    out += first.bytes == 0 || is_control(first.code) ? "?" : std::string(rest.substr(0, bytes));
    rest.remove_prefix(bytes);
  }
  return out + "'";
}

std::vector<std::string> repeated(const std::vector<std::string>& names) {
  std::map<std::string, int> times;
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (++times[name] == 2) {
      out.push_back(name);
    }
  }
  return out;
}

}  // namespace atelier::catalog
