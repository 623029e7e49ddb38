// Convolutional coders, halving and doubling by strides instead of pooling as in Radford et al. 2016.
#pragma once

#include <atelier/layers.hpp>

namespace vae {

using namespace atelier;

inline int64_t halved(int64_t length) {
  return (length + 1) / 2;
}

// Convolutions of stride 2, each with an activation, and a dense layer: images to (B, outputs).
class ConvolutionalEncoder {
 public:
  ConvolutionalEncoder(const Builder& build, const std::vector<int64_t>& image, const std::vector<int64_t>& filters,
                       int64_t kernel, int64_t outputs, const MlpOptions& options)
      : options_(options), dropout_(options.dropout) {
    std::vector<int64_t> shape = image;  // (C, H, W)
    for (const int64_t channels : filters) {
      const Builder layer = build.scope(std::to_string(layers_.size()));
      layers_.emplace_back(layer, shape[0], channels, kernel, Convolution{.stride = 2, .padding = kernel / 2},
                           options.initializer);
      if (options.batch_norm) {
        norms_.emplace_back(layer.scope("norm"), channels);
      }
      shape = {channels, halved(shape[1]), halved(shape[2])};
    }
    output_ = Linear(build.scope("output"), shape[0] * shape[1] * shape[2], outputs, options.initializer);
  }

  Tensor operator()(Tensor x) const {
    for (size_t i = 0; i < layers_.size(); ++i) {
      x = layers_[i](x);
      x = dropout_(activate(options_.activation, norms_.empty() ? x : norms_[i](x)));
    }
    return output_(x.flatten());
  }

 private:
  MlpOptions options_;
  Dropout dropout_;
  std::vector<Conv2d> layers_;
  std::vector<BatchNorm> norms_;
  Linear output_;
};

// The same mirrored: a dense layer and transposed convolutions, (B, inputs) to images.
class ConvolutionalDecoder {
 public:
  ConvolutionalDecoder(const Builder& build, int64_t inputs, const std::vector<int64_t>& filters, int64_t kernel,
                       const std::vector<int64_t>& image, const MlpOptions& options)
      : options_(options), dropout_(options.dropout) {
    std::vector<std::vector<int64_t>> shapes = {image};  // from the image to the smallest, (C, H, W)
    for (const int64_t channels : filters) {
      shapes.push_back({channels, halved(shapes.back()[1]), halved(shapes.back()[2])});
    }
    smallest_ = {-1, shapes.back()[0], shapes.back()[1], shapes.back()[2]};
    input_ = Linear(build.scope("input"), inputs, smallest_[1] * smallest_[2] * smallest_[3], options.initializer);
    for (size_t i = filters.size(); i > 0; --i) {
      const Builder layer = build.scope(std::to_string(filters.size() - i));
      if (options.batch_norm) {
        norms_.emplace_back(layer.scope("norm"), shapes[i][0]);
      }
      // Twice a length is one too many where an odd length was halved.
      const Sides exact(1 - shapes[i - 1][1] % 2, 1 - shapes[i - 1][2] % 2);
      layers_.emplace_back(layer, shapes[i][0], shapes[i - 1][0], kernel,
                           Convolution{.stride = 2, .padding = kernel / 2, .output_padding = exact},
                           options.initializer);
    }
  }

  Tensor operator()(Tensor z) const {
    Tensor h = input_(z).reshape(smallest_);
    for (size_t i = 0; i < layers_.size(); ++i) {
      h = dropout_(activate(options_.activation, norms_.empty() ? h : norms_[i](h)));
      h = layers_[i](h);
    }
    return h;
  }

 private:
  MlpOptions options_;
  Dropout dropout_;
  std::vector<int64_t> smallest_;  // (-1, C, H, W)
  Linear input_;
  std::vector<BatchNorm> norms_;
  std::vector<ConvTranspose2d> layers_;
};

}  // namespace vae
