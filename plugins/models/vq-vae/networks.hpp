// The networks of van den Oord et al. 2017, section 4.1: two strided convolutions 4x4, two residual blocks, and the
// same mirrored.
#pragma once

#include <atelier/layers.hpp>

namespace vq {

using namespace atelier;

struct Shape {
  int64_t features = 64;           // channels of the hidden layers
  int64_t residual_features = 32;  // within a block
  int64_t blocks = 2;
  std::string activation = "relu";
  Initializer initializer{};
};

constexpr Convolution halving{.stride = 2, .padding = 1};  // of 4x4: to half as many rows and columns, or twice

// x + 1x1(f(3x3(f(x)))) with the activation f, and one more f after the last.
inline Sequential make_blocks(const Builder& build, const Shape& shape) {
  Sequential out(build);
  for (int64_t i = 0; i < shape.blocks; ++i) {
    Sequential block(build.scope(std::to_string(i)));
    block.activate(shape.activation)
        .add_named<Conv2d>("narrow", shape.features, shape.residual_features, 3, Convolution{.padding = 1},
                           shape.initializer)
        .activate(shape.activation)
        .add_named<Conv2d>("wide", shape.residual_features, shape.features, 1, Convolution{}, shape.initializer);
    out.add(Residual(block));
  }
  return out.activate(shape.activation);
}

// Images (B, C, H, W) to (B, D, H/4, W/4).
inline Sequential make_encoder(const Builder& build, int64_t channels, int64_t length, const Shape& shape) {
  return Sequential(build)
      .add_named<Conv2d>("first", channels, shape.features / 2, 4, halving, shape.initializer)
      .activate(shape.activation)
      .add_named<Conv2d>("second", shape.features / 2, shape.features, 4, halving, shape.initializer)
      .add(make_blocks(build.scope("blocks"), shape))
      .add_named<Conv2d>("output", shape.features, length, 1, Convolution{}, shape.initializer);
}

// (B, D, h, w) to the raw output of images, (B, C, 4 h, 4 w).
inline Sequential make_decoder(const Builder& build, int64_t channels, int64_t length, const Shape& shape) {
  return Sequential(build)
      .add_named<Conv2d>("input", length, shape.features, 3, Convolution{.padding = 1}, shape.initializer)
      .add(make_blocks(build.scope("blocks"), shape))
      .add_named<ConvTranspose2d>("second", shape.features, shape.features / 2, 4, halving, shape.initializer)
      .activate(shape.activation)
      .add_named<ConvTranspose2d>("first", shape.features / 2, channels, 4, halving, shape.initializer);
}

}  // namespace vq
