// The networks of Radford et al. 2016: 4x4 convolutions with stride 2 instead of pooling, normalization, no hidden
// dense layers.
#pragma once

#include <functional>

#include "../common/adversarial.hpp"

namespace dcgan {

using namespace atelier;

constexpr int64_t kernel = 4;
constexpr Convolution halving{.stride = 2, .padding = 1};  // transposed, it doubles

// The length of an axis after so many layers of stride 2.
inline int64_t halved(int64_t length, size_t layers) {
  return length >> layers;
}

// z (B, latent) is projected to the smallest image, which every layer doubles, to (B, C, H, W) in [-1, 1].
class Generator {
 public:
  Generator() = default;
  Generator(const Builder& build, int64_t latent, const Condition& condition, const std::vector<int64_t>& filters,
            const DataSpec& data, std::string activation, Initializer initializer)
      : smallest_{-1, filters.front(), halved(data.height(), filters.size()), halved(data.width(), filters.size())},
        activation_(std::move(activation)),
        condition_(build.scope("condition"), condition, initializer) {
    project_ = Linear(build.scope("project"), latent + condition_.length(), smallest_[1] * smallest_[2] * smallest_[3],
                      initializer);
    for (size_t i = 0; i < filters.size(); ++i) {
      const Builder layer = build.scope(std::to_string(i));
      norms_.emplace_back(layer.scope("norm"), filters[i]);
      const int64_t outputs = i + 1 < filters.size() ? filters[i + 1] : data.channels();
      doubling_.emplace_back(layer, filters[i], outputs, kernel, halving, initializer);
    }
  }

  Tensor operator()(Tensor z, Tensor condition) const {
    Tensor h = project_(condition_(z, condition)).reshape(smallest_);
    for (size_t i = 0; i < doubling_.size(); ++i) {
      h = doubling_[i](activate(activation_, norms_[i](h)));
    }
    return tanh(h);
  }

 private:
  std::vector<int64_t> smallest_;  // (-1, C, H, W)
  std::string activation_;
  ConditionInput condition_;
  Linear project_;
  std::vector<BatchNorm> norms_;
  std::vector<ConvTranspose2d> doubling_;
};

struct DiscriminatorOptions {
  std::string activation, norm;
  bool spectral_norm = false;
  Initializer initializer;
};

// Images to logits (B, 1); no normalization of its input layer.
class Discriminator {
 public:
  Discriminator() = default;
  Discriminator(const Builder& build, const Condition& condition, const std::vector<int64_t>& filters,
                const DataSpec& data, const DiscriminatorOptions& options)
      : activation_(options.activation), condition_(build.scope("condition"), condition, options.initializer) {
    int64_t inputs = data.channels() + condition_.length();
    for (const int64_t channels : filters) {
      const size_t place = halving_.size();
      const Builder layer = build.scope(std::to_string(place));
      halving_.push_back(Conv2d(layer, inputs, channels, kernel, halving, options.initializer)
                             .with_spectral_norm(layer, options.spectral_norm));
      norms_.push_back(make_norm(place == 0 ? "none" : options.norm, layer.scope("norm"), channels,
                                 halved(data.height(), place + 1), halved(data.width(), place + 1)));
      inputs = channels;
    }
    const int64_t pixels = halved(data.height(), filters.size()) * halved(data.width(), filters.size());
    output_ = Linear(build.scope("output"), inputs * pixels, 1, options.initializer)
                  .with_spectral_norm(build.scope("output"), options.spectral_norm);
  }

  Judgement operator()(Tensor images, Tensor condition) const {
    Tensor h = condition_(images, condition);
    for (size_t i = 0; i < halving_.size(); ++i) {
      h = activate(activation_, norms_[i](halving_[i](h)));
    }
    return {output_(h.flatten()), h};
  }

 private:
  using Norm = std::function<Tensor(At)>;

  static Norm make_norm(const std::string& kind, const Builder& build, int64_t channels, int64_t height,
                        int64_t width) {
    if (kind == "batch") return BatchNorm(build, channels);
    if (kind == "layer") return LayerNorm(build, {channels, height, width});
    return [](At x) { return x.tensor; };
  }

  std::string activation_;
  ConditionInput condition_;
  std::vector<Conv2d> halving_;
  std::vector<Norm> norms_;  // as many
  Linear output_;
};

}  // namespace dcgan
