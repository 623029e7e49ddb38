// A library with a component that cannot be what it says is refused when it is loaded, by name, and stops nothing else.
#include <atelier/abi.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

const fs::path wrong = fs::path(BROKEN_PLUGINS) / "wrong.so";

// Why the library is refused; "" where it is not.
std::string refusal(const std::string& mistake) {
  setenv("MISTAKE", mistake.c_str(), 1);
  const plugin::Registry loaded({wrong, fs::path(TEST_PLUGINS) / "inverted.so"});
  unsetenv("MISTAKE");
  REQUIRE(loaded.find(catalog::Kind::dataset, "inverted") != nullptr);
  const bool refused = loaded.find(catalog::Kind::loss, "wrong") == nullptr;
  REQUIRE(loaded.refusals().size() == (refused ? 1 : 0));
  if (!refused) {
    return "";
  }
  CHECK(loaded.refusals().front().file == wrong);
  std::string reason = loaded.refusals().front().reason;
  CHECK_MESSAGE(reason.starts_with(wrong.string() + ": "), reason);
  return reason.substr(wrong.string().size() + 2);
}

}  // namespace

TEST_CASE("a description without a mistake is taken") {
  CHECK(refusal("").empty());
}

TEST_CASE("each mistake in a description is named, with the component and the setting") {
  const std::string whose = "the loss 'wrong': ";
  const std::string characters = ", expected letters, digits, '_' and '-'";
  const auto size_of = [](size_t bytes) {
    return std::to_string(bytes) + "; hint: every struct begins with its sizeof";
  };
  struct Mistake {
    const char* name;
    std::string reason;
  };
  const std::array mistakes{
      Mistake{"setting twice", whose + "the setting 'lengths' is declared twice"},
      Mistake{"reserved setting", whose + "the setting 'use' has the name of a key of atelier's own"},
      Mistake{"setting without a name", whose + "the setting '' has no name"},
      Mistake{"setting with a dot", whose + "the setting 'a.b' has a '.' in its name" + characters},
      Mistake{"setting of control characters",
              whose + "the setting 'a?[31m' has a control character in its name" + characters},
      Mistake{"setting not in UTF-8", whose + "the setting 'caf?' is not UTF-8"},
      Mistake{"setting of a long name",
              whose + "the setting 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…' has a name of 1000 bytes, expected at "
                      "most 100"},
      Mistake{"help at a null pointer", whose + "the setting 'edges': a text has 5 elements at a null pointer"},
      Mistake{"help without end",
              whose + "the setting 'edges': a text has 9223372036854775807 elements, expected at most 1048576"},
      Mistake{"help of control characters", whose + "the setting 'edges': its help has a control character"},
      Mistake{"default too small", whose + "the setting 'lengths' has the default 0, expected at least its minimum, 1"},
      Mistake{"default too large", whose + "the setting 'lengths' has the default 4, expected at most its maximum, 3"},
      Mistake{"default no choice", whose + "the setting 'edges' has the default 'softer', expected soft or hard"},
      Mistake{"default of an unknown type",
              whose + "the setting 'edges': a value has the type 99, expected one of atl_value_type"},
      Mistake{"default at a null pointer", whose + "the setting 'lengths': a list has 3 elements at a null pointer"},
      Mistake{"default without end",
              whose + "the setting 'lengths': a list has 18446744073709551615 elements, expected at most 10000"},
      Mistake{"default nan", whose + "the setting 'x' has the default nan, expected a finite number"},
      Mistake{"minimum above maximum",
              whose + "the setting 'lengths' has the minimum 10, expected at most its maximum, 3"},
      Mistake{"minimum nan", whose + "the setting 'lengths' has the minimum nan, expected a finite number"},
      Mistake{"range of a text", whose + "the setting 'edges' has a range, expected none for a string"},
      Mistake{"choices of integers", whose + "the setting 'lengths' has choices, expected none for a list of integers"},
      Mistake{"choice twice", whose + "the setting 'edges' has the choice 'soft' twice"},
      Mistake{"choices at a null pointer",
              whose + "the setting 'edges': its list of choices has 2 elements at a null pointer"},
      Mistake{"setting of size 0",
              whose + "setting 1 has a struct of size 0, expected " + size_of(sizeof(atl_setting))},
      Mistake{"second setting of size 0",
              whose + "setting 2 has a struct of size 0, expected " + size_of(sizeof(atl_setting))},
      Mistake{"setting of a huge size",
              whose + "setting 1 has a struct of size 4611686018427387903, expected " + size_of(sizeof(atl_setting))},
      Mistake{"setting of a small size",
              whose + "setting 1 has a struct of size 16, expected " + size_of(sizeof(atl_setting))},
      Mistake{"settings at a null pointer", whose + "setting 1 is a null pointer"},
      Mistake{"settings without end", whose + "setting: got 18446744073709551615 of them, expected at most 1000"},
      Mistake{"slots of a loss", whose + "it has loss slots, expected them of a model only"},
      Mistake{"description of size 0",
              "a loss: its description has a struct of size 0, expected " + size_of(sizeof(atl_description))},
      Mistake{"description at a null pointer", "a loss: its description is a null pointer"},
      Mistake{"name at a null pointer", "a loss: a text has 5 elements at a null pointer"},
      Mistake{"no name", "the loss '': it has no name"},
      Mistake{"name with a slash", "the loss 'a/b': it has a '/' in its name" + characters},
      Mistake{"no role", whose + "its role has no name"},
      Mistake{"component of size 0", "a component has a struct of size 0, expected " + size_of(sizeof(atl_component))},
      Mistake{"component at a null pointer", "a component is a null pointer"},
      Mistake{"component twice", "the loss 'wrong' is brought twice"},
      Mistake{"interface at a null pointer", "a text has 5 elements at a null pointer"},
      Mistake{"components at a null pointer", "its list of components has 1 elements at a null pointer"},
      Mistake{"components without end",
              "its list of components has 18446744073709551615 elements, expected at most 1000"},
      Mistake{"no components", "it brings no components"},
      Mistake{"table at a null pointer", whose + "its table is a null pointer"},
      Mistake{"table of size 0", whose + "its table has a struct of size 0, expected " + size_of(sizeof(atl_loss_v1))},
      Mistake{"function at a null pointer", whose + "its function 'call' is a null pointer"},
      Mistake{"plugin's name at a null pointer", "a text has 5 elements at a null pointer"}};
  for (const Mistake& mistake : mistakes) {
    const std::string reason = refusal(mistake.name);
    CHECK_MESSAGE(reason.starts_with(mistake.reason), std::string(mistake.name), ": ", reason);
  }
}

TEST_CASE("a component of an interface that this host does not know is named, and stands in nobody's way") {
  setenv("MISTAKE", "interface unknown", 1);
  const plugin::Registry loaded({wrong, fs::path(TEST_PLUGINS) / "inverted.so"});
  unsetenv("MISTAKE");
  CHECK(loaded.refusals().empty());
  CHECK(loaded.find(catalog::Kind::dataset, "inverted") != nullptr);
  const std::vector<catalog::Description> all = loaded.descriptions();
  const auto unknown = std::ranges::find(all, catalog::Kind::unknown, &catalog::Description::kind);
  REQUIRE(unknown != all.end());
  CHECK(unknown->name == "wrong");
  CHECK(unknown->interface_name == "atelier.oven/1");
  CHECK(contains(message_of([&] {
                   experiment::parse("name = \"x\"\n[dataset]\nuse = \"inverted\"\n[model]\nuse = \"wrong\"\n",
                                     "x.toml", {}, {}, all);
                 }),
                 "got 'wrong', which is of the interface 'atelier.oven/1', which this atelier does not know ("));
}

TEST_CASE("what a dataset says of its samples is looked at, and its name comes with what is wrong") {
  struct Mistake {
    const char* name;
    std::string reason;  // "" for none
  };
  const std::array mistakes{
      Mistake{"none", ""},
      Mistake{"no range", ""},
      Mistake{"float64", "the field 'image' has the dtype ATL_FLOAT64, expected ATL_FLOAT32, ATL_INT64 or ATL_UINT8"},
      Mistake{"dtype 99", "the field 'image' has the dtype 99, expected ATL_FLOAT32, ATL_INT64 or ATL_UINT8"},
      Mistake{"infinite",
              "the field 'image' has values from 0 to inf, expected finite ones, whose difference is "
              "finite in float32 too"},
      Mistake{"huge range", "the field 'image' has values from -1e+308 to 1e+308, expected finite ones"},
      Mistake{"wide range", "the field 'image' has values from -3e+38 to 3e+38, expected finite ones"},
      Mistake{"nan", "the field 'image' has values from nan to 1, expected finite ones"},
      Mistake{"upside down", "the field 'image' has values from 1 to 0, expected a high above the low"},
      Mistake{"one value", "the field 'image' has values from 1 to 1, expected a high above the low"},
      Mistake{"equal in float32", "the field 'image' has values from 1000000000 to 1000000001, expected a high above"},
      Mistake{"negative classes", "the field 'label' has -1 classes, expected at least 0"},
      Mistake{"classes of floats", "the field 'image' has classes, expected them of integers only"},
      Mistake{"empty axis", "the field 'image' has the shape (1, 0, 4), expected lengths of at least 1"},
      Mistake{"negative axis", "the field 'image': its shape has an axis of -4, expected lengths of at least 1"},
      Mistake{"overflow",
              "the field 'image': its shape: (4294967296, 4294967296) has more elements than any machine has memory "
              "for"},
      Mistake{"many axes", "the field 'image': its shape has 9 elements, expected at most 8"},
      Mistake{"twice", "the field 'image' is declared twice"},
      Mistake{"slash", "the field 'a/b' has a '/' in its name"},
      Mistake{"no fields", "it has 0 fields, expected 1 to 16"},
      Mistake{"many fields", "it has 17 fields, expected 1 to 16"},
      Mistake{"negative count", "it has -1 test samples, expected at least 0"},
      Mistake{"large count",
              "it has 4294967301 training samples, expected at most 2147483647: the order of an epoch "
              "is kept in memory; hint: "},
      Mistake{"large test count", "it has 1099511627776 test samples, expected at most 2147483647"}};
  for (const Mistake& mistake : mistakes) {
    const catalog::Settings settings{
        {"mistake", std::string(mistake.name)}, {"count", int64_t{20}}, {"label_of_7", int64_t{1}}};
    const std::string message = message_of([&] {
      const plugin::Dataset dataset(registry(), {"careless", settings, {}}, {}, {});
    });
    const std::string expected =
        mistake.reason.empty() ? "nothing was thrown" : "dataset 'careless': " + mistake.reason;
    CHECK_MESSAGE(message.starts_with(expected), std::string(mistake.name), ": ", message);
  }
}

TEST_CASE("names that are only known when a component is made are looked at then") {
  const auto said = [](const std::string& text) { return message_of([&] { const Bench bench(make(text)); }); };
  CHECK(said("[model]\nuse = \"named-group\"\ngroup = \"a.b\"\n") ==
        "model 'named-group': the parameter group 'a.b' has a '.' in its name, expected letters, digits, '_' and '-'");
  CHECK(said("[model]\nuse = \"quiet\"\n[optimizer]\nuse = \"two-arrays\"\n") ==
        "optimizer 'two-arrays': keeps the array 'm' twice");

  const auto measured = [](const std::string& first) {
    TempFolder folder;
    return message_of([&] {
      train(folder, make("[model]\nuse = \"quiet\"\n[metric.x]\nuse = \"named-results\"\nfirst = \"" + first + "\"\n"));
    });
  };
  CHECK(measured("a") == "nothing was thrown");
  CHECK(measured("b") == "metric 'named-results': the array 'b' is declared twice");
  CHECK(measured("c/d") == "metric 'named-results': the array 'c/d' has a '/' in its name, which is no name in a log");
}
