// Convolutions that see only the pixels before a pixel, in the order of reading: rows from above, each from the left.
#pragma once

#include <atelier/builder.hpp>
#include <atelier/convolution.hpp>
#include <atelier/recording.hpp>

namespace atelier {

// Which weights of a kernel are kept (van den Oord et al. 2016a, figure 2), and of which pixels.
struct CausalMask {
  enum class Type {
    A,  // not the pixel itself: for the layer that sees the image
    B,  // the pixel itself too, as a layer after one of type A has not seen it there
  };
  enum class Region {
    raster,      // all pixels before
    vertical,    // the rows above, whole (van den Oord et al. 2016b, section 2.2), and for type B the pixel's own row
    horizontal,  // the pixel's own row, to the left
  };
  Type type = Type::B;
  Region region = Region::raster;
  // Channels, of images and of features, come in so many equal runs, one for each colour; a pixel's own colours are
  // seen in their order: red, then green with red, then blue with both.
  int64_t colours = 1;
};

// A convolution that keeps the size of the image, with a kernel of an odd length, and a bias. What the mask takes away
// has neither a value nor a gradient.
class MaskedConv2d {
 public:
  MaskedConv2d() = default;
  MaskedConv2d(const Builder& build, int64_t inputs, int64_t outputs, int64_t kernel, CausalMask mask = {},
               Initializer initializer = Initializer::named("glorot_uniform"))
      : name_(build.scope_name()),
        reach_(kernel / 2),
        rows_(mask.region == CausalMask::Region::horizontal ? 1 : reach_ + 1),
        columns_(mask.region == CausalMask::Region::horizontal ? reach_ + 1 : kernel),
        inputs_(inputs),
        outputs_(outputs),
        mask_(mask),
        weight_(build.parameter("weight", {outputs, inputs, rows_, columns_}, initializer, inputs * rows_ * columns_,
                                outputs * rows_ * columns_)),
        bias_(build.parameter("bias", {outputs}, Initializer::constant(0))) {
    if (kernel % 2 == 0) {
      build.fail("got a kernel of " + std::to_string(kernel) + ", expected an odd length");
    }
    if (mask.colours < 1 || inputs % mask.colours != 0 || outputs % mask.colours != 0) {
      build.fail("got " + std::to_string(mask.colours) + " colours, expected a number that divides " +
                 std::to_string(inputs) + " and " + std::to_string(outputs) + " channels");
    }
  }

  Tensor operator()(At x) const { return convolve(x, {above(), 0, left(), right()}); }

  // The same for a part of an image that comes with what the kernel reaches around it: (B, C, above + R, left + K +
  // right) to (B, O, R, K). So an image can be made row by row or pixel by pixel.
  Tensor on_part(At x) const { return convolve(x, {0, 0, 0, 0}); }
  // How far the kernel reaches: what operator() borders an image with.
  [[nodiscard]] int64_t above() const { return rows_ - 1; }
  [[nodiscard]] int64_t left() const { return reach_; }
  [[nodiscard]] int64_t right() const { return mask_.region == CausalMask::Region::horizontal ? 0 : reach_; }

 private:
  // `border` is above, below, left and right.
  Tensor convolve(At x, Integers border) const {
    const CalledFrom caller(x);
    const Tensor weight = masked(weight_.use(x.tensor));
    const Tensor y = detail::call<"conv2d/1">({x, weight, bias_.use(x.tensor)},
                                              {detail::attribute(Integers({1, 1})), detail::attribute(border)});
    detail::core->annotate(y.context(), detail::string(name_), y.handle());
    return y;
  }

  // Kernels end with the pixel's own row and, in a horizontal one, with the pixel itself.
  [[nodiscard]] bool keeps(int64_t row, int64_t column, int64_t colour_out, int64_t colour_in) const {
    if (row < rows_ - 1) {
      return true;
    }
    if (mask_.region == CausalMask::Region::vertical) {
      return mask_.type == CausalMask::Type::B;
    }
    if (column != reach_) {
      return column < reach_;
    }
    return mask_.type == CausalMask::Type::A ? colour_in < colour_out : colour_in <= colour_out;
  }

  // The mask is the same for all channels of a colour.
  [[nodiscard]] Tensor masked(Tensor weight) const {
    const int64_t n = mask_.colours;
    std::vector<float> values;
    for (int64_t i = 0; i < n * n * rows_ * columns_; ++i) {
      const int64_t column = i % columns_;
      const int64_t row = i / columns_ % rows_;
      const int64_t colours = i / columns_ / rows_;
      values.push_back(keeps(row, column, colours / n, colours % n) ? 1.0F : 0.0F);
    }
    const Tensor mask = Recording(weight.context()).constant({n, 1, n, 1, rows_, columns_}, values);
    const Tensor split = weight.reshape({n, outputs_ / n, n, inputs_ / n, rows_, columns_});
    return (split * mask).reshape({outputs_, inputs_, rows_, columns_});
  }

  std::string name_;
  int64_t reach_ = 0;
  int64_t rows_ = 1, columns_ = 1;  // of the kernel as far as it can see anything
  int64_t inputs_ = 0, outputs_ = 0;
  CausalMask mask_;
  Parameter weight_, bias_;
};

}  // namespace atelier
