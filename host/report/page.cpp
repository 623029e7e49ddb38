#include "report/page.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "report/assets.hpp"

namespace atelier::report {
namespace {

// Of an inline script or style sheet, as a Content-Security-Policy names it.
std::string source_hash(std::string_view text) {
  Sha256 hash;
  hash.update(text.data(), text.size());
  const Sha256::Digest digest = hash.bytes();
  return fmt::format("'sha256-{}'", base64(digest.data(), digest.size()));
}

// Scripts and styles are these very texts; nothing is evaluated, and nothing is loaded from elsewhere.
std::string policy(const char* images, const char* connections) {
  return fmt::format(
      "default-src 'none'; script-src {} {}; style-src {}; img-src {}; connect-src {}; base-uri 'none'; "
      "form-action 'none'",
      source_hash(assets::libraries), source_hash(assets::script), source_hash(assets::style), images, connections);
}

std::string filled(const std::string& content_policy, const std::string& data) {
  std::string out;
  std::string_view rest = assets::page;
  for (;;) {
    const size_t begin = rest.find("{{");
    if (begin == std::string_view::npos) {
      return out.append(rest);
    }
    const size_t end = rest.find("}}", begin);
    ATELIER_CHECK(end != std::string_view::npos);
    const std::string_view name = rest.substr(begin + 2, end - begin - 2);
    out.append(rest.substr(0, begin));
    out.append(name == "policy"      ? std::string_view(content_policy)
               : name == "style"     ? assets::style
               : name == "licences"  ? assets::licences
               : name == "libraries" ? assets::libraries
               : name == "data"      ? std::string_view(data)
                                     : assets::script);
    rest.remove_prefix(end + 2);
  }
}

}  // namespace

std::string embedded(const Json& json) {
  std::string out;
  for (const char one : text_of(json)) {
    switch (one) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += one;
    }
  }
  return out;
}

std::string page_with(const Json& data) {
  return filled(policy("data:", "'none'"), embedded(data));
}

std::string live_page() {
  return filled(live_policy(), embedded({{"live", true}}));
}

std::string live_policy() {
  return policy("'self' data:", "'self'");
}

}  // namespace atelier::report
