#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>

#include "base/error.hpp"
#include "experiment/experiment.hpp"
#include "experiment/nesting.hpp"

using namespace atelier::experiment;

namespace {

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    all += text;
  }
  return all;
}

std::string refusal_of(const std::string& text) {
  try {
    flatten(text, "log");
  } catch (const atelier::Error& error) {
    return error.what();
  }
  return "none";
}

// The place of the first that is too deep, "line:column"; "" where there is none.
std::string deep_at(const std::string& text) {
  const auto position = find_too_deep(text);
  return position ? fmt::format("{}:{}", position->line, position->column) : "";
}

}  // namespace

TEST_CASE("what is nested too deep is refused with its place, in whatever way it is nested") {
  const std::string deep = ": nested deeper than 64 levels";
  CHECK(refusal_of("x = 1\na" + times(100'000, ".a") + " = 1\n") == "log:2:129" + deep);
  CHECK(refusal_of("[a" + times(100'000, ".a") + "]\n") == "log:1:130" + deep);
  CHECK(refusal_of("[[a" + times(100'000, " . a") + "]]\n") == "log:1:259" + deep);
  CHECK(refusal_of("a" + times(100'000, ".\"ä\"") + " = 1\n") == "log:1:255" + deep);
  CHECK(refusal_of("a = " + times(100'000, "[") + times(100'000, "]")) == "log:1:68" + deep);
  CHECK(refusal_of("a = [" + times(100'000, "\n[")) == "log:64:1" + deep);
  CHECK(refusal_of("a = " + times(100'000, "{a=")) == "log:1:99" + deep);
  CHECK(refusal_of("[a.b.c]\nd = [{" + times(20, "a.a.a = {") + "a = [").starts_with("log:2:"));
}

TEST_CASE("what is long or wide is not deep") {
  std::string wide = "a = [" + times(1000, "[1.5, 2.5], {x.y = 1.0}, ") + "]\n";
  for (int i = 0; i < 1000; ++i) {
    wide += fmt::format("[t{}.u]\nk.l = {{m = [ # [[[\n 1,\n 2 ]}}\n", i);
  }
  CHECK(deep_at(wide).empty());
  CHECK(deep_at("a" + times(58, ".a") + " = [{a = 1}]").empty());
}

TEST_CASE("strings and comments hold no nesting") {
  const std::string dots = "a" + times(100, ".a");
  const std::string brackets = times(100, "[");
  for (const std::string& text : {dots, brackets}) {
    CHECK(deep_at("a = \"" + text + "\"\n").empty());
    CHECK(deep_at("a = '" + text + "\\'\n").empty());
    CHECK(deep_at("a = \"\\\"" + text + "\\\\\" # " + text + "\n").empty());
    CHECK(deep_at("a = \"\"\"\n\"\"" + text + "\\\"\"\"\n" + text + "\"\"\"\"\"\n").empty());
    CHECK(deep_at("a = '''\n''" + text + "\\'''\n").empty());
    CHECK_FALSE(deep_at("a = ''\nb = " + text).empty());
    CHECK_FALSE(deep_at("a = \"\"\"\"\"\"\nb = " + text).empty());
    CHECK_FALSE(deep_at("a = \"\"\"x\"\"\"\"\"\nb = " + text).empty());
    CHECK_FALSE(deep_at("a = \"#\"\nb = " + text).empty());
  }
}

TEST_CASE("a number that would be 0 is refused, with its place") {
  const std::string reason = ", which would be 0: the smallest number is about 5e-324";
  CHECK(refusal_of("a = 1e-400") == "log:1:5: got 1e-400" + reason);
  CHECK(refusal_of("a = 1\r\n\r\nb = ['ä', -1_0.0e-4_00,\n 2]") == "log:3:11: got -1_0.0e-4_00" + reason);
  CHECK(flatten("a = [0.0, -0.0, 0e-400, 5e-324, 1e-320]\n").size() == 1);
}
