// The two networks: residual blocks (van den Oord et al. 2016a, figure 5), and gated layers with a stack of features
// that sees the rows above beside one that sees the pixel's own row (van den Oord et al. 2016b, figure 2).
#pragma once

#include "memory.hpp"

namespace pixelcnn {

using Type = CausalMask::Type;
using Region = CausalMask::Region;

struct Shape {
  int64_t colours = 1, features = 32, blocks = 7, kernel = 3, first_kernel = 7, outputs = 1;
  bool gated = false;
  std::string activation = "relu";
  Initializer initializer{};
};

// Makes a network's layers, which differ in little.
struct LayerMaker {
  Shape shape;
  Builder build;
  MaskedConv2d operator()(const char* name, int64_t inputs, int64_t outputs, int64_t kernel, Type type = Type::B,
                          Region region = Region::raster) const {
    return {build.scope(name), inputs, outputs, kernel, {type, region, shape.colours}, shape.initializer};
  }
};

// 1x1 from 2h to h features, a causal convolution, 1x1 back to 2h; an activation, ReLU in the paper, before each.
class ResidualBlock {
 public:
  ResidualBlock(const LayerMaker& make, int64_t h, int64_t kernel)
      : activation_(make.shape.activation),
        narrow_(make("narrow", 2 * h, h, 1)),
        causal_(make("causal", h, h, kernel)),
        wide_(make("wide", h, 2 * h, 1)) {}

  Tensor operator()(const Convolve& apply, Tensor x) const {
    const Tensor h = apply(narrow_, active(x));
    return x + apply(wide_, active(apply(causal_, active(h))));
  }

 private:
  [[nodiscard]] Tensor active(Tensor x) const { return activate(activation_, x); }

  std::string activation_;
  MaskedConv2d narrow_, causal_, wide_;
};

// Equation 2: tanh(W_f * x) sigmoid(W_g * x), on both stacks; the vertical one feeds the horizontal one.
class GatedLayer {
 public:
  GatedLayer(const LayerMaker& make, int64_t inputs, int64_t h, int64_t kernel, Type type)
      : colours_(make.shape.colours),
        residual_(type == Type::B),  // what comes into the first layer is the pixel itself
        vertical_(make("vertical", inputs, 2 * h, kernel, type, Region::vertical)),
        horizontal_(make("horizontal", inputs, 2 * h, kernel, type, Region::horizontal)),
        down_(make("down", 2 * h, 2 * h, 1)),
        output_(make("output", h, h, 1)) {}

  // Before the gate, (B, 2h, ...); what the horizontal stack takes in.
  [[nodiscard]] Tensor vertical(const Convolve& apply, Tensor v) const { return apply(vertical_, v); }
  [[nodiscard]] Tensor horizontal(const Convolve& apply, Tensor h, Tensor vertical) const {
    const Tensor y = apply(output_, gate(apply(horizontal_, h) + apply(down_, vertical)));
    return residual_ ? h + y : y;
  }

  // Each colour's features are halved, as a later colour's must not reach an earlier one's.
  [[nodiscard]] Tensor gate(Tensor x) const {
    const int64_t half = x.dim(1) / colours_ / 2;
    std::vector<Tensor> gated;
    for (int64_t colour = 0; colour < colours_; ++colour) {
      gated.push_back(tanh(x.slice(1, 2 * colour * half, half)) * sigmoid(x.slice(1, (2 * colour + 1) * half, half)));
    }
    return colours_ == 1 ? gated.front() : concatenate(gated, 1);
  }

 private:
  int64_t colours_;
  bool residual_;
  MaskedConv2d vertical_, horizontal_, down_, output_;
};

// Images (B, C, H, W) to logits (B, outputs, H, W), each of the pixels before only.
class Network {
 public:
  Network() = default;
  Network(const Builder& build, const Shape& shape) : activation_(shape.activation) {
    const LayerMaker make{shape, build};
    const int64_t h = shape.features;
    const int64_t width = shape.gated ? h : 2 * h;
    const auto block = [&](int64_t i) { return LayerMaker{shape, build.scope(std::to_string(i))}; };
    if (shape.gated) {
      gated_.emplace_back(block(0), shape.colours, h, shape.first_kernel, Type::A);
      for (int64_t i = 1; i <= shape.blocks; ++i) {
        gated_.emplace_back(block(i), h, h, shape.kernel, Type::B);
      }
    } else {
      first_ = make("first", shape.colours, width, shape.first_kernel, Type::A);
      for (int64_t i = 1; i <= shape.blocks; ++i) {
        residual_.emplace_back(block(i), h, shape.kernel);
      }
    }
    hidden_ = make("hidden", width, width, 1);
    output_ = make("output", width, shape.outputs, 1);
  }

  // Of the gated network, for each layer, what its rows above say; row y of it needs no pixel of row y.
  [[nodiscard]] std::vector<Tensor> vertical(const Convolve& apply, Tensor x) const {
    std::vector<Tensor> out;
    for (const GatedLayer& layer : gated_) {
      out.push_back(layer.vertical(apply, out.empty() ? x : layer.gate(out.back())));
    }
    return out;
  }

  [[nodiscard]] Tensor logits(const Convolve& apply, Tensor x, const std::vector<Tensor>& vertical) const {
    Tensor h = gated_.empty() ? apply(first_, x) : x;
    for (size_t i = 0; i < gated_.size(); ++i) {
      h = gated_[i].horizontal(apply, h, vertical[i]);
    }
    for (const ResidualBlock& block : residual_) {
      h = block(apply, h);
    }
    return apply(output_, activate(activation_, apply(hidden_, activate(activation_, h))));
  }

 private:
  std::string activation_;
  MaskedConv2d first_;
  std::vector<ResidualBlock> residual_;
  std::vector<GatedLayer> gated_;
  MaskedConv2d hidden_, output_;
};

}  // namespace pixelcnn
