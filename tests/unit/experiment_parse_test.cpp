#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "experiment_catalog.hpp"

using namespace atelier::experiment;
using namespace atelier::experiment::testing;
using atelier::catalog::Value;

TEST_CASE("the least experiment has every default") {
  const auto experiment = parse_text(minimal());
  CHECK(experiment.name == "tiny");
  CHECK(experiment.seed == 0);
  CHECK(experiment.dataset.use == "mnist");
  CHECK(experiment.dataset.low == 0.0);
  CHECK(experiment.dataset.high == 1.0);
  CHECK(experiment.dataset.validation == 0.0);
  CHECK(experiment.dataset.sources.empty());
  CHECK_FALSE(experiment.dataset.transform.moves());
  CHECK_FALSE(experiment.dataset.transform.changes_values());
  CHECK(experiment.train.average == 0.0);
  CHECK(experiment.model.settings.at("latent") == Value(int64_t{20}));
  CHECK(experiment.model.settings.at("hidden") == Value(std::vector<int64_t>{512, 256}));
  CHECK(experiment.losses.at("reconstruction").use == "bce");
  CHECK_FALSE(experiment.losses.at("reconstruction").place.given());
  CHECK(experiment.optimizer.settings.at("learning_rate") == Value(1e-3));
  CHECK(experiment.group_optimizers.empty());
  CHECK(experiment.schedule.use == LearningRateSchedule::Use::constant);
  CHECK(experiment.train.epochs == 1);
  CHECK_FALSE(experiment.train.steps.has_value());
  CHECK(experiment.train.batch_size == 128);
  CHECK_FALSE(experiment.train.early_stopping.has_value());
  CHECK(experiment.evaluate.metric == "loss");
  CHECK_FALSE(experiment.evaluate.goal.has_value());
  CHECK(experiment.sample.count == 64);
  CHECK(experiment.checkpoint.every == 60.0);
  CHECK(experiment.log.activations_every == 100);
  CHECK_FALSE(experiment.start.has_value());
  CHECK(experiment.directory == "here");
  CHECK(experiment.source_text == minimal());
}

TEST_CASE("every key of the host's sections arrives") {
  const auto experiment = parse_text(R"(
name = "a.b_c-1"
seed = 9223372036854775807
tags = ["x", "y"]
[dataset]
use = "mnist"
range = [-1, 1]
validation = 0.1
classes = ["3", "8"]
[dataset.transform]
crop = 24
flip = 0.5
shift = 2
noise = 0.1
levels = 4
[model]
use = "vae"
hidden = []
[optimizer]
use = "adam"
[schedule]
use = "cosine"
warmup = 5
floor = 0.01
[train]
steps = 100
batch_size = 32
clip_norm = 1
average = 0.999
[train.early_stopping]
patience = 3
min_delta = 0.5
[evaluate]
every = 0.5
metric = "fid"
goal = "max"
batch_size = 8
[sample]
every = 2
count = 4096
[checkpoint]
every = 0.1
[log]
every = 1
gradient_norms = 2
weights = 3
gradients = 4
activations = ["encoder"]
activations_every = 5
[start]
from = "cnn-mnist"
groups = ["encoder"]
freeze = ["encoder", "decoder"]
)");
  CHECK(experiment.name == "a.b_c-1");
  CHECK(experiment.seed == INT64_MAX);
  CHECK(experiment.tags == std::vector<std::string>{"x", "y"});
  CHECK(experiment.dataset.low == -1.0);
  CHECK(experiment.dataset.validation == 0.1);
  CHECK(experiment.dataset.settings.at("classes") == Value(std::vector<std::string>{"3", "8"}));
  CHECK(experiment.dataset.settings.size() == 1);
  CHECK(experiment.dataset.transform.crop == 24);
  CHECK(experiment.dataset.transform.flip == 0.5);
  CHECK(experiment.dataset.transform.shift == 2);
  CHECK(experiment.dataset.transform.noise == 0.1);
  CHECK(experiment.dataset.transform.levels == 4);
  CHECK(experiment.model.settings.at("hidden") == Value(std::vector<int64_t>{}));
  CHECK(experiment.schedule.use == LearningRateSchedule::Use::cosine);
  CHECK(experiment.schedule.warmup == 5);
  CHECK(experiment.schedule.floor == 0.01);
  CHECK(experiment.train.steps == 100);
  CHECK_FALSE(experiment.train.epochs.has_value());
  CHECK(experiment.train.clip_norm == 1.0);
  CHECK(experiment.train.average == 0.999);
  REQUIRE(experiment.train.early_stopping.has_value());
  CHECK(experiment.train.early_stopping->patience == 3);
  CHECK(experiment.train.early_stopping->min_delta == 0.5);
  CHECK(experiment.evaluate.every == 0.5);
  CHECK(experiment.evaluate.metric == "fid");
  CHECK(experiment.evaluate.goal == Goal::max);
  CHECK(experiment.evaluate.batch_size == 8);
  CHECK(experiment.sample.count == 4096);
  CHECK(experiment.sample.seed == INT64_MAX);
  CHECK(experiment.checkpoint.every == 0.1);
  CHECK(experiment.log.every == 1);
  CHECK(experiment.log.gradient_norms == 2);
  CHECK(experiment.log.weights == 3);
  CHECK(experiment.log.gradients == 4);
  CHECK(experiment.log.activations == std::vector<std::string>{"encoder"});
  CHECK(experiment.log.activations_every == 5);
  REQUIRE(experiment.start.has_value());
  CHECK(experiment.start->from == "cnn-mnist");
  CHECK(experiment.start->groups == std::vector<std::string>{"encoder"});
  CHECK(experiment.start->freeze.size() == 2);
}

TEST_CASE("images are made black and white in one of three ways, or not") {
  const auto chosen = [](const std::string& way) {
    return parse_text(minimal("dataset.transform.binarize = '" + way + "'\n")).dataset.transform.binarize;
  };
  CHECK(chosen("none") == Binarize::none);
  CHECK(chosen("threshold") == Binarize::threshold);
  CHECK(chosen("fixed") == Binarize::fixed);
  CHECK(chosen("fresh") == Binarize::fresh);
}

TEST_CASE("what is found wrong later can name the place of a value") {
  const auto experiment = parse_text(minimal("dataset.transform.crop = 40\n"), {"train.batch_size=7"});
  CHECK(located(experiment, "dataset.transform", "crop") == "tiny.toml:6:26: dataset.transform.crop");
  CHECK(located(experiment, "train", "batch_size") == "<override \"train.batch_size=7\">: train.batch_size");
  CHECK(located(experiment, "train", "clip_norm") == "train.clip_norm");
}

TEST_CASE("a given value knows its place") {
  const auto experiment = parse_text(R"(name = "tiny"
[dataset]
use = "mnist"
[model]
use = "vae"
latent = 10
[optimizer]
use = "adam"
[train]
epochs = 1
)");
  CHECK(experiment.model.place.text() == "tiny.toml:4:1");
  CHECK(experiment.model.places.at("latent").text() == "tiny.toml:6:10");
  CHECK(experiment.model.places.count("hidden") == 0);
}

TEST_CASE("the loss of a slot may be chosen, and its table may leave `use` to the default") {
  auto experiment = parse_text(minimal("loss.reconstruction = {use = \"mse\", weight = 2}\n"));
  CHECK(experiment.losses.at("reconstruction").use == "mse");
  CHECK(experiment.losses.at("reconstruction").settings.at("weight") == Value(2.0));
  experiment = parse_text(minimal("loss.reconstruction = {}\n"));
  CHECK(experiment.losses.at("reconstruction").use == "bce");
}

TEST_CASE("a group's optimizer inherits what it leaves out") {
  const auto experiment = parse_text(minimal(R"(
[optimizer.same]
betas = [0.5, 0.9]
[optimizer.named]
use = "adam"
[optimizer.other]
use = "sgd"
learning_rate = 1
)"),
                                     {"optimizer.learning_rate=0.25"});
  const auto& groups = experiment.group_optimizers;
  REQUIRE(groups.size() == 3);
  CHECK(groups.at("same").use == "adam");
  CHECK(groups.at("same").settings.at("learning_rate") == Value(0.25));
  CHECK(groups.at("same").settings.at("betas") == Value(std::vector<double>{0.5, 0.9}));
  CHECK(groups.at("named").settings.at("learning_rate") == Value(0.25));
  CHECK(groups.at("other").use == "sgd");
  CHECK(groups.at("other").settings.at("momentum") == Value(0.0));
  CHECK(groups.at("other").settings.count("betas") == 0);
}

TEST_CASE("a dataset's source is a name or a table") {
  auto source = parse_text(minimal("dataset.source = \"mnist\"\n")).dataset.sources["source"];
  REQUIRE(source != nullptr);
  CHECK(source->use == "mnist");
  CHECK(source->settings.at("classes") == Value(std::vector<std::string>{}));
  source = parse_text(minimal("[dataset.source]\nuse = \"mnist\"\nclasses = [\"1\"]\n")).dataset.sources["source"];
  REQUIRE(source != nullptr);
  CHECK(source->settings.at("classes") == Value(std::vector<std::string>{"1"}));
}

TEST_CASE("a dataset may have several sources, each under a name of its own, and those have sources again") {
  const auto sources = parse_text(minimal("dataset.source = \"moving-digits\"\n"
                                          "[dataset.sources.left]\nuse = \"mnist\"\nclasses = [\"1\"]\n"
                                          "[dataset.sources.right]\nuse = \"moving-digits\"\nsource = \"mnist\"\n"))
                           .dataset.sources;
  REQUIRE(sources.size() == 3);
  CHECK(sources.at("source")->use == "moving-digits");
  CHECK(sources.at("left")->settings.at("classes") == Value(std::vector<std::string>{"1"}));
  CHECK(sources.at("right")->sources.at("source")->use == "mnist");
  const std::string short_form = "dataset.sources = {left = 'mnist', right = 'moving-digits'}\n";
  CHECK(parse_text(minimal(short_form)).dataset.sources.at("right")->use == "moving-digits");
}

TEST_CASE("groups of the optimizer are checked against the model's") {
  const auto experiment = parse_text(minimal("\n[optimizer.encodr]\n[optimizer.critic]\n"));
  CHECK_NOTHROW(check_groups(experiment, {"encodr", "critic"}));
  try {
    check_groups(experiment, {"encoder", "decoder"});
    FAIL("no error");
  } catch (const atelier::Error& error) {
    CHECK(std::string(error.what()) ==
          "tiny.toml:7:1: optimizer.encodr: got an unknown parameter group, expected 'encoder' or 'decoder'; did you "
          "mean "
          "'encoder'?\n"
          "tiny.toml:8:1: optimizer.critic: got an unknown parameter group, expected 'encoder' or 'decoder'");
  }
}

TEST_CASE("groups of a start are checked against the model's, and one must be left to train") {
  const auto problems = [](const std::string& start) -> std::string {
    try {
      check_groups(parse_text(minimal("\n[start]\nfrom = \"other\"\n" + start)), {"encoder", "decoder"});
    } catch (const atelier::Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(problems("groups = [\"decoder\"]\nfreeze = [\"encoder\"]\n").empty());
  CHECK(problems("groups = [\"decoder\", \"encodr\"]\nfreeze = [\"critic\"]\n") ==
        "tiny.toml:9:10: start.groups[1]: got the unknown parameter group 'encodr', expected 'encoder' or 'decoder'; "
        "did you mean 'encoder'?\n"
        "tiny.toml:10:10: start.freeze[0]: got the unknown parameter group 'critic', expected 'encoder' or 'decoder'");
  CHECK(problems("freeze = [\"decoder\", \"encoder\"]\n") ==
        "tiny.toml:9:10: start.freeze: got every parameter group of the model, expected at least one that is left to "
        "train");
}

TEST_CASE("a file is loaded with its directory; one that is missing is an error of its own kind") {
  const auto directory = std::filesystem::temp_directory_path() / "atelier-experiment-test";
  std::filesystem::create_directories(directory);
  std::ofstream(directory / "tiny.toml") << minimal();
  CHECK(load(directory / "tiny.toml", {}, catalog()).directory == directory);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory);
  CHECK(load("tiny.toml", {}, catalog()).directory == ".");
  std::filesystem::current_path(before);
  std::filesystem::remove_all(directory);
  try {
    load(directory / "tiny.toml", {}, catalog());
    FAIL("no error");
  } catch (const atelier::Error& error) {
    CHECK(error.kind() == atelier::ErrorKind::file);
    CHECK(std::string(error.what()) ==
          (directory / "tiny.toml").string() + ": cannot be read, expected an experiment file");
  }
}
