#include <doctest/doctest.h>

#include "experiment_catalog.hpp"

using namespace atelier::experiment::testing;

TEST_CASE("a syntax error stands alone") {
  const auto text = report("name = 3\nseed = = 1\n");
  CHECK(text.starts_with("tiny.toml:2:8: syntax error: "));
  CHECK(text.find('\n') == std::string::npos);
}

TEST_CASE("an empty file lacks four things") {
  CHECK(report("") ==
        "tiny.toml:1:1: name: got nothing, expected a string\n"
        "tiny.toml:1:1: dataset.use: got nothing, expected a dataset (known: mnist, moving-digits)\n"
        "tiny.toml:1:1: model.use: got nothing, expected a model (known: gan, vae)\n"
        "tiny.toml:1:1: optimizer.use: got nothing, expected an optimizer (known: adam, sgd)\n"
        "tiny.toml:1:1: train: got neither 'epochs' nor 'steps', expected exactly one of them");
}

TEST_CASE("all problems are reported at once, in the order of their places, overrides last") {
  CHECK(report(R"(name = "tiny"
[train]
epochs = 0
[model]
use = "vae"
latnt = 3
[dataset]
use = "mnist"
)",
               {"seed=-1", "optimizer.use=sgd"}) ==
        "tiny.toml:3:10: train.epochs: got 0, expected an integer >= 1\n"
        "tiny.toml:6:1: model.latnt: got an unknown key; did you mean 'latent'?\n"
        "<override \"seed=-1\">: seed: got -1, expected an integer >= 0\n"
        "<override \"optimizer.use=sgd\">: optimizer.learning_rate: got nothing, expected a finite number");
}

TEST_CASE("unknown keys and tables name the nearest, or all that are known") {
  CHECK(report(minimal("modle = 3\n")) == "tiny.toml:6:1: modle: got an unknown key; did you mean 'model'?");
  CHECK(report(minimal("train.foo = 3\n")) ==
        "tiny.toml:6:7: train.foo: got an unknown key, expected epochs, steps, batch_size, shards, clip_norm, "
        "average, delay, precision or early_stopping");
  CHECK(report(minimal("\n[train.early_stoping]\n")) ==
        "tiny.toml:7:8: train.early_stoping: got an unknown key; did you mean 'early_stopping'?");
  CHECK(report(minimal("dataset.rnge = 3\n")) ==
        "tiny.toml:6:9: dataset.rnge: got an unknown key; did you mean 'range'?");
  CHECK(report(minimal("optimizer.beta = 3\n")) ==
        "tiny.toml:6:11: optimizer.beta: got an unknown key; did you mean 'betas'?");
  CHECK(report(minimal("loss.recons.use = 'bce'\n")) ==
        "tiny.toml:6:6: loss.recons: got an unknown key; did you mean 'reconstruction'?");
  CHECK(
      report(minimal("\"my key\" = 3\n")).starts_with("tiny.toml:6:1: \"my key\": got an unknown key, expected name"));
}

TEST_CASE("wrong types") {
  CHECK(report(minimal("model.latent = 'ten'\n")) ==
        "tiny.toml:6:16: model.latent: got the string 'ten', expected an integer in [1, 1024]");
  CHECK(report(minimal("model.latent = 2.0\n")) ==
        "tiny.toml:6:16: model.latent: got 2.0, expected an integer in [1, 1024]");
  CHECK(report(minimal("model.bias = 1\n")) == "tiny.toml:6:14: model.bias: got 1, expected a boolean");
  CHECK(report(minimal("model.activation = true\n")) ==
        "tiny.toml:6:20: model.activation: got true, expected 'relu' or 'tanh'");
  CHECK(report(minimal("model.hidden = 3\n")) ==
        "tiny.toml:6:16: model.hidden: got 3, expected a list of integers, each >= 1");
  CHECK(report(minimal("model.hidden = [3, 'x', 0]\n")) ==
        "tiny.toml:6:20: model.hidden[1]: got the string 'x', expected an integer >= 1\n"
        "tiny.toml:6:25: model.hidden[2]: got 0, expected an integer >= 1");
  CHECK(report(minimal("tags = [1979-05-27]\n")) ==
        "tiny.toml:6:9: tags[0]: got the date or time 1979-05-27, expected a string");
  CHECK(report(minimal("evaluate = 3\n")) == "tiny.toml:6:12: evaluate: got 3, expected a table");
  CHECK(report(minimal("optimizer.betas = {}\n")) ==
        "tiny.toml:6:19: optimizer.betas: got a table, expected a list of numbers, each in [0, 1]");
  CHECK(report(minimal("dataset.source = 3\n")) ==
        "tiny.toml:6:18: dataset.source: got 3, expected the name of a dataset or a table");
  CHECK(report(minimal("start.groups = 'x'\n")) ==
        "tiny.toml:6:1: start.from: got nothing, expected a string\n"
        "tiny.toml:6:16: start.groups: got the string 'x', expected a list of strings");
}

TEST_CASE("values out of range") {
  CHECK(report(minimal("model.latent = 2000\n")) ==
        "tiny.toml:6:16: model.latent: got 2000, expected an integer in [1, 1024]");
  CHECK(report(minimal("dataset.validation = 1\n")) ==
        "tiny.toml:6:22: dataset.validation: got 1, expected a number in [0, 0.9]");
  CHECK(report(minimal("evaluate.every = 0\n")) ==
        "tiny.toml:6:18: evaluate.every: got 0, expected a finite number > 0");
  CHECK(report(minimal("train.average = 1\n")) == "tiny.toml:6:17: train.average: got 1, expected a number in [0, 1)");
  CHECK(report(minimal("checkpoint.every = inf\n")) ==
        "tiny.toml:6:20: checkpoint.every: got inf, expected a finite number > 0");
  CHECK(report(minimal("optimizer.learning_rate = nan\n")) ==
        "tiny.toml:6:27: optimizer.learning_rate: got nan, expected a finite number >= 0");
  CHECK(report(minimal("optimizer.betas = [0.9, 1.5]\n")) ==
        "tiny.toml:6:25: optimizer.betas[1]: got 1.5, expected a number in [0, 1]");
  CHECK(report(minimal("sample.count = 5000\n")) ==
        "tiny.toml:6:16: sample.count: got 5000, expected an integer in [1, 4096]");
  CHECK(report(minimal("dataset.range = [1, 1]\n")) ==
        "tiny.toml:6:17: dataset.range: got [1.0, 1.0], expected [low, high] with low < high");
  CHECK(report(minimal("dataset.range = [1]\n")) ==
        "tiny.toml:6:17: dataset.range: got [1.0], expected [low, high] with low < high");
}

TEST_CASE("transforms that cannot be") {
  CHECK(report(minimal("dataset.transform.flip = 1.5\n")) ==
        "tiny.toml:6:26: dataset.transform.flip: got 1.5, expected a number in [0, 1]");
  CHECK(report(minimal("dataset.transform.levels = 1\n")) ==
        "tiny.toml:6:28: dataset.transform.levels: got 1, expected an integer in [2, 256], or 0 for off");
  CHECK(report(minimal("dataset.transform = {levels = 4, binarize = 'fixed'}\n")) ==
        "tiny.toml:6:45: dataset.transform: got both 'levels' and 'binarize', expected at most one of them");
  CHECK(report(minimal("dataset.transform.binarise = 'fixed'\n")) ==
        "tiny.toml:6:19: dataset.transform.binarise: got an unknown key; did you mean 'binarize'?");
  CHECK(report(minimal("dataset.transform.binarize = 'random'\n")) ==
        "tiny.toml:6:30: dataset.transform.binarize: got the string 'random', expected 'none', 'threshold', 'fixed' or "
        "'fresh'");
  CHECK(report(minimal("dataset.source = {use = 'mnist', transform = {flip = 0.5}}\n")) ==
        "tiny.toml:6:34: dataset.source.transform: got an unknown key, expected use, source, sources or classes");
}

TEST_CASE("values that are not among the choices") {
  CHECK(report(minimal("model.activation = 'rely'\n")) ==
        "tiny.toml:6:20: model.activation: got the string 'rely', expected 'relu' or 'tanh'; did you mean 'relu'?");
  CHECK(report(minimal("evaluate.goal = 'best'\n")) ==
        "tiny.toml:6:17: evaluate.goal: got the string 'best', expected 'min' or 'max'");
}

TEST_CASE("names of experiments are names of folders") {
  const std::string expected = ", expected letters, digits, '.', '_' and '-', and not only dots";
  CHECK(report(minimal(), {"name=\"a/b\""}) == "<override \"name=\"a/b\"\">: name: got the string 'a/b'" + expected);
  CHECK(report(minimal(), {"name=.."}) == "<override \"name=..\">: name: got the string '..'" + expected);
  CHECK(report(minimal(), {"name="}) == "<override \"name=\">: name: got the string ''" + expected);
}

TEST_CASE("components that are unknown, or of another kind") {
  CHECK(report(minimal(), {"model.use=vea"}) ==
        "<override \"model.use=vea\">: model.use: got 'vea', expected a model; did you mean 'vae'?");
  CHECK(report(minimal(), {"model.use=transformer"}) ==
        "<override \"model.use=transformer\">: model.use: got 'transformer', expected a model (known: gan, vae)");
  CHECK(report(minimal(), {"model.use=adam"}) ==
        "<override \"model.use=adam\">: model.use: got 'adam', which is an optimizer, expected a model (known: gan, "
        "vae)");
  CHECK(report(minimal(), {"model.use=3"}) ==
        "<override \"model.use=3\">: model.use: got '3', expected a model (known: gan, vae)");
  CHECK(report(minimal("dataset.source = 'mnits'\n")) ==
        "tiny.toml:6:18: dataset.source.use: got 'mnits', expected a dataset; did you mean 'mnist'?");
  CHECK(report(minimal("dataset.sources = 'mnist'\n")) ==
        "tiny.toml:6:19: dataset.sources: got the string 'mnist', expected a table");
  CHECK(report(minimal("dataset.sources.left = 'mnits'\n")) ==
        "tiny.toml:6:24: dataset.sources.left.use: got 'mnits', expected a dataset; did you mean 'mnist'?");
  CHECK(report(minimal("dataset.sources.source = 'mnist'\n")) ==
        "tiny.toml:6:17: dataset.sources: got the name 'source', expected another: [dataset.source] has it");
  CHECK(report(minimal("dataset.sources.'a b' = 'mnist'\n")) ==
        "tiny.toml:6:17: dataset.sources: 'a b' has a ' ' in its name, expected letters, digits, '_' and '-'");
  CHECK(report(minimal("optimizer.critic.use = 'vae'\n")) ==
        "tiny.toml:6:24: optimizer.critic.use: got 'vae', which is a model, expected an optimizer (known: adam, sgd)");
}

TEST_CASE("the settings of an unknown component are not called unknown") {
  CHECK(report(minimal("model.foo = 3\nloss.bar.use = 'bce'\n"), {"model.use=transformer"}).find('\n') ==
        std::string::npos);
}

TEST_CASE("losses fit the model's slots") {
  CHECK(report("name = 'g'\ndataset.use = 'mnist'\noptimizer.use = 'adam'\ntrain.steps = 1\n[model]\nuse = 'gan'\n") ==
        "tiny.toml:5:1: loss.adversarial.use: got nothing, expected an adversarial loss: model 'gan' needs "
        "[loss.adversarial] (known: hinge, wasserstein)");
  CHECK(report(minimal("loss.adversarial.use = 'bce'\n"), {"model.use=gan"}) ==
        "tiny.toml:6:24: loss.adversarial.use: got 'bce', which is a reconstruction loss, expected an adversarial loss "
        "(known: hinge, wasserstein)");
  CHECK(report(minimal("loss.reconstruction.use = 'msee'\n")) ==
        "tiny.toml:6:27: loss.reconstruction.use: got 'msee', expected a reconstruction loss; did you mean 'mse'?");
  CHECK(report(minimal("loss.reconstruction.wait = 1\n")) ==
        "tiny.toml:6:21: loss.reconstruction.wait: got an unknown key, expected use");
}

TEST_CASE("a default loss that is not loaded is said to be missing") {
  auto without_bce = catalog();
  std::erase_if(without_bce, [](const auto& description) { return description.name == "bce"; });
  try {
    atelier::experiment::parse(minimal(), "tiny.toml", "", {}, without_bce);
    FAIL("no error");
  } catch (const atelier::Error& error) {
    CHECK(std::string(error.what()) ==
          "tiny.toml:3:1: loss.reconstruction.use: got nothing, expected a reconstruction loss: model 'vae' needs "
          "[loss.reconstruction], as its default loss 'bce' is not loaded (known: mse)");
  }
}

TEST_CASE("keys of a schedule that is not chosen") {
  CHECK(report(minimal("schedule.floor = 0.1\n")) ==
        "tiny.toml:6:10: schedule.floor: got a key of 'cosine', but the schedule is 'constant'");
  CHECK(report(minimal("schedule.use = 'cosine'\nschedule.every = 3\n")) ==
        "tiny.toml:7:10: schedule.every: got a key of 'step', but the schedule is 'cosine'");
  CHECK(report(minimal("\n[schedule]\nuse = 'step'\nfactor = 0\n")) ==
        "tiny.toml:7:1: schedule.every: got nothing, expected an integer >= 1\n"
        "tiny.toml:9:10: schedule.factor: got 0, expected a number in (0, 1]");
  CHECK(report(minimal("schedule.use = 'cosin'\nschedule.floor = 0.1\n")) ==
        "tiny.toml:6:16: schedule.use: got the string 'cosin', expected 'constant', 'step' or 'cosine'; did you mean "
        "'cosine'?");
}

TEST_CASE("epochs and steps exclude each other") {
  CHECK(report(minimal("train.steps = 10\n")) ==
        "tiny.toml:6:15: train: got both 'epochs' and 'steps', expected exactly one of them");
  CHECK(report("name='x'\ndataset.use='mnist'\nmodel.use='vae'\noptimizer.use='adam'\n[train]\n") ==
        "tiny.toml:5:1: train: got neither 'epochs' nor 'steps', expected exactly one of them");
}

TEST_CASE("early stopping needs its patience") {
  CHECK(report(minimal("\n[train.early_stopping]\nmin_delta = -1\n")) ==
        "tiny.toml:7:1: train.early_stopping.patience: got nothing, expected an integer >= 1\n"
        "tiny.toml:8:13: train.early_stopping.min_delta: got -1, expected a finite number >= 0");
}

TEST_CASE("a sweep is no single experiment") {
  CHECK(report(minimal("\n[sweep]\n\"model.latent\" = [1, 2]\n")) ==
        "tiny.toml:7:1: sweep: got a sweep, expected a single experiment; hint: 'atelier run' runs it, and with "
        "--dry-run lists its points, of which --point takes one");
}

TEST_CASE("what a sweep's points say is not missing in its file") {
  CHECK(report("name = 'x'\n[sweep]\nmodel = [{use = 'vae'}]\n") ==
        "tiny.toml:2:1: sweep: got a sweep, expected a single experiment; hint: 'atelier run' runs it, and with "
        "--dry-run lists its points, of which --point takes one");
}
