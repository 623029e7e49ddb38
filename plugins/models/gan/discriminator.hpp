// The discriminator: hidden layers of one of two kinds, minibatch discrimination, and a linear output.
#pragma once

#include <functional>

#include "../common/adversarial.hpp"
#include "minibatch_discrimination.hpp"

namespace gan {

using namespace atelier;

struct LayerOptions {
  std::string activation;
  Initializer initializer;
  bool spectral_norm = false;
  double dropout = 0;  // after each activation
};

// Images with their condition as further elements, (B, inputs), to (B, outputs()).
class FullyConnected {
 public:
  FullyConnected(const Builder& build, int64_t inputs, const std::vector<int64_t>& widths, const LayerOptions& options)
      : outputs_(inputs), activation_(options.activation), dropout_(options.dropout) {
    for (const int64_t width : widths) {
      const Builder layer = build.scope(std::to_string(layers_.size()));
      layers_.push_back(
          Linear(layer, outputs_, width, options.initializer).with_spectral_norm(layer, options.spectral_norm));
      outputs_ = width;
    }
  }

  [[nodiscard]] int64_t outputs() const { return outputs_; }

  Tensor operator()(Tensor h) const {
    for (const Linear& layer : layers_) {
      h = dropout_(activate(activation_, layer(h)));
    }
    return h;
  }

 private:
  int64_t outputs_;
  std::string activation_;
  Dropout dropout_;
  std::vector<Linear> layers_;
};

// 5x5 convolutions of stride 2: images with their condition as further channels, (B, inputs, H, W), to (B, outputs()).
class Convolutional {
 public:
  Convolutional(const Builder& build, int64_t inputs, int64_t height, int64_t width,
                const std::vector<int64_t>& filters, const LayerOptions& options)
      : activation_(options.activation), dropout_(options.dropout) {
    for (const int64_t channels : filters) {
      const Builder layer = build.scope(std::to_string(layers_.size()));
      layers_.push_back(Conv2d(layer, inputs, channels, 5, {.stride = 2, .padding = 2}, options.initializer)
                            .with_spectral_norm(layer, options.spectral_norm));
      inputs = channels;
      height = (height + 1) / 2;
      width = (width + 1) / 2;
    }
    outputs_ = inputs * height * width;
  }

  [[nodiscard]] int64_t outputs() const { return outputs_; }

  Tensor operator()(Tensor h) const {
    for (const Conv2d& layer : layers_) {
      h = dropout_(activate(activation_, layer(h)));
    }
    return h.flatten();
  }

 private:
  int64_t outputs_ = 0;
  std::string activation_;
  Dropout dropout_;
  std::vector<Conv2d> layers_;
};

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
    const LayerOptions options{settings.text("discriminator_activation"),
                               Initializer::named(settings.text("initialization")), settings.flag("spectral_norm"),
                               settings.number("dropout")};
    const std::vector<int64_t> sizes = settings.integers(flat_ ? "discriminator" : "discriminator_filters");
    const auto use = [&](const auto& layers) {
      layers_ = layers;
      return layers.outputs();
    };
    const int64_t features =
        flat_ ? use(FullyConnected(build, data.image().elements() + condition_.length(), sizes, options))
              : use(Convolutional(build, data.channels() + condition_.length(), data.height(), data.width(), sizes,
                                  options));
    const int64_t kernels = settings.integer("minibatch_discrimination");
    minibatch_ = MinibatchDiscrimination(build.scope("minibatch"), features, kernels,
                                         settings.integer("minibatch_dimension"), options.initializer);
    const Builder output = build.scope(std::to_string(sizes.size()));
    output_ =
        Linear(output, features + kernels, 1, options.initializer).with_spectral_norm(output, options.spectral_norm);
  }

  // Images (B, C, H, W).
  Judgement operator()(Tensor images, Tensor condition) const {
    const Tensor hidden = layers_(condition_(flat_ ? images.flatten() : images, condition));
    return {output_(minibatch_(hidden)), hidden};
  }

 private:
  ConditionInput condition_;
  bool flat_ = true;
  std::function<Tensor(Tensor)> layers_;
  MinibatchDiscrimination minibatch_;
  Linear output_;
};

}  // namespace gan
