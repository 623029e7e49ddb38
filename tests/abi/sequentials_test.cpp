// Networks of layers that follow each other: plugins/sequentials.cpp logs what is checked here.
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

const std::string of_sequentials = "[model]\nuse = \"sequentials\"\n[train]\nsteps = 2\nbatch_size = 16\n";

std::vector<std::string> parameters(const std::string& group) {
  Bench bench(make(of_sequentials));
  std::vector<std::string> out;
  for (const auto& parameter : bench->built.bank().parameters) {
    if (parameter->name.starts_with(group + ".")) {
      out.push_back(parameter->name.substr(group.size() + 1));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("a Sequential is its layers one after the other, as many as are asked for") {
  const Run run = train(of_sequentials);
  CHECK(run.train("all").front() == 0);
  CHECK(run.train("after two").front() == 0);
  CHECK(run.train("after none").front() == 0);
}

TEST_CASE("stacks make tensors of the shapes that they say") {
  const Run run = train(of_sequentials);
  for (const std::string name :
       {"net", "linear", "no layers", "convolutions", "pooled", "pooled, as it says", "back", "mlp"}) {
    CHECK_MESSAGE(run.train("shape of " + name).front() == 1, name);
  }
}

TEST_CASE("parameters are named by their layers' places, or as they are asked to be, in the order of the layers") {
  using Names = std::vector<std::string>;
  CHECK(parameters("net") == Names{"0.weight", "0.bias", "middle.weight", "middle.bias", "4.weight", "4.bias"});
  CHECK(parameters("linear") == Names{"0.weight", "0.bias", "0.left_singular", "0.norm.scale", "0.norm.shift",
                                      "1.weight", "1.bias", "1.left_singular", "1.norm.scale", "1.norm.shift"});
  CHECK(parameters("convolutions") == Names{"0.weight", "0.bias", "1.weight", "1.bias", "1.norm.scale", "1.norm.shift",
                                            "1.norm.mean", "1.norm.variance"});
  CHECK(parameters("back") == Names{"0.norm.scale", "0.norm.shift", "0.norm.mean", "0.norm.variance", "0.weight",
                                    "0.bias", "1.norm.scale", "1.norm.shift", "1.norm.mean", "1.norm.variance",
                                    "1.weight", "1.bias"});
  CHECK(parameters("mlp") == Names{"0.weight", "0.bias", "0.norm.scale", "0.norm.shift", "0.norm.mean",
                                   "0.norm.variance", "1.weight", "1.bias"});
}
