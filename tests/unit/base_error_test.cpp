#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"

using namespace atelier;

TEST_CASE("an error has its kind and its whole message, as any exception") {
  const Error error(ErrorKind::data, "{}: {} bytes, expected {}", "a.gz", 3, 16);
  CHECK(error.kind() == ErrorKind::data);
  const std::exception& any = error;
  CHECK(std::string(any.what()) == "a.gz: 3 bytes, expected 16");
}

TEST_CASE("a message that is given whole is taken as it is") {
  const std::string given = "name: got '{x}', expected no {}";
  CHECK(Error(ErrorKind::usage, given).what() == given);
  CHECK(Error(ErrorKind::usage, "{}", given).what() == given);
}

TEST_CASE("a broken invariant is an internal error that names condition, file and line") {
  int looked_at = 0;
  const auto holds = [&](bool value) {
    ++looked_at;
    return value;
  };
  CHECK_NOTHROW(ATELIER_CHECK(holds(true)));
  CHECK(looked_at == 1);
  int line = 0;
  try {
    line = __LINE__, ATELIER_CHECK(holds(1 + 1 == 3));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::internal);
    CHECK(error.what() == std::string(__FILE__) + ":" + std::to_string(line) +
                              ": broken invariant: holds(1 + 1 == 3) (a defect of atelier; please report it)");
  }
  CHECK(looked_at == 2);
}
