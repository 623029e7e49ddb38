#include <doctest/doctest.h>

#include <set>

#include "experiment/sweep.hpp"
#include "experiment_catalog.hpp"

using namespace atelier::experiment;
using namespace atelier::experiment::testing;
using atelier::Error;
using atelier::ErrorKind;

namespace {

Sweep sweep_of(const std::string& text, const SweepWords& words = {}) {
  return expand_sweep(text, "tiny.toml", "here", words, catalog()).value();
}

std::vector<std::string> labels(const std::string& text, const SweepWords& words = {}) {
  std::vector<std::string> all;
  for (const SweepPoint& point : sweep_of(text, words).points) {
    all.push_back(point.label);
  }
  return all;
}

std::string problems(const std::string& text, const SweepWords& words = {}) {
  try {
    expand_sweep(text, "tiny.toml", "here", words, catalog());
  } catch (const Error& error) {
    return error.kind() == ErrorKind::experiment ? error.what() : "an error of another kind";
  }
  return "";
}

// Line 6 of the file is "[sweep]".
std::string sweep(const std::string& text) {
  return minimal("[sweep]\n" + text);
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("a file without a sweep is none, whatever single values override") {
  CHECK_FALSE(expand_sweep(minimal(), "tiny.toml", "here", {}, catalog()));
  CHECK_FALSE(expand_sweep(minimal(), "tiny.toml", "here", {{"model.latent=2", "model.hidden=[2,3]"}}, catalog()));
}

TEST_CASE("every combination is a point, the last key varies fastest") {
  CHECK(labels(sweep("\"model.latent\" = [2, 10]\nseed = [1, 2]\n")) ==
        Labels{"model.latent=2 seed=1", "model.latent=2 seed=2", "model.latent=10 seed=1", "model.latent=10 seed=2"});
  CHECK(labels(sweep("seed = [1, 2]\nmodel.latent = [3]\n[sweep.optimizer]\nbetas = [[0.5, 0.9]]\n")) ==
        Labels{"seed=1 model.latent=3 optimizer.betas=[0.5, 0.9]", "seed=2 model.latent=3 optimizer.betas=[0.5, 0.9]"});
}

TEST_CASE("a point is its overrides, and known by what its experiment resolves to") {
  const Sweep all = sweep_of(sweep("\"model.latent\" = [2, 20]\n"), {{"train.epochs=3"}});
  CHECK(all.keys == std::vector<std::string>{"model.latent"});
  CHECK(all.points[0].overrides == std::vector<std::string>{"model.latent=2", "train.epochs=3"});
  CHECK(all.points[0].name == "tiny");
  for (const SweepPoint& point : all.points) {
    CHECK(point.identity == identity_of(parse_text(minimal(), point.overrides).resolved_text));
  }
  // How a value is said does not matter, and a default is as good as the value.
  CHECK(all.points[1].identity == identity_of(parse_text(minimal(), {"train.epochs=3"}).resolved_text));
  CHECK(identity_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("a component is swept with its own settings, beside those of the file") {
  const std::string text =
      "name = 'tiny'\ndataset.use = 'mnist'\nmodel.use = 'vae'\ntrain.epochs = 1\n"
      "[optimizer]\nuse = 'adam'\nlearning_rate = 0.5\n"
      "[sweep]\noptimizer = [{use = 'adam'}, {use = 'sgd', momentum = 0.9}]\n";
  const Sweep all = sweep_of(text);
  CHECK(all.points[1].label == "optimizer={momentum = 0.9, use = \"sgd\"}");
  CHECK(all.points[1].identity == identity_of(parse_text(minimal(), {"optimizer.use=sgd", "optimizer.momentum=0.9",
                                                                     "optimizer.learning_rate=0.5"})
                                                  .resolved_text));
}

TEST_CASE("what is zipped varies together") {
  CHECK(labels(sweep("seed = [1, 2]\n[[sweep.zip]]\nmodel.latent = [2, 10]\ntrain.batch_size = {range = [16, 32], "
                     "step = 16}\n[[sweep.zip]]\nmodel.bias = [true, false]\nmodel.activation = ['relu', 'tanh']\n")) ==
        Labels{"seed=1 model.latent=2 train.batch_size=16 model.bias=true model.activation=\"relu\"",
               "seed=1 model.latent=2 train.batch_size=16 model.bias=false model.activation=\"tanh\"",
               "seed=1 model.latent=10 train.batch_size=32 model.bias=true model.activation=\"relu\"",
               "seed=1 model.latent=10 train.batch_size=32 model.bias=false model.activation=\"tanh\"",
               "seed=2 model.latent=2 train.batch_size=16 model.bias=true model.activation=\"relu\"",
               "seed=2 model.latent=2 train.batch_size=16 model.bias=false model.activation=\"tanh\"",
               "seed=2 model.latent=10 train.batch_size=32 model.bias=true model.activation=\"relu\"",
               "seed=2 model.latent=10 train.batch_size=32 model.bias=false model.activation=\"tanh\""});
}

TEST_CASE("ranges have both ends in them, and numbers that are short to write") {
  CHECK(labels(sweep("seed = {range = [1, 3]}\n")) == Labels{"seed=1", "seed=2", "seed=3"});
  CHECK(labels(sweep("seed = {range = [1, 6], step = 2}\n")) == Labels{"seed=1", "seed=3", "seed=5"});
  CHECK(labels(sweep("seed = {range = [0, 8], count = 3}\n")) == Labels{"seed=0", "seed=4", "seed=8"});
  CHECK(labels(sweep("train.clip_norm = {range = [0.1, 0.4], step = 0.1}\n")) ==
        Labels{"train.clip_norm=0.1", "train.clip_norm=0.2", "train.clip_norm=0.3", "train.clip_norm=0.4"});
  CHECK(labels(sweep("optimizer.learning_rate = {log_range = [1e-3, 1.0], count = 4}\n")) ==
        Labels{"optimizer.learning_rate=0.001", "optimizer.learning_rate=0.01", "optimizer.learning_rate=0.1",
               "optimizer.learning_rate=1.0"});
  CHECK(labels(sweep("model.latent = {log_range = [8, 64], count = 4}\n")) ==
        Labels{"model.latent=8", "model.latent=16", "model.latent=32", "model.latent=64"});
}

TEST_CASE("a setting that is called range is swept by lists of lists") {
  CHECK(labels(sweep("[sweep.dataset]\nrange = [[0.0, 1.0], [-1.0, 1.0]]\n")) ==
        Labels{"dataset.range=[0.0, 1.0]", "dataset.range=[-1.0, 1.0]"});
}

TEST_CASE("conditions leave points out, by what the whole point says") {
  const std::string grid = "model.latent = [2, 10, 20]\nmodel.bias = [true, false]\n";
  const Sweep all = sweep_of(sweep(grid + "skip = [{model.latent = {above = 2}, model.bias = false}]\n"));
  CHECK(all.points.size() == 4);
  CHECK(all.left_out == 2);
  CHECK(labels(sweep(grid + "skip = [{'model.latent' = [2, 20]}, {train.epochs = 1, model = {bias = true}}]\n")) ==
        Labels{"model.latent=10 model.bias=false"});
  CHECK(sweep_of(sweep(grid + "skip = {model.latent = {at_least = 2, below = 20}}\n")).points.size() == 2);
  CHECK(sweep_of(sweep(grid + "model.hidden = [[2], [3]]\nskip = {model.hidden = [2]}\n")).points.size() == 6);
}

TEST_CASE("points are drawn at random, the same ones from the same seed, and each once") {
  const std::string ranges = "optimizer.learning_rate = {log_range = [1e-4, 1e-1]}\nmodel.latent = {range = [2, 5]}\n";
  const auto drawn = [&](const std::string& random) { return labels(sweep(ranges + "random = " + random + "\n")); };
  const Labels ten = drawn("{count = 10, seed = 3}");
  CHECK(ten.size() == 10);
  CHECK(std::set(ten.begin(), ten.end()).size() == 10);
  CHECK(drawn("{count = 10, seed = 3}") == ten);
  CHECK(drawn("{count = 10, seed = 4}") != ten);
  const Labels twelve = drawn("{count = 12, seed = 3}");
  CHECK(Labels(twelve.begin(), twelve.begin() + 10) == ten);
  CHECK(ten[0] == "optimizer.learning_rate=0.00474567 model.latent=2");  // everywhere
}

TEST_CASE("drawing takes every value, ends too, and no point of a condition") {
  const Labels all =
      labels(sweep("seed = {range = [1, 4]}\nmodel.latent = [2, 3]\nskip = {seed = 2}\n"
                   "random = {count = 6}\n"));
  CHECK(std::set(all.begin(), all.end()) == std::set<std::string>{"seed=1 model.latent=2", "seed=1 model.latent=3",
                                                                  "seed=3 model.latent=2", "seed=3 model.latent=3",
                                                                  "seed=4 model.latent=2", "seed=4 model.latent=3"});
}

TEST_CASE("on the command line, values with commas between them") {
  CHECK(labels(minimal(), {{"model.latent=2,10", "optimizer={use=\"adam\"},{use=\"sgd\",learning_rate=1}"}}) ==
        Labels{"model.latent=2 optimizer={use = \"adam\"}",
               "model.latent=2 optimizer={learning_rate = 1, use = \"sgd\"}",
               "model.latent=10 optimizer={use = \"adam\"}",
               "model.latent=10 optimizer={learning_rate = 1, use = \"sgd\"}"});
  CHECK(labels(minimal(), {{"model.activation=relu,tanh", "model.hidden=[2,3],[4]"}}).size() == 4);
}

TEST_CASE("lists and texts with commas stay one value") {
  const auto metric = [](const std::string& value) {
    return parse_text(minimal(), {"evaluate.metric=" + value}).evaluate.metric;
  };
  CHECK(metric("a, b") == "a, b");
  CHECK(metric("one,two three") == "one,two three");
  CHECK(metric("\"a,b\"") == "a,b");
  CHECK(metric("'a,b'") == "a,b");
  CHECK(metric("a,") == "a,");
  CHECK(metric(",a") == ",a");
  CHECK(metric("it's,b") == "it's,b");
  CHECK(parse_text(minimal(), {"tags=[\"a\",\"b\"]"}).tags.size() == 2);
  CHECK(
      report(minimal(), {"model.latent=2,10"}) ==
      "<override \"model.latent=2,10\">: got 2 values, expected one: several make a sweep, which 'atelier run' takes; "
      "hint: a text with ',' needs quotes: model.latent='\"2,10\"'");
}

TEST_CASE("values are kept as they were written, as a run's id may look like a number") {
  const std::vector<std::string> words{"evaluate.metric=20799e41,12345678", "optimizer.learning_rate=1e-3,0.10"};
  CHECK(labels(minimal(), {words}).at(1) == "evaluate.metric=20799e41 optimizer.learning_rate=0.10");
  CHECK(sweep_of(minimal(), {words}).points.at(1).overrides ==
        std::vector<std::string>{"evaluate.metric=20799e41", "optimizer.learning_rate=0.10"});
  const std::string skip = sweep("skip = [{\"evaluate.metric\" = \"20799e41\"}]\n");
  CHECK(labels(skip, {words}) == Labels{"evaluate.metric=12345678 optimizer.learning_rate=1e-3",
                                        "evaluate.metric=12345678 optimizer.learning_rate=0.10"});
}

TEST_CASE("the command line wins over the file") {
  const std::string text = sweep("model.latent = [2, 10]\nseed = [1, 2]\n");
  CHECK(labels(text, {{"model.latent=5"}}) == Labels{"seed=1", "seed=2"});
  CHECK(labels(text, {{"model.latent=5", "seed=3"}}) == Labels{""});
  CHECK(labels(text, {{"model.latent=7,8", "seed=3"}}) == Labels{"model.latent=7", "model.latent=8"});
  CHECK(labels(text, {{}, {4, 5}}) ==
        Labels{"model.latent=2 seed=4", "model.latent=2 seed=5", "model.latent=10 seed=4", "model.latent=10 seed=5"});
  CHECK(labels(minimal(), {{}, {4}}) == Labels{"seed=4"});
  CHECK(labels(text, {{"seed=3", "seed=8,9", "model.latent=7,8", "model.latent=5"}}) == Labels{"seed=8", "seed=9"});
  CHECK(labels(text, {{"sweep.seed={range=[5,6]}", "model.latent=5"}}) == Labels{"seed=5", "seed=6"});
  CHECK(labels(sweep("'train.clip_norm' = [1.0]\n"), {{"sweep.train.clip_norm=[2.0]"}}) ==
        Labels{"train.clip_norm=2.0"});
  const std::string random = sweep("model.latent = {range = [1, 100]}\nrandom = {count = 3}\n");
  CHECK(labels(random, {{"sweep.random.count=2"}}).size() == 2);
  CHECK(labels(random, {{}, {1, 2}}).size() == 6);
}

TEST_CASE("all points are checked, each mistake is said once and where it stands") {
  CHECK(problems(sweep("model.latent = [2, 5000]\nseed = [1, 2]\n")) ==
        "tiny.toml:7:20: model.latent: got 5000, expected an integer in [1, 1024] (at 2 of 4 points, the first "
        "model.latent=5000 seed=1)");
  CHECK(problems(sweep("\"model.latnt\" = [2, 3]\n")) ==
        "tiny.toml:7:1: model.latnt: got an unknown key; did you mean 'latent'?");
  CHECK(problems(sweep("optimizer = [{use='adam'}, {use='sgd'}]\n")) ==
        "tiny.toml:4:1: optimizer.learning_rate: got nothing, expected a finite number (at the point optimizer={use = "
        "\"sgd\"})");
  CHECK(problems(minimal(), {{"model.latent=0,1"}}) ==
        "<override \"model.latent=0,1\">: model.latent: got 0, expected an integer in [1, 1024] (at the point "
        "model.latent=0)");
}

TEST_CASE("what no sweep can be") {
  CHECK(problems(minimal("sweep = 3\n")) == "tiny.toml:6:9: sweep: got 3, expected a table");
  CHECK(problems(sweep("")) ==
        "tiny.toml:6:1: sweep: got nothing that varies, expected lists of values by their keys, such as "
        "\"model.latent\" = [2, 10]");
  CHECK(problems(sweep("seed = 3\n")) ==
        "tiny.toml:7:8: sweep.seed: got 3, expected a list of values, or a range such as {range = [1, 5]}");
  CHECK(problems(sweep("seed = []\n")) ==
        "tiny.toml:7:8: sweep.seed: got an empty list, expected a list of values, or a range such as {range = [1, 5]}");
  CHECK(problems(sweep("'model..latent' = [1]\n")) ==
        "tiny.toml:7:1: sweep: got the key \"model..latent\", expected a dotted one such as \"model.latent\"");
  CHECK(problems(sweep("'model.latent' = [1]\nmodel.latent = [2]\n")) ==
        "tiny.toml:8:7: sweep: got 'model.latent' a second time, which tiny.toml:7:1 varies already");
  CHECK(problems(sweep("seed = [1, 1]\n")) ==
        "tiny.toml:7:1: sweep: got the points seed=1 and seed=1, which are the same experiment, expected each once");
  CHECK(
      problems(sweep("seed = {range = [1, 200]}\nmodel.latent = {range = [1, 100]}\n")) ==
      "tiny.toml:6:1: sweep: got 20000 points, expected at most 10000; hint: [sweep.random] count draws some of them");
}

TEST_CASE("what no range can be") {
  const auto range = [](const std::string& text) { return problems(sweep("train.clip_norm = " + text + "\n")); };
  const std::string place = "tiny.toml:7:";
  CHECK(range("{range = [2, 1]}") ==
        place + "28: sweep.train.clip_norm.range: got [2, 1], expected two numbers, [low, high] with low < high");
  CHECK(range("{log_range = [0, 1], count = 3}") ==
        place +
            "32: sweep.train.clip_norm.log_range: got [0, 1], expected two numbers, [low, high] with 0 < low < high");
  CHECK(range("{range = [0.0, 1.0]}") ==
        place +
            "19: sweep.train.clip_norm: got a range of numbers, expected 'count' or 'step' beside it; hint: "
            "[sweep.random] draws from such a range");
  CHECK(range("{range = [0, 1], count = 3, step = 1}") ==
        place + "54: sweep.train.clip_norm.step: got both 'count' and 'step', expected one of them");
  CHECK(range("{range = [0, 1], stepp = 1}") ==
        place + "36: sweep.train.clip_norm.stepp: got an unknown key; did you mean 'step'?");
  CHECK(range("{range = [0, 4], step = 0.5}") ==
        place + "43: sweep.train.clip_norm.step: got 0.5, expected an integer >= 1, as the ends are integers");
  CHECK(range("{range = [0, 4], count = 1}") ==
        place + "44: sweep.train.clip_norm.count: got 1, expected an integer in [2, 10000]");
  CHECK(range("{range = [0, 4], count = 4}") ==
        place +
            "44: sweep.train.clip_norm.count: got 4, but 4 values with equal steps from 0 to 4 are no integers; "
            "hint: write the ends as 0.0 and 4.0 where numbers are meant");
  CHECK(range("{range = [0.0, 1.0], step = 1e-9}") ==
        place + "19: sweep.train.clip_norm: got a range of more than 10000 values, expected fewer");
  CHECK(
      range("{log_range = [1, 4], count = 5}") ==
      place +
          "48: sweep.train.clip_norm.count: got 5, but there are not so many integers with equal factors from 1 to 4; "
          "hint: write the ends as 1.0 and 4.0 where numbers are meant");
}

TEST_CASE("what no zip, no condition and no draw can be") {
  CHECK(problems(sweep("zip = {seed = [1, 2], model.latent = [1, 2, 3]}\n")) ==
        "tiny.toml:7:29: sweep.zip.model.latent: got 3 values, expected 2, as seed has: they vary together");
  CHECK(problems(sweep("zip = {seed = [1, 2]}\n")) ==
        "tiny.toml:7:7: sweep.zip: got fewer than two keys, expected what varies together");
  CHECK(problems(sweep("zip = [3]\n")) ==
        "tiny.toml:7:8: sweep.zip: got 3, expected a table of lists that vary together");
  CHECK(problems(sweep("seed = [1]\nskip = ['seed']\n")) ==
        "tiny.toml:8:9: sweep.skip: got the string 'seed', expected a table of keys and values that are left out "
        "together");
  CHECK(problems(sweep("seed = [1]\nskip = [{seed = {above = 'a', bellow = 3}}]\n")) ==
        "tiny.toml:8:26: sweep.skip.seed.above: got the string 'a', expected a number\n"
        "tiny.toml:8:31: sweep.skip.seed.bellow: got an unknown key; did you mean 'below'?");
  CHECK(problems(sweep("seed = [1]\nskip = [{'optimizer.usee' = 'sgd'}]\n")) ==
        "tiny.toml:8:10: sweep.skip: got 'optimizer.usee', which neither the file nor the sweep gives; did you mean "
        "'optimizer.use'?");
  CHECK(problems(sweep("seed = [1]\nskip = [{train.average = 0.0}]\n")) ==
        "tiny.toml:8:16: sweep.skip: got 'train.average', which neither the file nor the sweep gives, and defaults are "
        "not looked at");
  CHECK(problems(sweep("seed = [1]\nskip = [{seed = 1}]\n")) ==
        "tiny.toml:6:1: sweep.skip: got conditions that leave out all 1 points, expected some left");
  CHECK(problems(sweep("seed = [1]\nrandom = 3\n")) ==
        "tiny.toml:8:10: sweep.random: got 3, expected a table: {count = 20, seed = 1}");
  CHECK(problems(sweep("seed = [1]\nrandom = {seed = 3}\n")) ==
        "tiny.toml:8:10: sweep.random.count: got nothing, expected an integer >= 1");
  CHECK(problems(sweep("seed = [1, 2]\nrandom = {count = 3}\n")) ==
        "tiny.toml:8:19: sweep.random.count: got 3, but there are only 2 different points, expected at most so many");
  CHECK(problems(sweep("model.latent = {range = [1, 9000]}\nrandom = {count = 6000}\n"), {{}, {1, 2}}) ==
        "tiny.toml:8:19: sweep.random.count: got 6000 points with 2 seeds each, expected at most 10000 in all");
  CHECK(problems(sweep("seed = [1]\n"), {{"sweep.model.latent=4,5"}, {}}) ==
        "<override \"sweep.model.latent=4,5\">: got several values of what the sweep itself is made of, expected one; "
        "hint: "
        "a list in brackets");
}

TEST_CASE("a condition may look at a key that only a component has which was not drawn") {
  const std::string components =
      "optimizer = [{use = 'adam'}, {use = 'sgd', learning_rate = 1, momentum = 0.9}]\nskip = {optimizer.momentum = "
      "{above = 0.95}}\n";
  CHECK(labels(sweep(components + "random = {count = 1, seed = 1}\n")).size() == 1);
  CHECK(labels(sweep(components + "random = {count = 1, seed = 2}\n")).size() == 1);
  CHECK(problems(sweep("optimizer = [{use = 'adam'}]\nskip = {optimizer.momentum = 1}\n")).find("optimizer.momentum") !=
        std::string::npos);
}

TEST_CASE("an override that says in a table what varies takes that out of the sweep") {
  const std::string grid = "model.latent = [2, 3]\nmodel.bias = [true, false]\n";
  CHECK(labels(sweep(grid), {{"model={latent=5}"}}) == Labels{"model.bias=true", "model.bias=false"});
  CHECK(labels(sweep(grid), {{"model={latent=5, bias=true}"}}) == Labels{""});
}

TEST_CASE("an override of what the values of a swept component have themselves is refused") {
  // Points would be told apart by what they don't have.
  const std::string components = "optimizer = [{use = 'adam'}, {use = 'sgd', momentum = 0.9}]\n";
  CHECK(
      problems(sweep(components), {{"optimizer.use=sgd"}}) ==
      "<override \"optimizer.use=sgd\">: optimizer.use: got a value beside that of optimizer = {use = \"adam\"}, which "
      "the sweep varies, expected a key that none of its values has; hint: optimizer={...} takes the place of what "
      "varies");
  CHECK(
      problems(sweep(components), {{"optimizer.momentum=0.1,0.2"}}).find("got a value beside that of optimizer = {") !=
      std::string::npos);
  CHECK(labels(sweep(components), {{"optimizer.learning_rate=0.3"}}).size() == 2);
  CHECK(labels(sweep(components), {{"optimizer={use='sgd', learning_rate=0.1}"}}) == Labels{""});
}

TEST_CASE("a random sweep can be narrowed by the command line") {
  const std::string drawn = "model.latent = [2, 3, 4]\nmodel.bias = [true, false]\nrandom = {count = 6, seed = 1}\n";
  CHECK(labels(sweep(drawn)).size() == 6);
  CHECK(labels(sweep(drawn), {{"model.latent=3"}}).size() == 2);
  CHECK(labels(sweep(drawn), {{"model.latent=3,4"}}).size() == 4);
  CHECK(labels(sweep(drawn), {{"model.latent=3", "model.bias=true"}}).size() == 1);
  CHECK(problems(sweep("model.latent = [2, 3]\nrandom = {count = 6}\n")).find("only 2 different points") !=
        std::string::npos);
}

TEST_CASE("a range of the command line takes the place of the file's, whichever way that is written") {
  for (const char* file :
       {"'model.latent' = {range = [2, 64], step = 2}\n", "model.latent = {range = [2, 64], step = 2}\n",
        "[sweep.model]\nlatent = {range = [2, 64], step = 2}\n", "'model.latent' = [8, 9]\n"}) {
    CAPTURE(file);
    CHECK(labels(sweep(file), {{"sweep.model.latent={range=[3, 5]}"}}) ==
          Labels{"model.latent=3", "model.latent=4", "model.latent=5"});
  }
  for (const char* file :
       {"'model.latent' = {range = [2, 8], step = 2}\n", "[sweep.model]\nlatent = {range = [2, 8], step = 2}\n"}) {
    CHECK(labels(sweep(file), {{"sweep.model.latent.step=3"}}) ==
          Labels{"model.latent=2", "model.latent=5", "model.latent=8"});
  }
}

TEST_CASE("halving says where points are compared, and by what") {
  CHECK_FALSE(sweep_of(sweep("seed = [1, 2]\n")).halving);
  const auto halving = [](const std::string& keys) {
    return sweep_of(sweep("seed = [1, 2]\nhalving = {" + keys + "}\n")).halving.value();
  };
  const SweepHalving listed = halving("metric = 'validation/loss', goal = 'max', epochs = [0.5, 1, 9], factor = 4");
  CHECK(listed.metric == "validation/loss");
  CHECK(listed.goal == Goal::max);
  CHECK(listed.epochs == std::vector<double>{0.5, 1, 9});
  CHECK_FALSE(listed.goes_on_by_factor);
  CHECK(listed.factor == 4);
  const SweepHalving grown = halving("smallest_steps = 100");
  CHECK(grown.metric.empty());
  CHECK_FALSE(grown.goal);
  CHECK(grown.epochs.empty());
  CHECK(grown.steps == std::vector<int64_t>{100});
  CHECK(grown.goes_on_by_factor);
  CHECK(grown.factor == 3);
  CHECK(halving("steps = [10, 20]").steps == std::vector<int64_t>{10, 20});
  CHECK(halving("smallest_epochs = 0.5").epochs == std::vector<double>{0.5});
  // It changes no point: a run is the same whoever is compared with it.
  CHECK(sweep_of(sweep("seed = [1, 2]\nhalving = {steps = [1]}\n")).points[1].identity ==
        sweep_of(sweep("seed = [1, 2]\n")).points[1].identity);
  CHECK(sweep_of(sweep("seed = [1, 2]\nhalving = {steps = [1]}\n"), {{"sweep.halving.factor=2"}}).halving->factor == 2);
}

TEST_CASE("what no halving can be") {
  const auto problem = [](const std::string& keys) {
    return problems(sweep("seed = [1, 2]\nhalving = " + keys + "\n"));
  };
  const std::string of_four =
      "of 'epochs', 'steps', 'smallest_epochs' and 'smallest_steps', expected exactly one of them";
  CHECK(problem("3") == "tiny.toml:8:11: sweep.halving: got 3, expected a table: {epochs = [1, 3], factor = 3}");
  CHECK(problem("{}") == "tiny.toml:8:11: sweep.halving: got none " + of_four);
  CHECK(problem("{epochs = [1.0], smallest_steps = 3}") == "tiny.toml:8:45: sweep.halving: got 2 " + of_four);
  CHECK(
      problem("{epochs = []}") ==
      "tiny.toml:8:21: sweep.halving.epochs: got an empty list, expected one or more, each larger than the one before");
  CHECK(problem("{steps = [3, 3]}") ==
        "tiny.toml:8:20: sweep.halving.steps: got numbers that don't increase, expected one or more, each larger than "
        "the "
        "one before");
  CHECK(problem("{steps = [0, 3]}") == "tiny.toml:8:21: sweep.halving.steps[0]: got 0, expected an integer >= 1");
  CHECK(problem("{smallest_epochs = 0}").starts_with("tiny.toml:8:30: sweep.halving.smallest_epochs: got 0"));
  CHECK(problem("{steps = [3], factor = 1}").starts_with("tiny.toml:8:34: sweep.halving.factor: got 1"));
  CHECK(problem("{steps = [3], gaol = 'min'}").find("did you mean 'goal'?") != std::string::npos);
  CHECK(problem("{steps = [3], goal = 'up'}").find("expected 'min' or 'max'") != std::string::npos);
}
