// Layers: parameters with the operation that uses them. Made in a model's constructor, called while recording. Those of
// several kinds in one place are std::function<Tensor(At)>, which hands the caller's line on.
#pragma once

#include <atelier/basic_layers.hpp>
#include <atelier/convolution_layers.hpp>
#include <atelier/normalization.hpp>
#include <atelier/sequential.hpp>
#include <atelier/stacks.hpp>

namespace atelier {

struct MlpOptions {
  std::string activation = "relu";
  std::string output_activation = "none";
  Initializer initializer = Initializer::named("glorot_uniform");
  bool batch_norm = false;       // before the activation of every hidden layer
  double dropout = 0;            // after it
  bool sync_batch_norm = false;  // over the whole batch, where training cuts it into shards

  // Those of a stack of other layers.
  [[nodiscard]] HiddenOptions hidden() const {
    return {.activation = activation,
            .initializer = initializer,
            .norm = !batch_norm       ? "none"
                    : sync_batch_norm ? "synchronized-batch"
                                      : "batch",
            .dropout = dropout};
  }
};

// A multilayer perceptron: fully connected layers of the given widths, the first being the input's. (B, ...) is
// flattened to (B, inputs).
class Mlp {
 public:
  using Options = MlpOptions;

  Mlp() = default;
  Mlp(const Builder& build, const std::vector<int64_t>& widths, const Options& options = {}, Location at = {})
      : output_activation_(options.output_activation) {
    if (widths.size() < 2) {
      build.fail("got " + std::to_string(widths.size()) + " widths, expected those of the input and of the output", at);
      return;
    }
    detail::require_name(build, "activation", options.output_activation, detail::activation_names, at);
    const std::vector<int64_t> hidden(widths.begin() + 1, widths.end() - 1);
    hidden_ = LinearStack(build, widths.front(), hidden, options.hidden(), at);
    output_ = Linear(build.scope(std::to_string(hidden.size())), hidden_.outputs(), widths.back(), options.initializer);
  }

  Tensor operator()(At x) const {
    const CalledFrom caller(x);
    return activate(output_activation_, output_(hidden(x)));
  }
  // What the last hidden layer gives, (B, units); x as a matrix where there is none.
  [[nodiscard]] Tensor hidden(At x) const {
    const CalledFrom caller(x);
    return hidden_(x.tensor.rank() == 2 ? x.tensor : x.tensor.flatten());
  }

  [[nodiscard]] const std::string& group() const { return hidden_.group(); }

 private:
  std::string output_activation_;
  LinearStack hidden_;
  Linear output_;
};

}  // namespace atelier
