// Which parameters weight decay takes hold of, in each elementwise optimizer of ours.
#include <atelier/optimizer.hpp>
#include <map>

#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

using Values = std::map<std::string, std::vector<float>>;

// After one update: a later one's gradients are those of weights that have decayed.
Values updated(const std::string& optimizer, const std::string& decay) {
  Bench bench(make("[model]\nuse = \"image-layers\"\n[optimizer]\nlearning_rate = 0.01\nuse = " + optimizer + decay));
  bench.step();
  Values out;
  for (const auto& parameter : bench->built.bank().parameters) {
    out[parameter->name] = bench.values(parameter->name);
  }
  return out;
}

ParameterInfo info(std::string_view name, const std::vector<int64_t>& dims) {
  atl_parameter_info out{};
  out.name = {name.data(), name.size()};
  out.group = {"", 0};
  out.dims = dims.data();
  out.rank = static_cast<uint32_t>(dims.size());
  return ParameterInfo(out);
}

}  // namespace

TEST_CASE("biases and normalizations decay as all else, unless they are to be spared") {
  const std::string optimizers[] = {
      "\"sgd\"", "\"adam\"", "\"adam\"\ndecoupled = false", "\"rmsprop\"", "\"adagrad\"", "\"adadelta\"", "\"lion\""};
  for (const std::string& optimizer : optimizers) {
    CAPTURE(optimizer);
    const Values without = updated(optimizer, "\n");
    const Values all = updated(optimizer, "\nweight_decay = 1000.0\n");
    const Values spared = updated(optimizer, "\nweight_decay = 1000.0\ndecay_biases = false\n");
    CHECK(all.at("classifier.batch.scale") != without.at("classifier.batch.scale"));
    for (const auto& [name, values] : spared) {
      if (name.starts_with("masks.")) {
        continue;  // nothing minimizes them
      }
      CAPTURE(name);
      const bool decays = name.ends_with("weight") || name.ends_with("table");
      CHECK(values == (decays ? all : without).at(name));
      CHECK((!decays || values != without.at(name)));
    }
  }
}

TEST_CASE("what decay usually spares are vectors, and what a normalization over several axes has") {
  CHECK(info("critic.0.bias", {8}).is_bias_or_norm());
  CHECK(info("critic.0.norm.scale", {8, 14, 14}).is_bias_or_norm());
  CHECK(info("critic.0.norm.shift", {8, 14, 14}).is_bias_or_norm());
  CHECK(info("mean", {8}).is_bias_or_norm());
  CHECK_FALSE(info("critic.0.weight", {8, 1, 3, 3}).is_bias_or_norm());
  CHECK_FALSE(info("scale.weight", {8, 3}).is_bias_or_norm());
  CHECK_FALSE(info("autoscale", {8, 3}).is_bias_or_norm());
}
