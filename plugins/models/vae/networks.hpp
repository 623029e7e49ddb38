// The encoder and the decoder as the settings describe them. Both take a condition as part of
// their input.
#pragma once

#include <algorithm>

#include "../common/condition.hpp"

namespace vae {

using namespace atelier;

// By strides instead of pooling, as in Radford et al. 2016; transposed, it doubles.
inline Convolution halving(int64_t kernel) {
  return {.stride = 2, .padding = kernel / 2};
}

inline void describe_networks(Description& d) {
  d.text("encoder", "fully_connected",
         "kind of the encoder's layers; 'features' is a dense layer over what another run's model, frozen, sees")
      .choices({"fully_connected", "convolutional", "features"});
  d.integers("hidden", {512, 256}, "widths of a fully connected encoder's hidden layers").range(1, 65536);
  d.integers("filters", {32, 64, 128}, "channels after each layer of a convolutional coder").range(1, 65536);
  d.integer("kernel", 5, "height and width of a convolutional coder's filters; odd").range(1, 15);
  d.text("encoder_from", "", "for features: the other run, by its experiment's name or by its log");
  d.text("encoder_feature", "convolutions", "for features: which of that model's");
  d.integer("encoder_length", 0, "for features: the length of one").range(0);
  d.text("decoder", "mirror",
         "kind of the decoder's layers: the encoder's in reverse, with 'features' the convolutional one's; or fully "
         "connected ones")
      .choices({"mirror", "fully_connected"});
  d.integers("decoder_hidden", {128, 128}, "widths of a fully connected decoder's hidden layers that mirror nothing")
      .range(1, 65536);
  d.activation("activation", "relu", "of the hidden layers");
  d.initialization("glorot_uniform");
  d.flag("batch_norm", false, "normalize the hidden layers by batch");
  d.flag("sync_batch_norm", false, "normalize over the whole batch where train.shards cuts it");
  d.number("dropout", 0.0, "rate at which hidden units are dropped").range(0, 0.95);
}

inline MlpOptions hidden_options(const Settings& settings) {
  return {settings.text("activation"),
          "none",
          Initializer::named(settings.text("initialization")),
          settings.flag("batch_norm"),
          settings.number("dropout"),
          settings.flag("sync_batch_norm")};
}

// Images (B, C, H, W), and a condition y (B, length) or an empty tensor, to (B, outputs).
class Encoder {
 public:
  Encoder() = default;
  Encoder(const Settings& settings, const DataSpec& data, const Builder& build, const Condition& condition,
          int64_t outputs)
      : kind_(settings.text("encoder")),
        feature_(settings.text("encoder_feature")),
        condition_(build.scope("condition"), condition, hidden_options(settings).initializer) {
    const MlpOptions options = hidden_options(settings);
    const int64_t kernel = settings.integer("kernel");
    const std::string from = settings.text("encoder_from");
    if ((kind_ == "features") == from.empty()) {
      build.fail("model.encoder_from: '" + from + "' where model.encoder is '" + kind_ +
                 "'; expected another run for 'features', and none otherwise");
    } else if (kernel % 2 == 0) {
      build.fail("model.kernel: " + std::to_string(kernel) + ", expected an odd number");
    } else if (kind_ == "features") {
      features_ = build.features(from);
      length_ = settings.integer("encoder_length");
      network_ =
          Sequential(build).add_named<Linear>("output", length_ + condition_.length(), outputs, options.initializer);
    } else if (kind_ == "convolutional") {
      const ConvolutionStack convolutions(build, {data.channels() + condition_.length(), data.height(), data.width()},
                                          settings.integers("filters"), kernel, halving(kernel), options.hidden());
      network_ = Sequential(build)
                     .add(convolutions)
                     .add([](Tensor h) { return h.flatten(); })
                     .add_named<Linear>("output", convolutions.outputs(), outputs, options.initializer);
    } else {
      std::vector<int64_t> widths = settings.integers("hidden");
      widths.insert(widths.begin(), data.image().elements() + condition_.length());
      widths.push_back(outputs);
      network_ = Sequential(build).add(Mlp(build, widths, options));
    }
  }

  Tensor operator()(const Recording& recording, Tensor images, Tensor y) const {
    if (kind_ == "convolutional") {
      return network_(condition_(images, y));
    }
    if (kind_ == "fully_connected") {
      return network_(condition_(images.flatten(), y));
    }
    const Tensor seen = features_(images, feature_).flatten();
    if (seen.dim(1) != length_) {
      recording.fail("model.encoder_length: " + std::to_string(length_) + ", expected " + std::to_string(seen.dim(1)) +
                     ", the length of the feature '" + feature_ + "'");
    }
    return network_(condition_(seen, y));
  }

 private:
  std::string kind_, feature_;
  ConditionInput condition_;
  Features features_;
  int64_t length_ = 0;  // of the feature
  Sequential network_;
};

// A convolutional encoder mirrored: a dense layer and transposed convolutions, (B, inputs) to images (C, H, W).
inline Sequential convolutional_decoder(const Settings& settings, const Builder& build, int64_t inputs,
                                        const std::vector<int64_t>& image) {
  const MlpOptions options = hidden_options(settings);
  const int64_t kernel = settings.integer("kernel");
  std::vector<std::vector<int64_t>> shapes{image};
  for (const int64_t channels : settings.integers("filters")) {
    shapes.push_back(convolved_shape(shapes.back(), channels, kernel, halving(kernel)));
  }
  std::reverse(shapes.begin(), shapes.end());
  const std::vector<int64_t> smallest{-1, shapes[0][0], shapes[0][1], shapes[0][2]};
  return Sequential(build)
      .add_named<Linear>("input", inputs, smallest[1] * smallest[2] * smallest[3], options.initializer)
      .add([smallest](Tensor h) { return h.reshape(smallest); })
      .add(ConvolutionTransposeStack(build, shapes, kernel, halving(kernel), options.hidden()));
}

// (B, inputs) to the raw output of images, (B, C, H, W).
inline Sequential make_decoder(const Settings& settings, const DataSpec& data, const Builder& build, int64_t inputs) {
  const MlpOptions options = hidden_options(settings);
  const std::vector<int64_t> image = {data.channels(), data.height(), data.width()};
  std::vector<int64_t> widths = settings.integers("decoder_hidden");
  if (settings.text("decoder") == "mirror") {
    if (settings.text("encoder") != "fully_connected") {
      return convolutional_decoder(settings, build, inputs, image);
    }
    widths = settings.integers("hidden");
    std::reverse(widths.begin(), widths.end());
  }
  widths.insert(widths.begin(), inputs);
  widths.push_back(data.image().elements());
  return Sequential(build).add(Mlp(build, widths, options)).add([image](Tensor h) {
    return h.reshape({-1, image[0], image[1], image[2]});
  });
}

}  // namespace vae
