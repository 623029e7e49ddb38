// The three networks of Larsen et al. 2016, table 1: 5x5 convolutions of stride 2 with batch normalization; or
// fully connected layers in their places, for small grey images.
#pragma once

#include <atelier/layers.hpp>
#include <functional>

namespace vae_gan {

using namespace atelier;

constexpr Convolution halving{.stride = 2, .padding = 2};
constexpr Convolution doubling{.stride = 2, .padding = 2, .output_padding = 1};
constexpr int64_t kernel = 5;

struct Shape {
  bool convolutional = false;
  bool batch_norm = true;
  std::vector<int64_t> image;   // C, H, W
  std::vector<int64_t> widths;  // units or channels of the hidden layers, from the image on
  int64_t latent = 0;
  std::string activation = "relu";  // of all hidden layers
  Initializer initializer{};

  // What the hidden layer i of a trunk gives for one image; 0 is the image itself.
  [[nodiscard]] std::vector<int64_t> after(size_t i) const {
    if (i == 0) {
      return convolutional ? image : std::vector<int64_t>{image[0] * image[1] * image[2]};
    }
    if (!convolutional) {
      return {widths[i - 1]};
    }
    const int64_t factor = int64_t{1} << i;
    return {widths[i - 1], (image[1] + factor - 1) / factor, (image[2] + factor - 1) / factor};
  }
  [[nodiscard]] int64_t elements_after(size_t i) const {
    int64_t product = 1;
    for (const int64_t length : after(i)) {
      product *= length;
    }
    return product;
  }
};

using Layer = std::function<Tensor(Tensor)>;

// Before the activation; none where `normalize` is off.
inline Layer normalization(const Builder& build, int64_t channels, bool normalize) {
  if (!normalize) {
    return [](Tensor x) { return x; };
  }
  return [norm = BatchNorm(build.scope("norm"), channels)](Tensor x) { return norm(x); };
}

// The hidden layers of an encoder or a discriminator.
class Trunk {
 public:
  Trunk() = default;
  Trunk(const Builder& build, const Shape& shape, bool normalize_first) {
    for (size_t i = 0; i < shape.widths.size(); ++i) {
      const Builder layer = build.scope(std::to_string(i));
      const int64_t inputs = shape.after(i)[0];
      const int64_t outputs = shape.widths[i];
      Layer product;
      if (shape.convolutional) {
        product = [conv = Conv2d(layer, inputs, outputs, kernel, halving, shape.initializer)](Tensor x) {
          return conv(x);
        };
      } else {
        product = [dense = Linear(layer, inputs, outputs, shape.initializer)](Tensor x) { return dense(x.flatten()); };
      }
      const Layer norm = normalization(layer, outputs, shape.batch_norm && (i > 0 || normalize_first));
      layers_.emplace_back(
          [product, norm, activation = shape.activation](Tensor x) { return activate(activation, norm(product(x))); });
    }
  }

  // After so many layers.
  [[nodiscard]] Tensor operator()(Tensor x, size_t layers) const {
    for (size_t i = 0; i < layers; ++i) {
      x = layers_[i](x);
    }
    return x;
  }
  [[nodiscard]] Tensor operator()(Tensor x) const { return (*this)(x, layers_.size()); }

 private:
  std::vector<Layer> layers_;
};

// Images to (B, 2 latent): mean and log variance of q(z | x).
class Encoder {
 public:
  Encoder() = default;
  Encoder(const Builder& build, const Shape& shape)
      : trunk_(build, shape, true),
        output_(build.scope("output"), shape.elements_after(shape.widths.size()), 2 * shape.latent, shape.initializer) {
  }
  Tensor operator()(Tensor x) const { return output_(trunk_(x).flatten()); }

 private:
  Trunk trunk_;
  Linear output_;
};

// (B, latent) to images before they are squashed into their range; the encoder mirrored.
class Decoder {
 public:
  Decoder() = default;
  Decoder(const Builder& build, const Shape& shape) : image_{-1, shape.image[0], shape.image[1], shape.image[2]} {
    const size_t depth = shape.widths.size();
    const Builder first = build.scope("0");
    std::vector<int64_t> smallest = shape.after(depth);
    smallest.insert(smallest.begin(), -1);
    layers_.emplace_back([dense = Linear(first, shape.latent, shape.elements_after(depth), shape.initializer),
                          smallest](Tensor z) { return dense(z).reshape(smallest); });
    layers_.emplace_back(normalization(first, shape.after(depth)[0], shape.batch_norm));
    const auto active = [activation = shape.activation](Tensor x) { return activate(activation, x); };
    for (size_t i = depth; i > 0; --i) {
      const Builder layer = build.scope(std::to_string(depth - i + 1));
      const std::vector<int64_t> to = shape.after(i - 1);
      if (shape.convolutional) {  // twice a length is one too many where an odd length was halved
        layers_.emplace_back(
            [conv = ConvTranspose2d(layer, shape.after(i)[0], to[0], kernel, doubling, shape.initializer), active,
             to](Tensor x) { return conv(active(x)).slice(2, 0, to[1]).slice(3, 0, to[2]); });
      } else {
        layers_.emplace_back([dense = Linear(layer, shape.after(i)[0], to[0], shape.initializer), active](Tensor x) {
          return dense(active(x));
        });
      }
      layers_.emplace_back(normalization(layer, to[0], shape.batch_norm && i > 1));
    }
  }

  Tensor operator()(Tensor z) const {
    for (const Layer& layer : layers_) {
      z = layer(z);
    }
    return z.reshape(image_);
  }

 private:
  std::vector<int64_t> image_;  // -1, C, H, W
  std::vector<Layer> layers_;
};

// Images to logits (B, 1), and what its hidden layers make of them.
class Discriminator {
 public:
  Discriminator() = default;
  Discriminator(const Builder& build, const Shape& shape)
      : group_(build.group_name()),
        trunk_(build, shape, false),
        output_(build.scope("output"), shape.elements_after(shape.widths.size()), 1, shape.initializer) {}
  Tensor operator()(Tensor x) const { return output_(trunk_(x).flatten()); }
  // Dis_l: after the hidden layer l, counted from 1.
  [[nodiscard]] Tensor features(Tensor x, size_t l) const { return trunk_(x, l); }
  [[nodiscard]] const std::string& group() const { return group_; }

 private:
  std::string group_;
  Trunk trunk_;
  Linear output_;
};

}  // namespace vae_gan
