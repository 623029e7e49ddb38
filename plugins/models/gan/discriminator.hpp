// The discriminator: hidden layers of one of two kinds, minibatch discrimination, and a linear output.
#pragma once

#include "../common/adversarial.hpp"
#include "minibatch_discrimination.hpp"

namespace gan {

using namespace atelier;

class Discriminator {
 public:
  static void describe(Description& d) {
    d.text("discriminator_layers", "fully_connected", "kind of the discriminator's hidden layers")
        .choices({"fully_connected", "convolutional"});
    d.integers("discriminator", {512, 256, 128}, "widths of fully connected hidden layers").range(1, 65536);
    d.integers("discriminator_filters", {32, 64, 128}, "channels after each convolution, 5x5 with stride 2")
        .range(1, 65536);
    d.activation("discriminator_activation", "leaky_relu",
                 "of the discriminator's hidden layers; the leaky one has slope 0.2");
    d.integer("minibatch_discrimination", 0, "number of kernels B that compare the images of a batch; 0: none")
        .range(0, 4096);
    d.integer("minibatch_dimension", 5, "dimension C of a kernel").range(1, 4096);
    d.flag("spectral_norm", false, "divide the discriminator's weights by their largest singular values");
    d.number("dropout", 0.0, "rate at which the discriminator's hidden units are dropped").range(0, 0.95);
  }

  Discriminator() = default;
  Discriminator(const Builder& build, const Settings& settings, const DataSpec& data, const Condition& condition)
      : condition_(build.scope("condition"), condition, Initializer::named(settings.text("initialization"))),
        flat_(settings.text("discriminator_layers") == "fully_connected") {
    const HiddenOptions options{.activation = settings.text("discriminator_activation"),
                                .initializer = Initializer::named(settings.text("initialization")),
                                .spectral_norm = settings.flag("spectral_norm"),
                                .dropout = settings.number("dropout")};
    const std::vector<int64_t> sizes = settings.integers(flat_ ? "discriminator" : "discriminator_filters");
    int64_t features = 0;
    if (flat_) {
      const LinearStack stack(build, data.image().elements() + condition_.length(), sizes, options);
      features = stack.outputs();
      hidden_ = Sequential(build).add(stack);
    } else {
      const ConvolutionStack stack(build, {data.channels() + condition_.length(), data.height(), data.width()}, sizes,
                                   5, {.stride = 2, .padding = 2}, options);
      features = stack.outputs();
      hidden_ = Sequential(build).add(stack).add([](Tensor h) { return h.flatten(); });
    }
    const int64_t kernels = settings.integer("minibatch_discrimination");
    minibatch_ = MinibatchDiscrimination(build.scope("minibatch"), features, kernels,
                                         settings.integer("minibatch_dimension"), options.initializer);
    const Builder output = build.scope(std::to_string(sizes.size()));
    output_ =
        Linear(output, features + kernels, 1, options.initializer).with_spectral_norm(output, options.spectral_norm);
  }

  // Images (B, C, H, W).
  Judgement operator()(Tensor images, Tensor condition) const {
    const Tensor hidden = hidden_(condition_(flat_ ? images.flatten() : images, condition));
    return {output_(minibatch_(hidden)), hidden};
  }

 private:
  ConditionInput condition_;
  bool flat_ = true;
  Sequential hidden_;
  MinibatchDiscrimination minibatch_;
  Linear output_;
};

}  // namespace gan
