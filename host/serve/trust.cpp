#include "serve/trust.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace atelier::serve {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char one) { return static_cast<char>(std::tolower(one)); });
  return text;
}

// A browser leaves the port out where it is HTTP's own.
bool is_here(const std::string& host, int port) {
  constexpr int usual_port = 80;
  constexpr std::array names{"127.0.0.1", "localhost"};
  return std::ranges::any_of(names, [&](const char* name) {
    return host == std::string(name) + ":" + std::to_string(port) || (port == usual_port && host == name);
  });
}

}  // namespace

std::optional<Refusal> refusal_of(const Asked& asked, int port) {
  if (asked.method != "GET" && asked.method != "HEAD") {
    return Refusal{405, "this server only reads: GET and HEAD"};
  }
  if (!is_here(lower(asked.host), port)) {
    return Refusal{403, "this server answers to 127.0.0.1 and localhost alone"};
  }
  const std::string origin = lower(asked.origin);
  constexpr std::string_view scheme = "http://";
  if (!origin.empty() && !(origin.starts_with(scheme) && is_here(origin.substr(scheme.size()), port))) {
    return Refusal{403, "this server answers to its own pages alone"};
  }
  const std::string site = lower(asked.site);
  if (!site.empty() && site != "same-origin" && site != "none") {
    return Refusal{403, "this server answers to its own pages alone"};
  }
  return std::nullopt;
}

}  // namespace atelier::serve
