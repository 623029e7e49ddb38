#include <doctest/doctest.h>

#include "base/terminal_table.hpp"

using namespace atelier::terminal;

namespace {

TextTable small() {
  TextTable table{{{"name"}, {"steps", Align::right}, {"status"}}, {}};
  table.add({{"größer"}, {"1,000"}, {"finished", Emphasis::good}});
  table.add({{"b"}, {"7"}, {"failed", Emphasis::bad}});
  return table;
}

}  // namespace

TEST_CASE("columns are aligned by code points and lines have no trailing spaces") {
  CHECK(to_text(small(), {}) ==
        "name    steps  status\n"
        "größer  1,000  finished\n"
        "b           7  failed\n");
}

TEST_CASE("colour does not change the layout") {
  CHECK(shown_lines(to_text(small(), {0, true})) ==
        "\x1b[1mname\x1b[0m    \x1b[1msteps\x1b[0m  \x1b[1mstatus\x1b[0m\n"
        "größer  1,000  \x1b[32mfinished\x1b[0m\n"
        "b           7  \x1b[31mfailed\x1b[0m\n");
}

TEST_CASE("a table that is too wide folds into blocks that repeat the first column") {
  CHECK(to_text(small(), {16, false}) ==
        "name    steps\n"
        "größer  1,000\n"
        "b           7\n"
        "\n"
        "name    status\n"
        "größer  finished\n"
        "b       failed\n");
}

TEST_CASE("a column that is too wide even alone is shortened") {
  TextTable table{{{"k"}, {"value"}}, {}};
  table.add({{"a"}, {"0123456789abcdef"}});
  CHECK(to_text(table, {14, false}) ==
        "k  value\n"
        "a  0123456789…\n");
}

TEST_CASE("a column that wraps goes on below, and has what is left of the line") {
  TextTable table{{{"name"}, {"help", Align::left, true}, {"default", Align::right}}, {}};
  table.add({{"size", Emphasis::strong}, {"how many pixels a side of the picture has"}, {"28"}});
  table.add({{"b"}, {"x"}, {""}});
  CHECK(to_text(table, {}) ==
        "name  help                                       default\n"
        "size  how many pixels a side of the picture has       28\n"
        "b     x\n");
  CHECK(to_text(table, {45, false}) ==
        "name  help                            default\n"
        "size  how many pixels a side of the        28\n"
        "      picture has\n"
        "b     x\n");
  CHECK(to_text(table, {20, false}) ==
        "name  help\n"
        "size  how many\n"
        "      pixels a side\n"
        "      of the picture\n"
        "      has\n"
        "b     x\n"
        "\n"
        "name  default\n"
        "size       28\n"
        "b\n");
}

TEST_CASE("a cell takes one line, whatever it holds") {
  TextTable table{{{"na\nme"}, {"b"}}, {}};
  table.add({{"\x1b[31mx\ny"}, {"\t"}});
  CHECK(shown_lines(to_text(table, {})) ==
        "na␊me     b\n"
        "␛[31mx␊y  ␉\n");
}

TEST_CASE("a table without headings or rows") {
  TextTable table{{{""}, {""}}, {}};
  CHECK(to_text(table, {}).empty());
  table.add({{"a"}, {"b"}});
  CHECK(to_text(table, {}) == "a  b\n");
}

TEST_CASE("comma-separated values are quoted where they have to be") {
  CHECK(csv_record({"a", "", "1.5"}) == "a,,1.5\n");
  CHECK(csv_record({"a,b", "say \"x\"", "two\nlines"}) == "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n");
}
