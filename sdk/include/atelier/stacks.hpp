// Stacks of hidden layers: fully connected ones, convolutions, and transposed convolutions. Each layer has
// normalization, an activation and dropout behind its weights, transposed ones before them, so that a stack ends in raw
// outputs. Layers are named by their places, "0.weight", and their normalizations "0.norm.scale".
#pragma once

#include <atelier/basic_layers.hpp>
#include <atelier/convolution_layers.hpp>
#include <atelier/pooling.hpp>
#include <atelier/sequential.hpp>

namespace atelier {

// "synchronized-batch": over the whole batch, where training cuts it into shards; "layer": over all elements of a
// sample.
ATELIER_OWN inline constexpr const char* norm_names[] = {"none", "batch", "synchronized-batch", "layer"};

// What comes between two layers of weights, and how these begin.
struct HiddenOptions {
  std::string activation = "relu";
  Initializer initializer = Initializer::named("glorot_uniform");
  std::string norm = "none";   // or one of norm_names
  bool norm_of_first = true;   // off: the layer that sees the data has none (Radford et al. 2016)
  bool spectral_norm = false;  // of the weights
  double dropout = 0;
};

namespace detail {

// Normalization of (B, shape...), an activation, dropout. `build` is the normalization's.
class BetweenWeights {
 public:
  BetweenWeights(const Builder& build, const std::vector<int64_t>& shape, const HiddenOptions& options, bool first)
      : activation_(options.activation), dropout_(options.dropout) {
    const bool synchronized = options.norm == "synchronized-batch";
    if ((options.norm == "batch" || synchronized) && (!first || options.norm_of_first)) {
      norm_ = AnyLayer(BatchNorm(build, shape[0], 0.1, 1e-5, synchronized));
    } else if (options.norm == "layer" && (!first || options.norm_of_first)) {
      norm_ = AnyLayer(LayerNorm(build, shape));
    }
  }

  static void check(const Builder& build, const HiddenOptions& options, Location at) {
    require_name(build, "activation", options.activation, activation_names, at);
    require_name(build, "normalization", options.norm, norm_names, at);
  }

  Tensor operator()(At x) const {
    const CalledFrom caller(x);
    return dropout_(activate(activation_, norm_ ? norm_(x) : x.tensor));
  }

 private:
  std::string activation_;
  AnyLayer norm_;
  Dropout dropout_;
};

}  // namespace detail

// Fully connected: (B, ...), flattened to (B, inputs), to (B, outputs()).
class LinearStack : public Sequential {
 public:
  LinearStack() = default;
  LinearStack(const Builder& build, int64_t inputs, const std::vector<int64_t>& widths,
              const HiddenOptions& options = {}, Location at = {})
      : Sequential(build), outputs_(inputs) {
    detail::BetweenWeights::check(build, options, at);
    for (const int64_t width : widths) {
      const Builder layer = build.scope(std::to_string(size()));
      auto weights =
          Linear(layer, outputs_, width, options.initializer).with_spectral_norm(layer, options.spectral_norm);
      const bool first = size() == 0;
      add([weights, between = detail::BetweenWeights(layer.scope("norm"), {width}, options, first), first](At x) {
        return between(weights(first && x.tensor.rank() != 2 ? x.tensor.flatten() : x.tensor));
      });
      outputs_ = width;
    }
  }

  // A stack without layers flattens, too; a layer that did it would have a place among the names.
  Tensor operator()(At x) const {
    const CalledFrom caller(x);
    return Sequential::operator()(x.tensor.rank() != 2 ? x.tensor.flatten() : x.tensor);
  }
  [[nodiscard]] int64_t outputs() const { return outputs_; }

 private:
  int64_t outputs_ = 0;
};

// The shape (C, H, W) that a convolution makes of another; lengths of 0 where the kernel is larger.
inline std::vector<int64_t> convolved_shape(const std::vector<int64_t>& shape, int64_t channels, Lengths<2> kernel,
                                            const Convolution& convolution) {
  std::vector<int64_t> out{channels};
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t seen = convolution.dilation.values[axis] * (kernel.values[axis] - 1) + 1;
    const int64_t border = convolution.padding.values[2 * axis] + convolution.padding.values[2 * axis + 1];
    const int64_t places = shape[axis + 1] + border - seen;
    out.push_back(places < 0 ? 0 : places / convolution.stride.values[axis] + 1);
  }
  return out;
}

// Convolutions of images (B, C, H, W), to (B, shape()...). The first `pooled` layers end in 2x2 maximum pooling.
class ConvolutionStack : public Sequential {
 public:
  ConvolutionStack() = default;
  // `shape` is that of an image, `channels` those after each layer.
  ConvolutionStack(const Builder& build, const std::vector<int64_t>& shape, const std::vector<int64_t>& channels,
                   Lengths<2> kernel, const Convolution& convolution, const HiddenOptions& options = {},
                   size_t pooled = 0, Location at = {})
      : Sequential(build), shape_(shape) {
    detail::BetweenWeights::check(build, options, at);
    for (const int64_t outputs : channels) {
      const Builder layer = build.scope(std::to_string(size()));
      auto weights = Conv2d(layer, shape_[0], outputs, kernel, convolution, options.initializer)
                         .with_spectral_norm(layer, options.spectral_norm);
      const std::vector<int64_t> before = shape_;
      shape_ = convolved_shape(before, outputs, kernel, convolution);
      const bool pools = size() < pooled;
      const int64_t least = pools ? 2 : 1;  // that is left of a length for what follows
      if (shape_[1] < least || shape_[2] < least) {
        const bool fits = shape_[1] > 0 && shape_[2] > 0;
        build.fail("got images of " + std::to_string(before[1]) + "x" + std::to_string(before[2]) + " for layer " +
                       std::to_string(size()) +
                       (fits ? ", of which " + std::to_string(shape_[1]) + "x" + std::to_string(shape_[2]) +
                                   " is left for its pooling, expected at least 2x2"
                             : ", expected none smaller than its kernel"),
                   at);
        return;
      }
      add([weights, between = detail::BetweenWeights(layer.scope("norm"), shape_, options, size() == 0), pools](At x) {
        const Tensor h = between(weights(x));
        return pools ? max_pool2d(h, {.kernel = 2}) : h;
      });
      if (pools) {
        shape_ = {outputs, shape_[1] / 2, shape_[2] / 2};
      }
    }
  }

  [[nodiscard]] const std::vector<int64_t>& shape() const { return shape_; }  // (C, H, W) of the result
  [[nodiscard]] int64_t outputs() const { return shape_.empty() ? 0 : shape_[0] * shape_[1] * shape_[2]; }

 private:
  std::vector<int64_t> shape_;
};

// The way back, from images of shapes[0] to those of shapes[1] and so on, (C, H, W) each. What was lost where a stride
// did not divide a length is made up for by output_padding.
class ConvolutionTransposeStack : public Sequential {
 public:
  ConvolutionTransposeStack() = default;
  ConvolutionTransposeStack(const Builder& build, const std::vector<std::vector<int64_t>>& shapes, Lengths<2> kernel,
                            const Convolution& convolution, const HiddenOptions& options = {}, Location at = {})
      : Sequential(build) {
    detail::BetweenWeights::check(build, options, at);
    for (size_t i = 0; i + 1 < shapes.size(); ++i) {
      const Builder layer = build.scope(std::to_string(i));
      const detail::BetweenWeights between(layer.scope("norm"), shapes[i], options, false);
      const Convolution exact = leading_to(build, shapes[i], shapes[i + 1], kernel, convolution, at);
      auto weights = ConvTranspose2d(layer, shapes[i][0], shapes[i + 1][0], kernel, exact, options.initializer)
                         .with_spectral_norm(layer, options.spectral_norm);
      add([between, weights](At x) { return weights(between(x)); });
    }
  }

 private:
  static Convolution leading_to(const Builder& build, const std::vector<int64_t>& from, const std::vector<int64_t>& to,
                                Lengths<2> kernel, Convolution convolution, Location at) {
    const std::vector<int64_t> back = convolved_shape(to, from[0], kernel, convolution);
    for (size_t axis = 0; axis < 2; ++axis) {
      if (back[axis + 1] != from[axis + 1]) {
        build.fail("got a length of " + std::to_string(from[axis + 1]) + " before one of " +
                       std::to_string(to[axis + 1]) + ", expected " + std::to_string(back[axis + 1]) +
                       ", which is what the convolution makes of that",
                   at);
      }
      const int64_t border = convolution.padding.values[2 * axis] + convolution.padding.values[2 * axis + 1];
      const int64_t seen = convolution.dilation.values[axis] * (kernel.values[axis] - 1) + 1;
      convolution.output_padding.values[axis] =
          to[axis + 1] - ((from[axis + 1] - 1) * convolution.stride.values[axis] - border + seen);
    }
    return convolution;
  }
};

}  // namespace atelier
