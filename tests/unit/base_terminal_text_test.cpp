#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "base/sparkline.hpp"
#include "base/terminal_text.hpp"

using namespace atelier::terminal;

TEST_CASE("text is measured and cut in code points") {
  CHECK(columns_of("größer") == 6);
  CHECK(columns_of("▁▂▃") == 3);
  CHECK(columns_of("") == 0);
  CHECK(shortened("größer", 6) == "größer");
  CHECK(shortened("größer", 4) == "grö…");
  CHECK(shortened("größer", 1) == "…");
  CHECK(shortened("größer", 0) == "");
  CHECK(pad_right("ö", 3) == "ö  ");
  CHECK(pad_left("ö", 3) == "  ö");
  CHECK(pad_left("long", 2) == "long");
}

TEST_CASE("numbers and durations for people") {
  CHECK(number_text(231.41712) == "231.417");
  CHECK(number_text(1.2e-5) == "1.2e-05");
  CHECK(number_text(std::numeric_limits<double>::quiet_NaN()) == "–");
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(-1234567) == "-1,234,567");
  CHECK(grouped(-123) == "-123");
  CHECK(duration_text(0.4) == "0:00");
  CHECK(duration_text(23) == "0:23");
  CHECK(duration_text(3599.6) == "1:00:00");
  CHECK(duration_text(-1) == "?");
  CHECK(duration_text(std::numeric_limits<double>::infinity()) == "?");
}

TEST_CASE("colour surrounds text only where it is wanted") {
  CHECK(shown_line(emphasized("a", Emphasis::good, true)) == "\x1b[32ma\x1b[0m");
  CHECK(shown_lines("b " + emphasized("a\n", Emphasis::bad, true) + "c") == "b \x1b[31ma\n\x1b[0mc");
  CHECK(emphasized("a", Emphasis::good, false) == "a");
  CHECK(emphasized("a", Emphasis::none, true) == "a");
}

TEST_CASE("emphasis is ours alone: what looks like it is shown as text") {
  CHECK(shown_lines("\x1b[31mred\x1b[0m\n") == "␛[31mred␛[0m\n");
  CHECK(shown_line("two\nlines") == "two␊lines");
  const std::string marked = emphasized("a", Emphasis::good, true);
  CHECK(shown_line(marked.substr(0, marked.size() - 1)) == "\x1b[32ma");  // cut off in a mark
  CHECK(shown_line("\x1b" + std::string(16, '0') + "bx") == "␛" + std::string(16, '0') + "bx");
}

TEST_CASE("text is wrapped between words, and a word only where it must be") {
  CHECK(wrapped("one two  three\nfour", 16, 0) == "one two three\nfour");
  CHECK(wrapped("one two three", 0, 4) == "one two three");
  CHECK(wrapped("one größer as three and four", 24, 8) == "one größer as\n        three and four");
  CHECK(wrapped_lines("größergrößer a", 8) == std::vector<std::string>{"größergr", "ößer a"});
  CHECK(wrapped_lines("", 8) == std::vector<std::string>{""});
}

TEST_CASE("a TOML string is shown without its quotes where that is all there is to it") {
  CHECK(unquoted("\"adam\"") == "adam");
  CHECK(unquoted("\"a\\\"b\"") == "\"a\\\"b\"");
  CHECK(unquoted("\"") == "\"");
  CHECK(unquoted("[1, 2]") == "[1, 2]");
}

TEST_CASE("a sparkline goes from the smallest to the largest value") {
  CHECK(sparkline(std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}, 40) == "▁▂▃▄▅▆▇█");
  CHECK(sparkline(std::vector<double>{7, 0}, 40) == "█▁");
}

TEST_CASE("a sparkline takes the mean where there are more values than columns") {
  CHECK(sparkline(std::vector<double>{0, 2, 7, 9, 14, 16}, 3) == "▁▅█");
  CHECK(columns_of(sparkline(std::vector<double>(1001, 1.0), 40)) == 40);
}

TEST_CASE("a sparkline of awkward values") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const double huge = std::numeric_limits<double>::max();
  CHECK(sparkline({}, 40).empty());
  CHECK(sparkline(std::vector<double>{1, 2}, 0).empty());
  CHECK(sparkline(std::vector<double>{5, 5, 5}, 40) == "▄▄▄");
  CHECK(sparkline(std::vector<double>{nan, nan}, 40) == "  ");
  CHECK(sparkline(std::vector<double>{0, nan, infinity, 7}, 40) == "▁  █");
  CHECK(sparkline(std::vector<double>{-huge, huge, -huge, huge}, 4) == "▁█▁█");
}
