// The U-Net of Ho et al. 2020, appendix B, small: residual blocks with group normalization at each level, the step's
// sinusoids (Vaswani et al. 2017) added to every block's features, attention at the smallest images.
#pragma once

#include <algorithm>
#include <atelier/images.hpp>
#include <atelier/multi_head_attention.hpp>
#include <cmath>

#include "../common/condition.hpp"

namespace diffusion {

using namespace atelier;

struct Shape {
  std::vector<int64_t> channels;  // at each level
  int64_t images = 1;             // channels of the images
  int64_t blocks = 1, groups = 8, heads = 4;
  double dropout = 0;

  // Whether images of these lengths can go through; fails otherwise.
  [[nodiscard]] bool fits(const DataSpec& data, const Builder& build) const {
    const int64_t factor = int64_t{1} << (channels.empty() ? 0 : std::min<size_t>(channels.size() - 1, 32));
    if (channels.empty() || data.channels() == 0 || data.height() % factor != 0 || data.width() % factor != 0) {
      build.fail("model.channels: " + std::to_string(channels.size()) +
                 " levels, expected at least one, and images whose sides are multiples of " + std::to_string(factor) +
                 "; the data has " + std::to_string(data.height()) + "x" + std::to_string(data.width()));
      return false;
    }
    for (const int64_t width : channels) {
      if (width % groups != 0) {
        build.fail("model.channels: " + std::to_string(width) + ", expected a multiple of model.groups, " +
                   std::to_string(groups));
        return false;
      }
    }
    if (heads > 0 && channels.back() % heads != 0) {
      build.fail("model.heads: " + std::to_string(heads) +
                 ", expected a number that divides the last of model.channels, " + std::to_string(channels.back()));
      return false;
    }
    return true;
  }
  [[nodiscard]] int64_t sinusoids() const { return (channels[0] + 1) / 2; }  // of each of sine and cosine
  [[nodiscard]] int64_t embedding() const { return 4 * channels[0]; }
};

inline Tensor swish(Tensor x) {
  return x * sigmoid(x);
}

// Convolutions that keep an image's size; those that end a block begin as 0, so that it begins as the identity.
inline Conv2d same(const Builder& build, int64_t inputs, int64_t outputs, bool zero = false) {
  return {build, inputs,         outputs,
          3,     {.padding = 1}, zero ? Initializer::constant(0) : Initializer::named("glorot_uniform")};
}

class Block {
 public:
  Block(const Builder& build, int64_t inputs, int64_t outputs, const Shape& shape)
      : widens_(inputs != outputs),
        outputs_(outputs),
        first_norm_(build.scope("first.norm"), shape.groups, inputs),
        second_norm_(build.scope("second.norm"), shape.groups, outputs),
        first_(same(build.scope("first"), inputs, outputs)),
        second_(same(build.scope("second"), outputs, outputs, true)),
        time_(build.scope("time"), shape.embedding(), outputs),
        dropout_(shape.dropout) {
    if (widens_) {
      past_ = Conv2d(build.scope("past"), inputs, outputs, 1);
    }
  }

  Tensor operator()(Tensor x, Tensor time) const {
    const Tensor h = first_(swish(first_norm_(x))) + time_(time).reshape({-1, outputs_, 1, 1});
    return (widens_ ? past_(x) : x) + second_(dropout_(swish(second_norm_(h))));
  }

 private:
  bool widens_;
  int64_t outputs_;
  GroupNorm first_norm_, second_norm_;
  Conv2d first_, second_, past_;
  Linear time_;
  Dropout dropout_;
};

// Each place of an image looks at all.
class PlaceAttention {
 public:
  PlaceAttention(const Builder& build, int64_t channels, const Shape& shape)
      : norm_(build.scope("norm"), shape.groups, channels), attention_(build, channels, shape.heads) {}

  Tensor operator()(Tensor x) const {
    const Tensor places = norm_(x).reshape({x.dim(0), x.dim(1), -1}).permute({0, 2, 1});  // (B, H W, C)
    return x + attention_(places).permute({0, 2, 1}).reshape(x.shape());
  }

 private:
  GroupNorm norm_;
  MultiHeadAttention attention_;
};

// x_t (B, C, H, W), its step t (B) and its condition to the noise in it, (B, C, H, W).
class Network {
 public:
  Network() = default;
  Network(const Builder& build, const Shape& shape, const Condition& condition)
      : shape_(shape), condition_(build.scope("condition"), condition, Initializer::named("glorot_uniform")) {
    const std::vector<int64_t>& channels = shape.channels;
    time_ =
        Mlp(build.scope("time"), {2 * shape.sinusoids() + condition_.length(), shape.embedding(), shape.embedding()});
    input_ = same(build.scope("input"), shape.images, channels[0]);
    for (size_t i = 0; i < channels.size(); ++i) {
      const std::string level = std::to_string(i);
      for (int64_t j = 0; j < shape.blocks; ++j) {
        const std::string name = "." + level + "." + std::to_string(j);
        down_.emplace_back(build.scope("down" + name), j > 0 || i == 0 ? channels[i] : channels[i - 1], channels[i],
                           shape);
        up_.emplace_back(build.scope("up" + name), 2 * channels[i], channels[i], shape);
      }
      if (i + 1 < channels.size()) {
        halve_.emplace_back(build.scope("halve." + level), channels[i], channels[i], 3,
                            Convolution{.stride = 2, .padding = 1});
        twice_.push_back(same(build.scope("double." + level), channels[i + 1], channels[i]));
      }
    }
    for (const char* place : {"before", "after"}) {
      middle_.emplace_back(build.scope("middle").scope(place), channels.back(), channels.back(), shape);
    }
    if (shape.heads > 0) {
      attention_.emplace_back(build.scope("middle.attention"), channels.back(), shape);
    }
    norm_ = GroupNorm(build.scope("output.norm"), shape.groups, channels[0]);
    output_ = same(build.scope("output"), channels[0], shape.images, true);
  }

  Tensor operator()(Tensor x, Tensor t, Tensor condition) const {
    const Tensor time = swish(time_(condition_(sinusoids(t), condition)));
    const auto blocks = static_cast<size_t>(shape_.blocks);
    Tensor h = input_(x);
    std::vector<Tensor> skips;
    for (size_t i = 0; i < down_.size(); ++i) {
      if (i > 0 && i % blocks == 0) {
        h = halve_[i / blocks - 1](h);
      }
      h = down_[i](h, time);
      skips.push_back(h);
    }
    h = middle_[0](h, time);
    h = middle_[1](attention_.empty() ? h : attention_[0](h), time);
    for (size_t i = up_.size(); i-- > 0;) {
      h = up_[i](concatenate({h, skips[i]}, 1), time);
      if (i > 0 && i % blocks == 0) {
        h = twice_[i / blocks - 1](upsample_nearest2d(h));
      }
    }
    return output_(swish(norm_(h)));
  }

 private:
  // sin and cos of t 10000^(-i / n), (B, 2 n)
  [[nodiscard]] Tensor sinusoids(Tensor t) const {
    const int64_t n = shape_.sinusoids();
    std::vector<float> frequencies;
    for (int64_t i = 0; i < n; ++i) {
      frequencies.push_back(static_cast<float>(std::pow(10000, -static_cast<double>(i) / static_cast<double>(n))));
    }
    const Tensor angles = t.reshape({-1, 1}) * Recording(t.context()).constant({1, n}, frequencies);
    return concatenate({sin(angles), cos(angles)}, 1);
  }

  Shape shape_;
  ConditionInput condition_;
  Mlp time_;
  Conv2d input_, output_;
  GroupNorm norm_;
  std::vector<Block> down_, middle_, up_;  // `blocks` of each level, from the largest images to the smallest
  std::vector<Conv2d> halve_, twice_;      // between two levels
  std::vector<PlaceAttention> attention_;  // one, or none
};

}  // namespace diffusion
