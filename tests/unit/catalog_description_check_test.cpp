#include <doctest/doctest.h>

#include <algorithm>

#include "catalog/description_check.hpp"
#include "catalog/names.hpp"

using namespace atelier;
using namespace atelier::catalog;

namespace {

Description model_with(std::vector<LossSlot> slots) {
  Description model;
  model.name = "m";
  model.slots = std::move(slots);
  return model;
}

}  // namespace

TEST_CASE("names are letters of any script, digits, '_' and '-'; texts are UTF-8 without control characters") {
  for (const char* name : {"latent", "beta_1", "non-saturating", "größe", "β1", "层"}) {
    CHECK_MESSAGE(problem_of_name(name).empty(), name);
  }
  for (const char* name : {"", "a.b", "a/b", "a b", "a=b", "a\"b", "[a]", "a#", "a\n", "a\x7f", "\xc2\x85", "\xff",
                           "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    CHECK_MESSAGE(!problem_of_name(name).empty(), name);
  }
  CHECK(problem_of_text("Two lines,\n\tand \"quotes\": β = 1/2 😀").empty());
  CHECK(problem_of_text("").empty());
  CHECK(problem_of_text("\x1b[2J") == "has a control character");
  CHECK(problem_of_text("caf\xe9") == "is not UTF-8");
  CHECK(problem_of_text(std::string(20'001, 'a')) == "has 20001 bytes, expected at most 20000");
}

TEST_CASE("loss slots: each once, with a role") {
  CHECK(problems_of(model_with({{"a", "reconstruction", "bce", ""}, {"b", "reconstruction", "", ""}})).empty());
  CHECK(problems_of(model_with({{"a", "reconstruction", "bce", ""}, {"a", "reconstruction", "mse", ""}})) ==
        std::vector<std::string>{"the loss slot 'a' is declared twice"});
  CHECK(problems_of(model_with({{"a", "", "bce", ""}})) ==
        std::vector<std::string>{"the loss slot 'a': its role has no name"});
  CHECK(problems_of(model_with({{"a/b", "reconstruction", "b.c", ""}})).size() == 2);
}

TEST_CASE("all mistakes are said at once; a default is not looked at where there is none, or no sane range") {
  Description description = model_with({});
  description.name = "a b";
  SettingDescription setting;
  setting.name = "n";
  setting.type = SettingType::integer;
  setting.default_value = int64_t{0};
  setting.minimum = 1;
  description.settings = {setting, setting};
  CHECK(problems_of(description) ==
        std::vector<std::string>{"it has a ' ' in its name, expected letters, digits, '_' and '-'",
                                 "the setting 'n' has the default 0, expected at least its minimum, 1",
                                 "the setting 'n' has the default 0, expected at least its minimum, 1",
                                 "the setting 'n' is declared twice"});
  description.name = "m";
  setting.required = true;
  description.settings = {setting};
  CHECK(problems_of(description).empty());
  setting.required = false;
  setting.maximum = 0;
  description.settings = {setting};
  CHECK(problems_of(description) ==
        std::vector<std::string>{"the setting 'n' has the minimum 1, expected at most its maximum, 0"});
}
