#include <doctest/doctest.h>

#include "serve/trust.hpp"

using atelier::serve::refusal_of;

namespace {

int status(const atelier::serve::Asked& asked, int port = 7007) {
  const auto refusal = refusal_of(asked, port);
  return refusal ? refusal->status : 200;
}

}  // namespace

TEST_CASE("only reading is answered") {
  CHECK(status({"GET", "127.0.0.1:7007", "", ""}) == 200);
  CHECK(status({"HEAD", "localhost:7007", "", ""}) == 200);
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "PRI", ""}) {
    CHECK(status({method, "127.0.0.1:7007", "", ""}) == 405);
  }
}

TEST_CASE("a name that could lead here from elsewhere is refused") {
  for (const char* host :
       {"", "example.org", "example.org:7007", "127.0.0.1:7008", "127.0.0.1", "localhost.example.org:7007",
        "127.0.0.1:7007.example.org", "127.0.0.1:70070", "0.0.0.0:7007", "[::1]:7007"}) {
    CAPTURE(host);
    CHECK(status({"GET", host, "", ""}) == 403);
  }
  CHECK(status({"GET", "LocalHost:7007", "", ""}) == 200);
  CHECK(status({"GET", "localhost", "", ""}, 80) == 200);
}

TEST_CASE("pages of other origins are refused") {
  const auto from = [](const char* origin, const char* site) {
    return status({"GET", "127.0.0.1:7007", origin, site});
  };
  CHECK(from("http://127.0.0.1:7007", "same-origin") == 200);
  CHECK(from("", "none") == 200);
  for (const char* origin :
       {"http://example.org", "null", "https://127.0.0.1:7007", "http://127.0.0.1:8000", "file://"}) {
    CAPTURE(origin);
    CHECK(from(origin, "") == 403);
  }
  for (const char* site : {"cross-site", "same-site", "anything"}) {
    CHECK(from("", site) == 403);
  }
}
