#include <doctest/doctest.h>

#include "base/text.hpp"

using namespace atelier;

TEST_CASE("the nearest name is the one with the fewest typing errors") {
  const std::vector<std::string> optimizers{"adam", "adagrad", "sgd", "rmsprop"};
  CHECK(nearest("adam", optimizers) == "adam");
  CHECK(nearest("adm", optimizers) == "adam");    // left out
  CHECK(nearest("adaam", optimizers) == "adam");  // too many
  CHECK(nearest("bdam", optimizers) == "adam");   // another
  CHECK(nearest("sdg", optimizers) == "sgd");     // swapped: one error, not two
  CHECK(nearest("adagrda", optimizers) == "adagrad");
  CHECK(nearest("cat", {"chart", "cut"}) == "cut");
  CHECK(nearest("cat", {"cut", "chart"}) == "cut");
  CHECK(nearest("cat", {"bat", "hat"}) == "bat");  // the first of equals
}

TEST_CASE("a name may have an error for each three letters, and one in any case") {
  CHECK(nearest("vae", {"gan", "rnn"}).empty());
  CHECK(nearest("a", {"b"}) == "b");
  CHECK(nearest("abcde", {"abxyz"}).empty());        // 3 of 5 letters
  CHECK(nearest("abcde", {"abcxy"}).empty());        // 2 of 5
  CHECK(nearest("abcdef", {"abcdxy"}) == "abcdxy");  // 2 of 6
  CHECK(nearest("abcdef", {"abcxyz"}).empty());      // 3 of 6
  CHECK(nearest("adam", {}).empty());
  CHECK(nearest("", {"adam"}).empty());
}

TEST_CASE("three letters or more may be the beginning of a name, where no name is nearer") {
  CHECK(nearest("cla", {"reconstruction", "classification"}) == "classification");
  CHECK(nearest("cl", {"classification"}).empty());
  CHECK(nearest("clas", {"classification", "class"}) == "class");
  CHECK(nearest("clas", {"class", "classification"}) == "class");
  CHECK(nearest("cation", {"classification"}).empty());
}

TEST_CASE("a hint is a part of a message, or nothing") {
  CHECK(did_you_mean("adma", {"sgd", "adam"}) == "; did you mean 'adam'?");
  CHECK(did_you_mean("adma", {"sgd"}).empty());
}

TEST_CASE("choices are listed as in a sentence") {
  CHECK(one_of({"a"}) == "a");
  CHECK(one_of({"a", "b"}) == "a or b");
  CHECK(one_of({"a", "b", "c"}) == "a, b or c");
  CHECK(one_of({"a", "b", "c", "d"}) == "a, b, c or d");
}

TEST_CASE("bytes are said in powers of 1000, whole ones without a digit after the point") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1000) == "1.0 KB");
  CHECK(human_bytes(1024) == "1.0 KB");
  CHECK(human_bytes(1250) == "1.2 KB");
  CHECK(human_bytes(999.4) == "999 B");
  CHECK(human_bytes(999.6) == "1.0 KB");
  CHECK(human_bytes(999'940) == "999.9 KB");
  CHECK(human_bytes(999'960) == "1.0 MB");
  CHECK(human_bytes(3.44e6) == "3.4 MB");
  CHECK(human_bytes(78.5e9) == "78.5 GB");
  CHECK(human_bytes(2e12) == "2.0 TB");
  CHECK(human_bytes(5e15) == "5000.0 TB");  // the largest unit
}

TEST_CASE("a list of what was expected is never empty") {
  CHECK(one_of({"a", "b", "c"}) == "a, b or c");
  CHECK(one_of({}) == "none: there are none");
  CHECK(one_of({}, "none: the log has none") == "none: the log has none");
  CHECK(list_of({"a", "b"}) == "a, b");
  CHECK(list_of({}) == "none");
  CHECK(instead_of("adma", {"sgd", "adam"}) == "; did you mean 'adam'?");
  CHECK(instead_of("lion", {"sgd", "adam"}) == ", expected sgd or adam");
  CHECK(instead_of("lion", {}, "none: no optimizer is loaded") == ", expected none: no optimizer is loaded");
}
