// What goes wrong in an author's code ends in an error that says where; what only costs, works.
#include "plugin/core_table.hpp"
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

std::string mishap(const std::string& which) {
  return "[model]\nuse = \"mishaps\"\nmishap = \"" + which +
         "\"\n[optimizer]\nuse = \"sgd\"\nlearning_rate = 0.01\n[train]\nsteps = 6\nbatch_size = 16\n";
}

std::string quiet(const std::string& model, const std::string& optimizer) {
  return "[model]\nuse = \"quiet\"\n" + model + "[optimizer]\nuse = \"plain\"\nlearning_rate = 1.0\n" + optimizer +
         "[train]\nsteps = 60\nbatch_size = 64\n";
}

}  // namespace

TEST_CASE("a read in the middle of a training step gives the value, leaves the gradients alone, and warns once") {
  const Run plain = train(mishap("none"));
  const Run read = train(mishap("read"));
  CHECK(read.train("error") == plain.train("error"));
  CHECK(read.train("read_error") == plain.train("error"));
  CHECK(read.train("gradient_norm.all") == plain.train("gradient_norm.all"));
  CHECK(plain.messages.empty());
  REQUIRE(read.messages.size() == 1);
  CHECK_MESSAGE(contains(read.messages[0], "mishaps.cpp"), read.messages[0]);
  CHECK_MESSAGE(contains(read.messages[0], "read in the middle of a training step"), read.messages[0]);
}

TEST_CASE("a tensor kept from another step is recognized") {
  const std::string message = failure(mishap("stale"));
  CHECK_MESSAGE(contains(message, "mishaps.cpp"), message);
  CHECK_MESSAGE(contains(message, "training step 2"), message);
  CHECK_MESSAGE(contains(message, "got a tensor of another step"), message);
}

TEST_CASE("a tensor of a training step is recognized in an evaluation") {
  const std::string message = failure(mishap("elsewhere"));
  CHECK_MESSAGE(contains(message, "evaluation"), message);
  CHECK_MESSAGE(contains(message, "got a tensor of another step"), message);
}

TEST_CASE("an exception in a training step ends the run with its words, the model and the step") {
  TempFolder folder;
  const Run run = train(folder, make(mishap("throw")));
  CHECK(run.outcome.status == runlog::Status::failed);
  CHECK(run.outcome.reason == "model 'mishaps', training step 3: no third step, please");
  CHECK(run.log().exit_reason() == run.outcome.reason);
  CHECK(run.log().status() == runlog::Status::failed);
  CHECK(run.outcome.steps == 2);
  CHECK(run.log().newest_checkpoint()->step == 2);
}

TEST_CASE("a shape error names the author's line, the operation, what it got and what it expected") {
  const std::string message = failure(mishap("shape"));
  CHECK_MESSAGE(contains(message, "mishaps.cpp:" + std::to_string(line_of(MISHAPS, "// MISHAP: shape"))), message);
  CHECK_MESSAGE(contains(message, "add"), message);
  CHECK_MESSAGE(contains(message, "(16, 64)"), message);
  CHECK_MESSAGE(contains(message, "(3)"), message);
  CHECK_MESSAGE(contains(message, "expected"), message);
}

TEST_CASE("a group that is misspelt is named with the nearest one") {
  const std::string message = failure(mishap("group"));
  CHECK_MESSAGE(contains(message, "there is no parameter group 'al'"), message);
  CHECK_MESSAGE(contains(message, "'all'"), message);
}

TEST_CASE("a plugin without exceptions trains, to the mean image") {
  const Run run = train(quiet("", ""));
  const std::vector<double> loss = run.train("loss");
  CHECK(loss.back() < 0.9 * loss.front());
  // The whole training set each step, and a quadratic: w' - mean = (1 - rate 2 / pixels) (w - mean), the loss by its
  // square.
  const double factor = (1.0 - 2.0 / 64) * (1.0 - 2.0 / 64);
  for (size_t i = 2; i < 20; ++i) {
    CHECK(loss[i] - loss[i - 1] == doctest::Approx(factor * (loss[i - 1] - loss[i - 2])).epsilon(0.01));
  }
}

TEST_CASE("a line that a plugin has for the user arrives") {
  std::vector<std::string> lines;
  plugin::set_inform([&](std::string_view line) { lines.emplace_back(line); });
  train(quiet("", ""));
  plugin::set_inform([](std::string_view) {});
  REQUIRE(!lines.empty());
  CHECK(lines.front() == "quiet: a mean of 64 pixels");
}

TEST_CASE("a plugin without exceptions refuses settings, data, a step or an optimizer by fail()") {
  const std::string settings = failure(quiet("fails = \"settings\"\n", ""));
  CHECK_MESSAGE(contains(settings, "model 'quiet': "), settings);
  CHECK_MESSAGE(contains(settings, "model.fails: these settings cannot be"), settings);
  const std::string build = failure(quiet("fails = \"build\"\n", ""));
  CHECK_MESSAGE(contains(build, "images of this size cannot be"), build);
  const std::string step = failure(quiet("fails = \"step\"\n", ""));
  CHECK_MESSAGE(contains(step, "training step 1"), step);
  CHECK_MESSAGE(contains(step, "quiet.cpp:"), step);
  CHECK_MESSAGE(contains(step, "this step cannot be"), step);
  const std::string optimizer = failure(quiet("", "fails = true\n"));
  CHECK_MESSAGE(contains(optimizer, "optimizer 'plain'"), optimizer);
  CHECK_MESSAGE(contains(optimizer, "this optimizer cannot be"), optimizer);
}

TEST_CASE("a dataset reads from another one") {
  const auto brightness = [](const std::string& dataset) {
    return train(dataset + "[model]\nuse = \"pixels\"\n").evaluated("loss");
  };
  const std::string shapes = "size = 8\ncount = 64\ntest_count = 20\n";
  const double plain = brightness("[dataset]\nuse = \"shapes\"\n" + shapes);
  const double inverted = brightness("[dataset]\nuse = \"inverted\"\n[dataset.source]\nuse = \"shapes\"\n" + shapes);
  CHECK(inverted == doctest::Approx(1.0 - plain));
  const double twice = brightness(
      "[dataset]\nuse = \"inverted\"\n[dataset.source]\nuse = \"inverted\"\n[dataset.source.source]\n"
      "use = \"shapes\"\n" +
      shapes);
  CHECK(twice == doctest::Approx(plain));
}

TEST_CASE("a dataset's source is in the log: its plugin, and its files among those whose hash is there") {
  const std::string text = "[dataset]\nuse = \"inverted\"\nsource = \"shapes\"\n[model]\nuse = \"pixels\"\n";
  const std::vector<runlog::Plugin> plugins = train(text).log().description().provenance.plugins;
  CHECK(std::ranges::any_of(plugins, [](const runlog::Plugin& plugin) { return plugin.name == "shapes"; }));

  plugin::DatasetRecipe recipe = data::recipe_of(*make(text).dataset.sources.at("source"));
  for (const char* file : {"below", "above"}) {
    recipe = {"inverted",
              {{"limit", int64_t{0}}, {"of", std::string("source")}, {"file", std::string(file)}},
              {{"source", std::make_shared<const plugin::DatasetRecipe>(recipe)}}};
  }
  const plugin::Dataset dataset(registry(), recipe, {}, {});
  CHECK(dataset.spec().files == std::vector<std::string>{"above", "below"});
}

TEST_CASE("a dataset of several sources finds each by its name, and all are in the log") {
  const std::string shapes = "use = \"shapes\"\nsize = 8\ncount = 64\ntest_count = 20\n";
  const std::string text = "[dataset]\nuse = \"inverted\"\nof = \"right\"\n[dataset.sources.left]\n" + shapes +
                           "[dataset.sources.right]\nuse = \"inverted\"\n[dataset.sources.right.source]\n" + shapes +
                           "[model]\nuse = \"pixels\"\n";
  const Run run = train(text);
  CHECK(run.evaluated("loss") == train("[dataset]\n" + shapes + "[model]\nuse = \"pixels\"\n").evaluated("loss"));
  CHECK(std::ranges::any_of(run.log().description().provenance.plugins,
                            [](const runlog::Plugin& plugin) { return plugin.name == "shapes"; }));
  const std::string other =
      failure(text.substr(0, text.find("right")) + "middle" + text.substr(text.find("right") + 5));
  CHECK_MESSAGE(contains(other, "got no source"), other);
}

TEST_CASE("a dataset without the source that it needs, and a source that fails") {
  const std::string rest = "[model]\nuse = \"pixels\"\n";
  const std::string none = failure("[dataset]\nuse = \"inverted\"\n" + rest);
  CHECK_MESSAGE(contains(none, "got no source"), none);
  const std::string beyond = failure(
      "[dataset]\nuse = \"inverted\"\nlimit = 400\n[dataset.source]\nuse = \"shapes\"\nsize = 8\ncount = 64\n" + rest);
  CHECK_MESSAGE(contains(beyond, "dataset 'inverted', training sample "), beyond);
  CHECK_MESSAGE(contains(beyond, "the source could not be read"), beyond);
  CHECK_MESSAGE(contains(beyond, "expected 0 to 63"), beyond);
}
