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
class ResidualBlocks {
 public:
  ResidualBlocks() = default;
  ResidualBlocks(const Builder& build, const Shape& shape) : activation_(shape.activation) {
    for (int64_t i = 0; i < shape.blocks; ++i) {
      const Builder block = build.scope(std::to_string(i));
      narrow_.emplace_back(block.scope("narrow"), shape.features, shape.residual_features, 3, Convolution{.padding = 1},
                           shape.initializer);
      wide_.emplace_back(block.scope("wide"), shape.residual_features, shape.features, 1, Convolution{},
                         shape.initializer);
    }
  }
  Tensor operator()(Tensor x) const {
    for (size_t i = 0; i < narrow_.size(); ++i) {
      x = x + wide_[i](activate(activation_, narrow_[i](activate(activation_, x))));
    }
    return activate(activation_, x);
  }

 private:
  std::string activation_;
  std::vector<Conv2d> narrow_, wide_;
};

// Images (B, C, H, W) to (B, D, H/4, W/4).
class Encoder {
 public:
  Encoder() = default;
  Encoder(const Builder& build, int64_t channels, int64_t length, const Shape& shape)
      : activation_(shape.activation),
        first_(build.scope("first"), channels, shape.features / 2, 4, halving, shape.initializer),
        second_(build.scope("second"), shape.features / 2, shape.features, 4, halving, shape.initializer),
        blocks_(build.scope("blocks"), shape),
        output_(build.scope("output"), shape.features, length, 1, {}, shape.initializer) {}

  Tensor operator()(Tensor x) const { return output_(blocks_(second_(activate(activation_, first_(x))))); }

 private:
  std::string activation_;
  Conv2d first_, second_;
  ResidualBlocks blocks_;
  Conv2d output_;
};

// (B, D, h, w) to the raw output of images, (B, C, 4 h, 4 w).
class Decoder {
 public:
  Decoder() = default;
  Decoder(const Builder& build, int64_t channels, int64_t length, const Shape& shape)
      : activation_(shape.activation),
        input_(build.scope("input"), length, shape.features, 3, {.padding = 1}, shape.initializer),
        blocks_(build.scope("blocks"), shape),
        second_(build.scope("second"), shape.features, shape.features / 2, 4, halving, shape.initializer),
        first_(build.scope("first"), shape.features / 2, channels, 4, halving, shape.initializer) {}

  Tensor operator()(Tensor z) const { return first_(activate(activation_, second_(blocks_(input_(z))))); }

 private:
  std::string activation_;
  Conv2d input_;
  ResidualBlocks blocks_;
  ConvTranspose2d second_, first_;
};

}  // namespace vq
