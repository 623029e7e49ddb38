// The prior of the codes: a small PixelCNN over their grid (van den Oord et al. 2017, section 3.3; its layers: van den
// Oord et al. 2016, Pixel Recurrent Neural Networks, figure 5), which sees the codes' vectors.
#pragma once

#include <atelier/layers.hpp>
#include <atelier/masked_convolution.hpp>

namespace vq {

using namespace atelier;

class Prior {
 public:
  Prior() = default;
  Prior(const Builder& build, int64_t codes, int64_t length, int64_t features, int64_t blocks, Initializer initializer)
      : codes_(codes) {
    using Type = CausalMask::Type;
    const auto add = [&](Sequential& to, const char* name, int64_t inputs, int64_t outputs, int64_t kernel, Type type) {
      to.add_named<MaskedConv2d>(name, inputs, outputs, kernel, CausalMask{.type = type}, initializer);
    };
    network_ = Sequential(build);
    add(network_, "first", length, features, 5, Type::A);
    for (int64_t i = 0; i < blocks; ++i) {
      Sequential block(build.scope(std::to_string(i)));
      add(block.activate("relu"), "narrow", features, features / 2, 1, Type::B);
      add(block.activate("relu"), "causal", features / 2, features / 2, 3, Type::B);
      add(block.activate("relu"), "wide", features / 2, features, 1, Type::B);
      network_.add(Residual(block));
    }
    add(network_.activate("relu"), "hidden", features, features, 1, Type::B);
    add(network_.activate("relu"), "output", features, codes, 1, Type::B);
  }

  // Vectors of codes (B, D, h, w) to logits (B, K, h, w): each place sees those before it.
  [[nodiscard]] Tensor logits(Tensor z) const { return network_(z); }

  // -log p(codes) in nats, (B): codes (B h w) with their vectors (B, D, h, w).
  [[nodiscard]] Tensor nats(Tensor z, Tensor codes) const {
    const Tensor rows = logits(z).permute({0, 2, 3, 1}).reshape({-1, codes_});
    return sum(cross_entropy(rows, codes).reshape({z.dim(0), -1}), {1});
  }

 private:
  int64_t codes_ = 0;
  Sequential network_;
};

}  // namespace vq
