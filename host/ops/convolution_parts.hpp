// What convolutions of images are made of. Three operations run, on channels-last images, each linear in both of its
// inputs, and each one's gradients are the other two:
//   forward          y  = F(x, w)     x (B, H, W, C), w (O, C / groups, Kh, Kw), y (B, H', W', O)
//   data gradient    dx = D(dy, w)
//   weight gradient  dw = W(x, dy)
// kernels/convolution.hpp has the formula. The first two read the weights packed, by an operation of its own that all
// convolutions of equal shapes share; gradients go to the weights themselves.
#pragma once

#include "ops/functions.hpp"

namespace atelier::ops {

// stride, padding (top, bottom, left, right), dilation and groups, as convolutions are recorded with.
std::vector<AttributeSpec> convolution_attributes();

struct ConvolutionSettings {
  Axes stride, padding, dilation;
  int64_t groups;
  bool minimal_filtering = false;  // as kernels::ConvolutionSpec has it

  explicit ConvolutionSettings(const Attributes& attributes)
      : ConvolutionSettings(attributes[0].integers, attributes[1].integers, attributes[2].integers,
                            attributes[3].scalar.constant.integer) {}
  explicit ConvolutionSettings(const Inference& in)
      : ConvolutionSettings(in.integers(0), in.integers(1), in.integers(2), in.integer(3)) {
    require(in);
  }
  ConvolutionSettings(Axes strides, Axes paddings, Axes dilations, int64_t group_count)
      : stride(std::move(strides)), padding(std::move(paddings)), dilation(std::move(dilations)), groups(group_count) {}

  void require(const Inference& in) const;
};

// The shape of y for x (B, C, H, W), after checking that x, w and the settings fit.
Shape convolution_shape(const Inference& in, const ConvolutionSettings& settings, const Shape& x, const Shape& w);
// What y = F(x, w) must be for the third tensor to be its gradient.
void require_convolution_gradient(const Inference& in, const ConvolutionSettings& settings, const Shape& x,
                                  const Shape& w, const Shape& dy);

// F and D; `image` are the rows and columns of dx.
Value convolution(Value x, Value w, const ConvolutionSettings& settings);
Value convolution_data_gradient(Value dy, Value w, const ConvolutionSettings& settings, const Axes& image);

}  // namespace atelier::ops
