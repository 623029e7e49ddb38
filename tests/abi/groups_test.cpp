// Several parameter groups in one step, and which version of the weights a loss sees.
#include <algorithm>

#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

Run run_in_order(const std::string& order) {
  return train("[model]\nuse = \"groups\"\norder = \"" + order +
               "\"\n[optimizer]\nuse = \"sgd\"\nlearning_rate = 0.5\n" +
               "[train]\nsteps = 3\nbatch_size = 16\n[log]\nevery = 1\ngradients = 1\nweights = 1\n");
}

std::vector<float> values(const Run& run, const std::string& series, int64_t row) {
  const tensor::Tensor tensor = run.log().tensor(series, row);
  const auto* data = tensor.storage.as<float>();
  return {data, data + tensor.shape.elements()};
}

const std::vector<std::string> parameters = {"encoder.weight",         "encoder.bias",           "decoder.weight",
                                             "decoder.bias",           "discriminator.0.weight", "discriminator.0.bias",
                                             "discriminator.1.weight", "discriminator.1.bias"};

}  // namespace

TEST_CASE("losses recorded before an update keep the old weights, wherever the update stands") {
  const Run last = run_in_order("last");
  const Run between = run_in_order("between");
  for (const std::string& name : parameters) {
    for (int64_t row = 0; row < 3; ++row) {
      CHECK_MESSAGE(values(last, "gradients." + name, row) == values(between, "gradients." + name, row), name, " ",
                    row);
      CHECK_MESSAGE(values(last, "weights." + name, row) == values(between, "weights." + name, row), name, " ", row);
    }
  }
}

TEST_CASE("what is recorded after an update sees the new weights") {
  const Run last = run_in_order("last");
  const Run again = run_in_order("again");
  const auto differ = [&](const std::string& name) {
    return values(last, "gradients." + name, 0) != values(again, "gradients." + name, 0);
  };
  CHECK_FALSE(differ("encoder.weight"));  // recorded before its update in both
  CHECK(differ("decoder.weight"));
  CHECK(differ("discriminator.0.weight"));
  CHECK(last.train("encoder_loss")[0] == again.train("encoder_loss")[0]);
  CHECK(again.train("decoder_loss")[0] < last.train("decoder_loss")[0]);  // the encoder has learned in between
}

TEST_CASE("every group is updated by its own gradients: w' = w - rate g") {
  const Run run = run_in_order("last");
  for (const std::string& name : parameters) {
    const std::vector<float> before = values(run, "weights." + name, 0);
    const std::vector<float> after = values(run, "weights." + name, 1);
    const std::vector<float> gradient = values(run, "gradients." + name, 1);
    bool equal = true;
    for (size_t i = 0; i < before.size(); ++i) {
      equal = equal && after[i] == before[i] - 0.5F * gradient[i];
    }
    CHECK_MESSAGE(equal, name);
    CHECK(std::ranges::any_of(gradient, [](float g) { return g != 0; }));
  }
  CHECK(run.train("encoder_loss").back() < run.train("encoder_loss").front());
}
