// The three networks of Larsen et al. 2016, table 1: 5x5 convolutions of stride 2 with batch normalization; or
// fully connected layers in their places, for small grey images.
#pragma once

#include <atelier/layers.hpp>

namespace vae_gan {

using namespace atelier;

constexpr Convolution halving{.stride = 2, .padding = 2};
constexpr Convolution doubling{.stride = 2, .padding = 2, .output_padding = 1};
constexpr int64_t kernel = 5;

struct Shape {
  bool convolutional = false;
  bool batch_norm = true;
  bool sync_batch_norm = false;
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

// The hidden layers of an encoder or a discriminator, each of them one of the Sequential's.
inline Sequential make_trunk(const Builder& build, const Shape& shape, bool normalize_first) {
  const HiddenOptions options{.activation = shape.activation,
                              .initializer = shape.initializer,
                              .norm = !shape.batch_norm       ? "none"
                                      : shape.sync_batch_norm ? "synchronized-batch"
                                                              : "batch",
                              .norm_of_first = normalize_first};
  if (shape.convolutional) {
    return ConvolutionStack(build, shape.image, shape.widths, kernel, halving, options);
  }
  return LinearStack(build, shape.elements_after(0), shape.widths, options);
}

// Images to (B, 2 latent): mean and log variance of q(z | x).
class Encoder {
 public:
  Encoder() = default;
  Encoder(const Builder& build, const Shape& shape)
      : trunk_(make_trunk(build, shape, true)),
        output_(build.scope("output"), shape.elements_after(shape.widths.size()), 2 * shape.latent, shape.initializer) {
  }
  Tensor operator()(Tensor x) const { return output_(trunk_(x).flatten()); }

 private:
  Sequential trunk_;
  Linear output_;
};

// (B, latent) to images before they are squashed into their range; the encoder mirrored.
inline Sequential make_decoder(const Builder& build, const Shape& shape) {
  const size_t depth = shape.widths.size();
  Sequential out(build);
  const auto normalize = [&](const std::string& layer, int64_t channels) {
    if (shape.batch_norm) {
      out.add_named<BatchNorm>(layer + ".norm", channels, 0.1, 1e-5, shape.sync_batch_norm);
    }
  };
  std::vector<int64_t> smallest = shape.after(depth);
  smallest.insert(smallest.begin(), -1);
  out.add_named<Linear>("0", shape.latent, shape.elements_after(depth), shape.initializer);
  out.add([smallest](Tensor h) { return h.reshape(smallest); });
  normalize("0", smallest[1]);
  for (size_t i = depth; i > 0; --i) {
    const std::string layer = std::to_string(depth - i + 1);
    const int64_t inputs = shape.after(i)[0];
    const std::vector<int64_t> to = shape.after(i - 1);
    out.activate(shape.activation);
    if (shape.convolutional) {  // twice a length is one too many where an odd length was halved
      out.add_named<ConvTranspose2d>(layer, inputs, to[0], kernel, doubling, shape.initializer);
      out.add([to](Tensor h) { return h.slice(2, 0, to[1]).slice(3, 0, to[2]); });
    } else {
      out.add_named<Linear>(layer, inputs, to[0], shape.initializer);
    }
    if (i > 1) {
      normalize(layer, to[0]);
    }
  }
  return out.add([image = shape.image](Tensor h) { return h.reshape({-1, image[0], image[1], image[2]}); });
}

// Images to logits (B, 1), and what its hidden layers make of them.
class Discriminator {
 public:
  Discriminator() = default;
  Discriminator(const Builder& build, const Shape& shape)
      : trunk_(make_trunk(build, shape, false)),
        output_(build.scope("output"), shape.elements_after(shape.widths.size()), 1, shape.initializer) {}
  Tensor operator()(Tensor x) const { return output_(trunk_(x).flatten()); }
  // Dis_l: after the hidden layer l, counted from 1.
  [[nodiscard]] Tensor features(Tensor x, size_t l) const { return trunk_.after(x, l); }
  [[nodiscard]] const std::string& group() const { return trunk_.group(); }

 private:
  Sequential trunk_;
  Linear output_;
};

}  // namespace vae_gan
