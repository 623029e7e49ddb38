// The expressions that runs are chosen by, and what keys of runs mean.
#include <doctest/doctest.h>
#include <fmt/ranges.h>

#include <chrono>
#include <limits>

#include "base/error.hpp"
#include "compare/filter.hpp"
#include "compare/moments.hpp"
#include "compare/run_keys.hpp"
#include "compare/selection.hpp"

using namespace atelier;
using compare::Condition;
using compare::RunSummary;

namespace {

template <typename Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "no error";
}

// With all parentheses.
std::string shape_of(const Condition& condition) {
  std::vector<std::string> parts;
  for (const Condition& part : condition.parts) {
    parts.push_back(shape_of(part));
  }
  switch (condition.kind) {
    case Condition::Kind::any:
      return fmt::format("({})", fmt::join(parts, " or "));
    case Condition::Kind::all:
      return fmt::format("({})", fmt::join(parts, " and "));
    case Condition::Kind::negation:
      return "not " + parts.front();
    case Condition::Kind::comparison:
      break;
  }
  return fmt::format("{} {} {}", condition.key, to_string(condition.relation), described(condition.value));
}

std::string parsed(const std::string& text) {
  return shape_of(compare::parse_filter(text).condition);
}

RunSummary run_of(const std::string& id, std::map<std::string, std::string> settings, double loss) {
  RunSummary run;
  run.path = "runs/vae/" + id + ".h5";
  run.state = compare::State::finished;
  run.run_id = id;
  run.name = "vae";
  run.seed = std::numeric_limits<uint64_t>::max();
  run.created_utc = "2026-01-31T12:00:00.5Z";
  run.settings = std::move(settings);
  compare::Final final;
  final.cadence = "eval";
  final.split = "test";
  final.name = "loss";
  final.last = loss;
  run.finals.push_back(final);
  final.cadence = "train";
  final.split = "train";
  run.finals.push_back(final);
  run.best.value = loss;
  run.best.metric = "test/loss";
  return run;
}

std::vector<RunSummary> example() {
  std::vector<RunSummary> runs;
  runs.push_back(run_of("00000001",
                        {{"model.use", "\"vae\""},
                         {"model.latent", "20"},
                         {"model.hidden", "[512, 256]"},
                         {"optimizer.learning_rate", "0.001"},
                         {"train.epochs", "10"}},
                        3));
  runs.push_back(run_of("00000002",
                        {{"model.use", "\"gan\""},
                         {"model.hidden", "[64]"},
                         {"optimizer.learning_rate", "0.1"},
                         {"optimizer.critic.learning_rate", "0.2"},
                         {"start.from", "\"20799e41\""},
                         {"train.epochs", "2"}},
                        1));
  runs.push_back(run_of("ab12cd34",
                        {{"model.use", "\"vae\""},
                         {"model.latent", "5"},
                         {"model.hidden", "[512]"},
                         {"optimizer.learning_rate", "1e-2"},
                         {"train.epochs", "10"}},
                        std::numeric_limits<double>::quiet_NaN()));
  runs[0].tags = {"good", "first"};
  runs[1].tags = {"bad"};
  runs[1].state = compare::State::failed;
  runs[2].created_utc = "2026-03-01T00:00:00Z";
  RunSummary broken;
  broken.path = "runs/vae/broken.h5";
  broken.problem = "it is not an HDF5 file";
  broken.bytes = 9;
  runs.push_back(broken);
  return runs;
}

// The first and last digit of each id; and what was lacking.
std::string chosen(const std::string& filter) {
  const std::vector<RunSummary> runs = example();
  const compare::Selection found = compare::select(runs, compare::RunKeys(runs), compare::parse_filter(filter));
  std::string text;
  for (const RunSummary& run : found.runs) {
    text += run.run_id.empty() ? "x" : std::string(1, run.run_id.back());
  }
  for (const auto& [name, count] : found.lacking) {
    text += fmt::format(" {}:{}", name, count);
  }
  return text;
}

}  // namespace

TEST_CASE("not binds before and, and before or; parentheses before all") {
  CHECK(parsed("a=1") == "a = 1");
  CHECK(parsed("a = 1 or b = 2 and not c = 3") == "(a = 1 or (b = 2 and not c = 3))");
  CHECK(parsed("(a = 1 or b = 2) and c = 3 and d=4") == "((a = 1 or b = 2) and c = 3 and d = 4)");
  CHECK(parsed("not (a < 1 or not b >= 2)") == "not (a < 1 or not b >= 2)");
  CHECK(parsed("a not in [1, 2]") == "not a in the list [1, 2]");
  CHECK(parsed("a != true and b == false") == "(a != true and b = false)");
}

TEST_CASE("values are numbers, truths, lists, and texts with quotes or without") {
  CHECK(parsed("a <= -1.5e-3") == "a <= -0.0015");
  CHECK(parsed("a = +2") == "a = 2");
  CHECK(parsed("a = 18446744073709551615") == "a = 18446744073709551615");
  CHECK(parsed("a = \"10\"") == "a = the text '10'");
  CHECK(parsed("a = 'it \"is\"'") == "a = the text 'it \"is\"'");
  CHECK(parsed("created > 2026-01-31T12:00") == "created > the text '2026-01-31T12:00'");
  CHECK(parsed("name matches vae-*") == "name matches the text 'vae-*'");
  CHECK(parsed("`a key, and more` = größer") == "a key, and more = the text 'größer'");
  CHECK(parsed("a = []") == "a = the list []");
  CHECK(parsed("eval/loss<1") == "eval/loss < 1");
}

TEST_CASE("what is no expression is refused with a caret at the place") {
  const auto refusal = [](const std::string& text) { return message_of([&] { compare::parse_filter(text); }); };
  CHECK(refusal("a <") == "filter: got the end, expected a value\n  a <\n     ^");
  CHECK(refusal("a = 1 b = 2") == "filter: got 'b', expected 'and', 'or' or the end\n  a = 1 b = 2\n        ^");
  CHECK(refusal("(a = 1") == "filter: got the end, expected 'and', 'or' or ')'\n  (a = 1\n        ^");
  CHECK(refusal("a = 1 and") ==
        "filter: got the end, expected a setting, a metric or a fact of runs\n  a = 1 and\n           ^");
  CHECK(refusal("größe ~ 1") ==
        "filter: got '~', expected =, !=, <, <=, >, >=, 'contains', 'matches' or 'in'\n  größe ~ 1\n        ^");
  CHECK(refusal("a = 'x") == "filter: this ' is never closed\n  a = 'x\n      ^");
  CHECK(refusal("a in 3") == "filter: got 3, expected a list: in [VALUE, ...]\n  a in 3\n       ^");
  CHECK(refusal("a not = 3") == "filter: got '=', expected 'contains', 'matches' or 'in'\n  a not = 3\n        ^");
  CHECK(refusal("a = [1 2]") == "filter: got '2', expected ',' or ']'\n  a = [1 2]\n         ^");
  CHECK(refusal(std::string(1000, '(')).starts_with("filter: got '(', expected less that is nested\n"));
  CHECK(refusal("a\n\x1b = ").find('\x1b') == std::string::npos);
}

TEST_CASE("no text is worse than refused") {
  const std::vector<std::string> words{"a", "not", "and", "or",       "(",       ")",  "[",    "]",
                                       ",", "=",   "<",   "!=",       "in",      "1",  "'x'",  "`k`",
                                       " ", "'",   "\"",  "contains", "matches", "==", "größe"};
  uint32_t random = 1;
  int parsed_ones = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (int k = 0; k < 1 + i % 9; ++k) {
      random = random * 1664525U + 1013904223U;
      text += words[(random >> 16U) % words.size()] + ((random >> 8U) % 3 == 0 ? " " : "");
    }
    const std::string outcome = message_of([&] { compare::parse_filter(text); });
    parsed_ones += outcome == "no error" ? 1 : 0;
    CHECK((outcome == "no error" || outcome.starts_with("filter: ")));
  }
  CHECK(parsed_ones > 20);
}

TEST_CASE("an expression is told from a name by its comparison") {
  for (const char* filter : {"a=1", "learning_rate < 0.01", "name matches 'vae-*'", "tags contains x", "seed in [1]"}) {
    CHECK_MESSAGE(compare::looks_like_filter(filter), filter);
  }
  for (const char* name : {"vae", "runs/vae", "vae@all", "vae-*", "3c4a", "contains", "my runs in may"}) {
    CHECK_MESSAGE(compare::looks_like_filter(name) == (std::string(name) == "my runs in may"), name);
  }
}

TEST_CASE("runs are chosen by settings, metrics and facts") {
  CHECK(chosen("model.use = vae and optimizer.learning_rate < 0.01") == "1");
  CHECK(chosen("optimizer.learning_rate <= 0.01") == "14");
  CHECK(chosen("latent = 20 or model.use = gan") == "12");  // whatever the other half is
  CHECK(chosen("not model.use = 'vae'") == "2");
  CHECK(chosen("eval/loss < 2") == "2 eval/loss:1");
  CHECK(chosen("test/loss >= 1 and train/loss < 5") == "12 test/loss:1 train/loss:1");
  CHECK(chosen("status in [failed, broken]") == "2x");
  CHECK(chosen("seed = 18446744073709551615") == "124");
  CHECK(chosen("seed < 18446744073709551615") == "");
  CHECK(chosen("id = 00000002") == "2");  // although it looks like a number
  CHECK(chosen("start.from = 20799e41") == "2 start.from:2");
  CHECK(chosen("start.from in [ab12cd34, 20799e41]") == "2 start.from:2");
  CHECK(chosen("id matches 0*") == "12");
  CHECK(chosen("created >= 2026-03-01") == "4");
  CHECK(chosen("created < 2026-01-31T12:00:00.6Z") == "12");
  CHECK(chosen("created > 2026") == "124");
  CHECK(chosen("path contains broken and size < 10") == "x");
}

TEST_CASE("a time that is written less exactly is equal to all times in it") {
  for (const char* time :
       {"2026-01-31", "2026-01", "2026-01-31T12:00:00Z", "'2026-01-31T12:00'", "2026-01-31T12:00:00.50Z"}) {
    CHECK_MESSAGE(chosen(fmt::format("created = {}", time)) == "12", time);
    CHECK_MESSAGE(chosen(fmt::format("created != {}", time)) == "4", time);
    CHECK_MESSAGE(chosen(fmt::format("created in [2025-12-31, {}]", time)) == "12", time);
    CHECK_MESSAGE(chosen(fmt::format("created not in [{}]", time)) == "4", time);
  }
  CHECK(chosen("created = 2026") == "124");
  CHECK(chosen("created in [2026-03-01, 2026-01-31]") == "124");
  for (const char* time : {"2026-01-31T12:00:00.51Z", "2026-02-01", "today", "yesterday", "'7 days ago'"}) {
    CHECK_MESSAGE(chosen(fmt::format("created = {}", time)) == "", time);
  }
  CHECK(chosen("created < '3 weeks ago' or created >= '3 weeks ago'") == "124");
}

TEST_CASE("a run is compared with no moment that there is not") {
  for (const char* comparison : {"> 2026-01-3", "< 202", "= ''", "!= 2026-13", "> 2026-02-30", "= 2026-01-31T24:00",
                                 "> '7 days'", "= tomorow", "in [2026, never]"}) {
    const std::string said = message_of([&] { chosen(std::string("created ") + comparison); });
    CHECK_MESSAGE(said.starts_with("filter: 'created' is a date, got the text '"), said);
    CHECK(said.find(", expected a date as 2026-01-31, or 2026-01, 2026, or 2026-01-31T12:30; today, yesterday, or "
                    "'7 days ago'") != std::string::npos);
  }
  CHECK(message_of([] { chosen("created = yesterdy"); }).find("; did you mean 'yesterday'?") != std::string::npos);
  CHECK(chosen("created contains 01-31") == "12");
}

TEST_CASE("words for moments are those of a clock in UTC") {
  using namespace std::chrono;
  const auto now = sys_days(year(2026) / March / 1) + hours(0) + minutes(30) + seconds(5);
  CHECK(compare::moment_of("today", now) == "2026-03-01");
  CHECK(compare::moment_of("yesterday", now) == "2026-02-28");
  CHECK(compare::moment_of("7 days ago", now) == "2026-02-22");
  CHECK(compare::moment_of("1 week ago", now) == "2026-02-22");
  CHECK(compare::moment_of("2 hours ago", now) == "2026-02-28T22:30:05");
  CHECK(compare::moment_of("90 minutes ago", now) == "2026-02-28T23:00:05");
  CHECK(compare::moment_of("2026-01-31 12:30", now) == "2026-01-31T12:30");
  CHECK_FALSE(compare::moment_of("days ago", now));
}

TEST_CASE("what can be no run's is refused, and a text that none has is said") {
  CHECK(
      message_of([] { chosen("seed in []"); }).starts_with("filter: got an empty list, expected one that has a value"));
  CHECK(message_of([] { chosen("eval/loss = nan"); }).starts_with("filter: got nan, which no number is equal to"));
  const auto hints = [](const char* filter) {
    const std::vector<RunSummary> runs = example();
    return compare::select(runs, compare::RunKeys(runs), compare::parse_filter(filter)).hints;
  };
  CHECK(hints("model.use = vea") ==
        std::vector<std::string>{"no run here has the text 'vea' as its 'model.use'; did you mean 'vae'?"});
  CHECK(hints("tag in [good, godo]") ==
        std::vector<std::string>{"no run here has the text 'godo' as its 'tags'; did you mean 'good'?"});
  CHECK(hints("model.use = vae and tag != good and model.latent = 77 and name contains xyz").empty());
}

TEST_CASE("tags and lists are compared by their items") {
  CHECK(chosen("tag = good") == "1");
  CHECK(chosen("tags contains good or tag = bad") == "12");
  CHECK(chosen("tag != good") == "24");
  CHECK(chosen("tag matches *st") == "1");
  CHECK(chosen("tag contains oo") == "");  // an item, not a part of one
  CHECK(chosen("model.hidden contains 512") == "14");
  CHECK(chosen("hidden = [512]") == "4");
  std::vector<RunSummary> runs = example();
  runs[0].tags = {"true", "12"};
  for (const char* filter : {"tag = true", "tags contains true", "tag in [false, true]", "tag = 12"}) {
    const compare::Selection found = compare::select(runs, compare::RunKeys(runs), compare::parse_filter(filter));
    CHECK_MESSAGE(found.runs.size() == 1, filter);
  }
  CHECK(chosen("hidden != [512, 256]") == "24");
}

TEST_CASE("a run that lacks a key is left out, whatever is asked of it, and counted") {
  CHECK(chosen("model.latent < 100") == "14 model.latent:1");
  CHECK(chosen("not model.latent < 100") == " model.latent:1");
  CHECK(chosen("model.latent = 20 and model.use = vae") == "1");  // false all the same
  CHECK(chosen("epochs = 10 and model.latent = 5") == "4");
}

TEST_CASE("a key that no run has, and one that can mean several, are refused where they stand") {
  const auto refusal = [](const std::string& text) { return message_of([&] { chosen(text); }); };
  CHECK(refusal("model.use = vae and model.latnt = 3") ==
        "filter: no run has 'model.latnt'; did you mean 'model.latent'?\n  model.use = vae and model.latnt = 3\n"
        "                      ^");
  CHECK(refusal("learning_rat < 1").find("; did you mean 'learning_rate'?\n") != std::string::npos);
  CHECK(refusal("learning_rate < 1") ==
        "filter: 'learning_rate' can mean optimizer.critic.learning_rate or optimizer.learning_rate\n"
        "  learning_rate < 1\n  ^");
  CHECK(refusal("loss < 1").starts_with("filter: 'loss' can mean eval/loss or train/loss\n"));
  CHECK(refusal("train = 1").starts_with("filter: 'train' is a table, expected one of its settings: train.epochs\n"));
  CHECK(refusal("xyzzy = 1").starts_with("filter: no run has 'xyzzy', expected a setting by its key, a metric"));
}

TEST_CASE("a value of another kind is refused where it stands") {
  const auto refusal = [](const std::string& text) { return message_of([&] { chosen(text); }); };
  CHECK(refusal("latent < many") ==
        "filter: 'model.latent' is a number, got the text 'many'\n  latent < many\n           ^");
  CHECK(refusal("model.use = 3").starts_with("filter: 'model.use' is a text, got 3\n"));
  CHECK(refusal("start.from = 207.99e43").starts_with("filter: 'start.from' is a text, got "));  // another text
  CHECK(refusal("latent contains 2").starts_with("filter: 'model.latent' is a number, expected a text or a list for"));
  CHECK(
      refusal("latent matches 2*").starts_with("filter: 'model.latent' is a number, expected a text for 'matches'\n"));
  CHECK(refusal("name matches [a]").starts_with("filter: got the list [a], expected a pattern for 'matches'\n"));
  CHECK(refusal("latent in [1, two]").starts_with("filter: 'model.latent' is a number, got the text 'two'\n"));
  CHECK(refusal("latent < true").starts_with("filter: got true, expected a number or a text after '<'\n"));
  CHECK(refusal("status = finishd")
            .starts_with("filter: no run is 'finishd', expected running, finished, failed, "
                         "interrupted, stopped, killed or broken; did you mean 'finished'?\n"));
}

TEST_CASE("runs are sorted by any key, those without it last") {
  const auto sorted = [](const std::string& name, bool descending) {
    std::vector<RunSummary> runs = example();
    compare::sort_by(runs, compare::RunKeys(runs).find(name, "--sort"), descending);
    std::string text;
    for (const RunSummary& run : runs) {
      text += run.run_id.empty() ? "x" : std::string(1, run.run_id.back());
    }
    return text;
  };
  CHECK(sorted("eval/loss", false) == "214x");
  CHECK(sorted("eval/loss", true) == "124x");
  CHECK(sorted("latent", false) == "412x");
  CHECK(sorted("created", true) == "412x");
  CHECK(sorted("train.epochs", false) == "214x");  // equal ones as they were
  CHECK(sorted("size", true) == "x124");
  CHECK(sorted("tag", false) == "421x");
  CHECK(sorted("hidden", false) == "241x");  // [64], [512], [512, 256]
  CHECK(sorted("hidden", true) == "142x");
}
