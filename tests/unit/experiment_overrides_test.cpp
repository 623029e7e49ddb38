#include <doctest/doctest.h>
#include <fmt/core.h>

#include "experiment_catalog.hpp"

using namespace atelier::experiment;
using namespace atelier::experiment::testing;
using atelier::catalog::Value;

TEST_CASE("overrides replace what the file says, the last one wins") {
  const auto experiment = parse_text(minimal("model.latent = 5\n"), {"model.latent=10", "seed=3", "model.latent = 12"});
  CHECK(experiment.model.settings.at("latent") == Value(int64_t{12}));
  CHECK(experiment.model.places.at("latent").text() == "<override \"model.latent = 12\">");
  CHECK(experiment.seed == 3);
  CHECK(experiment.sample.seed == 3);
  CHECK(experiment.overrides.size() == 3);
}

TEST_CASE("overrides may add tables, and merge into those that exist") {
  const auto experiment = parse_text(minimal("model.latent = 5\n"),
                                     {"log.weights=7", "model={bias=false}", "optimizer.\"a b\".learning_rate=1"});
  CHECK(experiment.log.weights == 7);
  CHECK(experiment.model.settings.at("latent") == Value(int64_t{5}));
  CHECK(experiment.model.settings.at("bias") == Value(false));
  CHECK(experiment.group_optimizers.at("a b").settings.at("learning_rate") == Value(1.0));
}

TEST_CASE("the value is a TOML literal, and a string where it is none") {
  CHECK(parse_text(minimal(), {"tags=[\"a\", \"b\"]"}).tags.size() == 2);
  CHECK(parse_text(minimal(), {"name=fashion-1.2"}).name == "fashion-1.2");
  CHECK(parse_text(minimal(), {"evaluate.metric=\"a=b\""}).evaluate.metric == "a=b");
  CHECK(parse_text(minimal(), {"evaluate.metric=a=b"}).evaluate.metric == "a=b");
  CHECK(parse_text(minimal(), {"evaluate.metric=say \"x\""}).evaluate.metric == "say \"x\"");
  CHECK(parse_text(minimal(), {"evaluate.metric=a\nseed=7"}).seed == 0);
  CHECK(report(minimal(), {"tags=[a"}) ==
        "<override \"tags=[a\">: tags: got the string '[a', expected a list of strings");
}

TEST_CASE("for a text, a bare value is what was written, whatever else it looks like") {
  for (const std::string id : {"20799e41", "12345678", "0e123456", "12e-3", "0x10", "true", "inf", "2024-05-27"}) {
    const auto experiment = parse_text(minimal(), {"evaluate.metric=" + id, "name=" + id});
    CHECK(experiment.evaluate.metric == id);
    CHECK(experiment.name == id);
    CHECK(experiment.resolved_text.find("metric = \"" + id + "\"\n") != std::string::npos);
  }
  CHECK(
      report(minimal(), {"name=07:32:00"}) ==
      "<override \"name=07:32:00\">: name: got the date or time 07:32:00, expected letters, digits, '.', '_' and '-', "
      "and not only dots");
  CHECK(report(minimal(), {"model.latent=1e3"}) ==
        "<override \"model.latent=1e3\">: model.latent: got 1e3, expected an integer in [1, 1024]");
  CHECK(report(minimal("[evaluate]\nmetric = 12345678\n"), {}) ==
        "tiny.toml:7:10: evaluate.metric: got 12345678, expected a string");
}

TEST_CASE("an unknown key, or a value where a table is, is told as in the file") {
  CHECK(report(minimal(), {"model.latnt=3"}) ==
        "<override \"model.latnt=3\">: model.latnt: got an unknown key; did you mean 'latent'?");
  CHECK(report(minimal(), {"model.latent.x=3"}) ==
        "<override \"model.latent.x=3\">: model.latent: got a table, expected an integer in [1, 1024]");
  CHECK(report(minimal(), {"train=3"}) == "<override \"train=3\">: train: got 3, expected a table");
}

TEST_CASE("what is no override") {
  const std::string expected = ": got no key and value, expected key=value with a key such as model.latent";
  for (const std::string text : {"epochs", "=3", "a..b=1", "[a]=1", "#a=1", "a b=1", "\"a=1", ""}) {
    CHECK(report(minimal(), {text}) == fmt::format("<override \"{}\">{}", text, expected));
  }
  CHECK(report(minimal(), {"a\nb=1"}) == "<override \"a␊b=1\">" + expected);
}

TEST_CASE("the value is one value: what a comment would hide is refused") {
  const auto comment = [](const std::string& text) {
    return report(minimal(), {text}) ==
           "<override \"" + text +
               "\">: got a value and a comment, expected one value; hint: a text with '#' needs quotes";
  };
  CHECK(comment("seed=7#3"));
  CHECK(comment("seed=7 # the best"));
  CHECK(comment("name=\"a\"#b"));
  CHECK(comment("tags=[\"a\"] # ]"));
  CHECK(parse_text(minimal(), {"evaluate.metric=\"a # b\""}).evaluate.metric == "a # b");
  CHECK(parse_text(minimal(), {"evaluate.metric='a # b'"}).evaluate.metric == "a # b");
  CHECK(parse_text(minimal(), {"evaluate.metric=a # b"}).evaluate.metric == "a # b");  // no TOML, so all of it is text
  CHECK(parse_text(minimal(), {"tags=['#1', \"#2\"]"}).tags == std::vector<std::string>{"#1", "#2"});
}

TEST_CASE("an override that is nested too deep says so, and is not printed whole") {
  std::string dots = "a";
  std::string brackets;
  for (int i = 0; i < 30'000; ++i) {
    dots += ".a";
    brackets += "[";
  }
  for (const std::string& text : {dots + "=1", "tags=" + brackets, "seed={" + dots + "=1}"}) {
    const std::string said = report(minimal(), {text});
    CHECK(said.ends_with(": nested deeper than 64 levels"));
    CHECK(said.size() < 200);
  }
}
