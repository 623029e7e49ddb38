#include <doctest/doctest.h>

#include <limits>

#include "experiment_catalog.hpp"

using namespace atelier::experiment;
using namespace atelier::experiment::testing;
using atelier::catalog::Value;

namespace {

const std::string full = minimal(R"(tags = ["quote \" and \\", "tab\t", "é"]
dataset.validation = 0.1
dataset.source = "moving-digits"
dataset.sources.second = { use = "mnist", classes = ["2"] }
dataset.transform = {crop = 20, binarize = "fresh"}
loss.reconstruction = {use = "mse", weight = 1e-7}
optimizer.betas = [0.5, 1]
train.clip_norm = 1e20
[train.early_stopping]
patience = 2
[schedule]
use = "step"
every = 10
[optimizer."odd name"]
use = "sgd"
learning_rate = 0.1
[optimizer.encoder]
learning_rate = 3
[start]
from = "other"
)");

}  // namespace

TEST_CASE("the resolved text of the least experiment") {
  CHECK(parse_text(minimal()).resolved_text == R"(name = "tiny"
seed = 0
tags = []

[dataset]
use = "mnist"
range = [0.0, 1.0]
validation = 0.0
classes = []

[dataset.transform]
crop = 0
flip = 0.0
shift = 0
noise = 0.0
levels = 0
binarize = "none"

[model]
use = "vae"
hidden = [512, 256]
latent = 20
activation = "relu"
bias = true

[loss.reconstruction]
use = "bce"

[optimizer]
use = "adam"
learning_rate = 0.001
betas = [0.9, 0.999]

[schedule]
use = "constant"
warmup = 0

[train]
epochs = 1
batch_size = 128
shards = 1
clip_norm = 0.0
average = 0.0
delay = 0
precision = "float32"

[evaluate]
every = 1.0
metric = "loss"
batch_size = 256

[sample]
every = 1.0
count = 64
seed = 0

[checkpoint]
every = 60.0
keep = 0

[log]
every = 10
gradient_norms = 0
weights = 0
gradients = 0
activations = []
activations_every = 100
)");
}

TEST_CASE("the resolved text parses to an equal experiment") {
  const auto first = parse_text(full, {"seed=5", "model.hidden=[1]"});
  const auto second = parse_text(first.resolved_text);
  CHECK(second.resolved_text == first.resolved_text);
  CHECK(second.tags == first.tags);
  CHECK(second.dataset.settings == first.dataset.settings);
  REQUIRE(second.dataset.sources.size() == 2);
  for (const auto& [name, source] : first.dataset.sources) {
    CHECK(second.dataset.sources.at(name)->use == source->use);
    CHECK(second.dataset.sources.at(name)->settings == source->settings);
  }
  CHECK(second.dataset.transform.crop == 20);
  CHECK(second.dataset.transform.binarize == Binarize::fresh);
  CHECK(second.model.settings == first.model.settings);
  CHECK(second.losses.at("reconstruction").settings == first.losses.at("reconstruction").settings);
  CHECK(second.optimizer.settings == first.optimizer.settings);
  REQUIRE(second.group_optimizers.size() == 2);
  CHECK(second.group_optimizers.at("odd name").use == "sgd");
  CHECK(second.group_optimizers.at("encoder").settings == first.group_optimizers.at("encoder").settings);
  CHECK(second.train.early_stopping->patience == 2);
  CHECK(second.train.clip_norm == 1e20);
  CHECK(second.schedule.every == 10);
  CHECK(second.sample.seed == 5);
  CHECK(second.start->from == "other");
}

TEST_CASE("origins: the file, an override, a default, what is inherited") {
  const auto text = resolved_with_origins(parse_text(full, {"seed=5"}));
  CHECK(text.find("name = \"tiny\"                         # tiny.toml:1\n") != std::string::npos);
  CHECK(text.find("seed = 5                              # override seed=5\n") != std::string::npos);
  CHECK(text.find("latent = 20                           # default\n") != std::string::npos);
  CHECK(text.find("[optimizer.encoder]\n"
                  "use = \"adam\"                          # tiny.toml:4\n"
                  "learning_rate = 3.0                   # tiny.toml:23\n"
                  "betas = [0.5, 1.0]                    # tiny.toml:12\n") != std::string::npos);
  CHECK(parse_text(text).resolved_text == parse_text(full, {"seed=5"}).resolved_text);
}

TEST_CASE("an override with a line break stays within its comment") {
  const auto text = resolved_with_origins(parse_text(minimal(), {"evaluate.metric=a\nseed = 7"}));
  CHECK(text.find("# override evaluate.metric=a␊seed = 7\n") != std::string::npos);
  CHECK(parse_text(text).seed == 0);
}

TEST_CASE("flatten gives dotted keys and literals") {
  const auto values = flatten("a = 1\n[b]\nc = [1.0, 'x']\n\"d e\".f = true\n[[g]]\nh = 1979-05-27\n");
  CHECK(values == std::map<std::string, std::string>{
                      {"a", "1"}, {"b.c", "[1.0, \"x\"]"}, {"b.\"d e\".f", "true"}, {"g", "[{h = 1979-05-27}]"}});
  CHECK(flatten(parse_text(minimal()).resolved_text).at("model.hidden") == "[512, 256]");
  CHECK_THROWS_AS(flatten("a = "), atelier::Error);
}

TEST_CASE("values are written as TOML") {
  using atelier::catalog::to_string;
  CHECK(to_string(Value(true)) == "true");
  CHECK(to_string(Value(std::numeric_limits<int64_t>::min())) == "-9223372036854775808");
  CHECK(to_string(Value(1.0)) == "1.0");
  CHECK(to_string(Value(-0.0)) == "-0.0");
  CHECK(to_string(Value(1e300)) == "1e+300");
  CHECK(to_string(Value(0.1)) == "0.1");
  CHECK(to_string(Value(std::numeric_limits<double>::infinity())) == "inf");
  CHECK(to_string(Value(std::string("a\"\\\n\t\x01"))) == "\"a\\\"\\\\\\n\\t\\u0001\"");
  CHECK(to_string(Value(std::vector<double>{1, 2.5})) == "[1.0, 2.5]");
  CHECK(to_string(Value(std::vector<std::string>{})) == "[]");
}
