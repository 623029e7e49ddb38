// The networks of Radford et al. 2016: convolutions with stride 2 instead of pooling, normalization, no hidden dense
// layers.
#pragma once

#include <algorithm>

#include "../common/adversarial.hpp"

namespace dcgan {

using namespace atelier;

// Transposed, it doubles. A length that it halves is rounded down, or up where the kernel is odd.
inline Convolution halving(int64_t kernel) {
  return {.stride = 2, .padding = (kernel - 1) / 2};
}

// z (B, latent) is projected to the smallest image, which every layer doubles, to (B, C, H, W) in [-1, 1].
class Generator {
 public:
  Generator() = default;
  Generator(const Builder& build, int64_t latent, const Condition& condition, const std::vector<int64_t>& filters,
            int64_t kernel, const DataSpec& data, const HiddenOptions& options)
      : condition_(build.scope("condition"), condition, options.initializer) {
    std::vector<std::vector<int64_t>> shapes{data.image().dims};  // (C, H, W), from the image to the smallest
    for (size_t i = filters.size(); i-- > 0;) {
      shapes.push_back(convolved_shape(shapes.back(), filters[i], kernel, halving(kernel)));
    }
    std::reverse(shapes.begin(), shapes.end());
    smallest_ = {-1, shapes[0][0], shapes[0][1], shapes[0][2]};
    project_ = Linear(build.scope("project"), latent + condition_.length(), smallest_[1] * smallest_[2] * smallest_[3],
                      options.initializer);
    doubling_ = ConvolutionTransposeStack(build, shapes, kernel, halving(kernel), options);
  }

  Tensor operator()(Tensor z, Tensor condition) const {
    return tanh(doubling_(project_(condition_(z, condition)).reshape(smallest_)));
  }

 private:
  std::vector<int64_t> smallest_;  // (-1, C, H, W)
  ConditionInput condition_;
  Linear project_;
  ConvolutionTransposeStack doubling_;
};

// Images to logits (B, 1).
class Discriminator {
 public:
  Discriminator() = default;
  Discriminator(const Builder& build, const Condition& condition, const std::vector<int64_t>& filters, int64_t kernel,
                const DataSpec& data, const HiddenOptions& options)
      : condition_(build.scope("condition"), condition, options.initializer),
        halving_(build, {data.channels() + condition_.length(), data.height(), data.width()}, filters, kernel,
                 halving(kernel), options),
        output_(Linear(build.scope("output"), halving_.outputs(), 1, options.initializer)
                    .with_spectral_norm(build.scope("output"), options.spectral_norm)) {}

  Judgement operator()(Tensor images, Tensor condition) const {
    const Tensor h = halving_(condition_(images, condition));
    return {output_(h.flatten()), h};
  }

 private:
  ConditionInput condition_;
  ConvolutionStack halving_;
  Linear output_;
};

}  // namespace dcgan
