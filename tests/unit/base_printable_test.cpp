#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/printable.hpp"

using namespace atelier;

TEST_CASE("what a terminal would act on is seen instead") {
  CHECK(printable("größer – ▁▂▃ 日本 😀") == "größer – ▁▂▃ 日本 😀");
  CHECK(printable("\x1b]0;evil\x07\x1b[2J") == "␛]0;evil␇␛[2J");
  CHECK(printable("a\nb\tc\rd\x7f") == "a␊b␉c␍d␡");
  CHECK(printable(std::string_view("\0", 1)) == "␀");
  CHECK(printable("\xc2\x9b"
                  "31m") == "�31m");  // one byte of it begins a sequence, too
  CHECK(printable("a\u202Eb\u202Ac\u2066d\u2069e\u2028f") == "a�b�c�d�e�f");
  CHECK(printable_lines("a\n\tb\r\n\x1b[1m") == "a\n\tb␍\n␛[1m");
}

TEST_CASE("bytes that are no UTF-8 are one sign each") {
  CHECK(printable("a\xff"
                  "b\x80") == "a�b�");
  CHECK(printable("\xc3") == "�");                 // cut off
  CHECK(printable("\xe2\x82") == "��");            // cut off
  CHECK(printable("\xc0\x9b") == "��");            // an escape, longer than needed
  CHECK(printable("\xe0\x80\x9b") == "���");       // the same
  CHECK(printable("\xed\xa0\x80") == "���");       // half of a pair
  CHECK(printable("\xf4\x90\x80\x80") == "����");  // beyond the last
  CHECK(printable("\xf8\x88\x80\x80\x80") == "�����");
}

TEST_CASE("JSON stays the same JSON") {
  CHECK(printable_json("{\n  \"ö\x7f\u202E\xc2\x9b\": 1\n}\n") == "{\n  \"ö\\u007f\\u202e\\u009b\": 1\n}\n");
}

TEST_CASE("a name takes one line of an error's message") {
  const std::string name = "none\natelier: error: all is lost\x1b[2J";
  CHECK(Error(ErrorKind::file, "{}: no such file", name).what() ==
        std::string("none␊atelier: error: all is lost␛[2J: no such file"));
  CHECK(Error(ErrorKind::file, "{}: {}", name.c_str(), std::string_view(name).substr(4, 2)).what() ==
        std::string("none␊atelier: error: all is lost␛[2J: ␊a"));
  CHECK(Error(ErrorKind::file, "{} {:>4} {:.1f} {}", true, 7, 0.25, 'x').what() == std::string("true    7 0.2 x"));
  CHECK(Error(ErrorKind::experiment, "one problem\nand another").what() == std::string("one problem\nand another"));
}
