// Inside this room only: which requests are answered. A server that listens on this machine alone is still asked by
// whatever pages its user's browser has open.
#pragma once

#include <optional>
#include <string>

namespace atelier::serve {

// What a request says of itself; "" for a header that it does not have.
struct Asked {
  std::string method, host, origin, site;  // Sec-Fetch-Site
};

struct Refusal {
  int status;
  std::string reason;
};

// nullopt where it is to be answered: it reads (GET, HEAD), it names this server by a name that only this machine can
// mean (or a page elsewhere could have made its own name lead here: DNS rebinding), and it comes from no other origin.
std::optional<Refusal> refusal_of(const Asked& asked, int port);

}  // namespace atelier::serve
