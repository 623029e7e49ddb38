// Layers of convolutions, over signals, images and volumes, and of their transposes.
#pragma once

#include <atelier/convolution.hpp>
#include <atelier/weighted_layer.hpp>

namespace atelier {

namespace detail {

// (first, second, K...)
template <size_t axes>
std::vector<int64_t> filter(int64_t first, int64_t second, const Lengths<axes>& kernel) {
  std::vector<int64_t> out{first, second};
  out.insert(out.end(), kernel.values, kernel.values + axes);
  return out;
}

inline Tensor convolve(At x, At weight, At bias, const Convolution1d& c) {
  return conv1d(x, weight, bias, c);
}
inline Tensor convolve(At x, At weight, At bias, const Convolution& c) {
  return conv2d(x, weight, bias, c);
}
inline Tensor convolve(At x, At weight, At bias, const Convolution3d& c) {
  return conv3d(x, weight, bias, c);
}
inline Tensor convolve_transposed(At x, At weight, At bias, const Convolution1d& c) {
  return conv_transpose1d(x, weight, bias, c);
}
inline Tensor convolve_transposed(At x, At weight, At bias, const Convolution& c) {
  return conv_transpose2d(x, weight, bias, c);
}
inline Tensor convolve_transposed(At x, At weight, At bias, const Convolution3d& c) {
  return conv_transpose3d(x, weight, bias, c);
}

}  // namespace detail

// Cross-correlation with a (outputs, inputs / groups, kernel...) filter, and a bias.
template <size_t axes>
class ConvolutionLayer : public detail::WeightedLayer<ConvolutionLayer<axes>> {
 public:
  ConvolutionLayer() = default;
  ConvolutionLayer(const Builder& build, int64_t inputs, int64_t outputs, Lengths<axes> kernel,
                   ConvolutionOver<axes> convolution = {},
                   Initializer initializer = Initializer::named("glorot_uniform"))
      : detail::WeightedLayer<ConvolutionLayer<axes>>(
            build, detail::filter(outputs, inputs / convolution.groups, kernel), 0, outputs, initializer,
            inputs / convolution.groups * kernel.product(), outputs / convolution.groups * kernel.product()),
        convolution_(convolution) {}

  Tensor operator()(At x) const {
    return this->apply(
        x, [&](At input, At weight, At bias) { return detail::convolve(input, weight, bias, convolution_); });
  }

 private:
  ConvolutionOver<axes> convolution_;
};
using Conv1d = ConvolutionLayer<1>;
using Conv2d = ConvolutionLayer<2>;
using Conv3d = ConvolutionLayer<3>;

// The transpose of a convolution, with a (inputs, outputs / groups, kernel...) filter, and a bias.
template <size_t axes>
class ConvolutionTransposeLayer : public detail::WeightedLayer<ConvolutionTransposeLayer<axes>> {
 public:
  ConvolutionTransposeLayer() = default;
  ConvolutionTransposeLayer(const Builder& build, int64_t inputs, int64_t outputs, Lengths<axes> kernel,
                            ConvolutionOver<axes> convolution = {},
                            Initializer initializer = Initializer::named("glorot_uniform"))
      : detail::WeightedLayer<ConvolutionTransposeLayer<axes>>(
            build, detail::filter(inputs, outputs / convolution.groups, kernel), 1, outputs, initializer,
            inputs / convolution.groups * kernel.product(), outputs / convolution.groups * kernel.product()),
        convolution_(convolution) {}

  Tensor operator()(At x) const {
    return this->apply(x, [&](At input, At weight, At bias) {
      return detail::convolve_transposed(input, weight, bias, convolution_);
    });
  }

 private:
  ConvolutionOver<axes> convolution_;
};
using ConvTranspose1d = ConvolutionTransposeLayer<1>;
using ConvTranspose2d = ConvolutionTransposeLayer<2>;
using ConvTranspose3d = ConvolutionTransposeLayer<3>;

}  // namespace atelier
