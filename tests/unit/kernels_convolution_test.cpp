#include <doctest/doctest.h>

#include <cmath>

#include "base/error.hpp"
#include "convolution_definition.hpp"
#include "kernel_runner.hpp"
#include "kernels/convolution.hpp"
#include "kernels/convolution_methods.hpp"

using namespace atelier;
using namespace atelier::kernels;
using namespace atelier::kernels::test;
using tensor::DType;

namespace {

const std::vector<ConvolutionSpec> all_specs = {
    {.batch = 2,
     .in_channels = 3,
     .out_channels = 5,
     .in_height = 7,
     .in_width = 6,
     .kernel_height = 3,
     .kernel_width = 3,
     .pad_top = 1,
     .pad_bottom = 1,
     .pad_left = 1,
     .pad_right = 1},
    {.batch = 3,
     .in_channels = 1,
     .out_channels = 4,
     .in_height = 28,
     .in_width = 28,
     .kernel_height = 4,
     .kernel_width = 4,
     .stride_y = 2,
     .stride_x = 2,
     .pad_top = 1,
     .pad_bottom = 1,
     .pad_left = 1,
     .pad_right = 1},
    {.batch = 2,
     .in_channels = 8,
     .out_channels = 4,
     .in_height = 9,
     .in_width = 11,
     .kernel_height = 2,
     .kernel_width = 3,
     .stride_y = 2,
     .stride_x = 3,
     .pad_bottom = 2,
     .pad_left = 3,
     .dilation_y = 2,
     .dilation_x = 2,
     .groups = 2},
    {.batch = 2,
     .in_channels = 6,
     .out_channels = 6,
     .in_height = 5,
     .in_width = 5,
     .kernel_height = 3,
     .kernel_width = 3,
     .pad_top = 1,
     .pad_bottom = 1,
     .pad_left = 1,
     .pad_right = 1,
     .groups = 6},
    {.batch = 2, .in_channels = 5, .out_channels = 7, .in_height = 4, .in_width = 4},
    {.batch = 1,
     .in_channels = 2,
     .out_channels = 3,
     .in_height = 1,
     .in_width = 1,
     .kernel_height = 5,
     .kernel_width = 5,
     .pad_top = 2,
     .pad_bottom = 2,
     .pad_left = 2,
     .pad_right = 2},
    {.batch = 17,
     .in_channels = 16,
     .out_channels = 32,
     .in_height = 14,
     .in_width = 13,
     .kernel_height = 3,
     .kernel_width = 3,
     .pad_top = 1,
     .pad_bottom = 1,
     .pad_left = 1,
     .pad_right = 1},
    {.batch = 5,  // one product for each tap; results of few pixels
     .in_channels = 136,
     .out_channels = 64,
     .in_height = 8,
     .in_width = 7,
     .kernel_height = 4,
     .kernel_width = 4,
     .stride_y = 2,
     .stride_x = 2,
     .pad_top = 1,
     .pad_bottom = 1,
     .pad_left = 1,
     .pad_right = 1},
    {.batch = 9,  // the kernel covers the image
     .in_channels = 10,
     .out_channels = 20,
     .in_height = 4,
     .in_width = 3,
     .kernel_height = 4,
     .kernel_width = 3},
    {.batch = 0,
     .in_channels = 2,
     .out_channels = 3,
     .in_height = 4,
     .in_width = 4,
     .kernel_height = 3,
     .kernel_width = 3},
};

// For every processor, also where others are faster.
const std::vector<ConvolutionSpec> panel_specs = {
    {.batch = 5,  // patches of several parts, and several panels
     .in_channels = 136,
     .out_channels = 128,
     .in_height = 8,
     .in_width = 7,
     .kernel_height = 4,
     .kernel_width = 4,
     .stride_y = 2,
     .stride_x = 2,
     .pad_top = 1,
     .pad_bottom = 1,
     .pad_left = 1,
     .pad_right = 1},
    {.batch = 2,  // more channels than a part has; narrow panels
     .in_channels = 1040,
     .out_channels = 96,
     .in_height = 3,
     .in_width = 2,
     .kernel_height = 2,
     .kernel_width = 2,
     .pad_top = 1,
     .pad_right = 1},
    {.batch = 3,  // strides of both kinds, and pixels that no patch covers
     .in_channels = 7,
     .out_channels = 5,
     .in_height = 11,
     .in_width = 9,
     .kernel_height = 5,
     .kernel_width = 2,
     .stride_y = 3,
     .stride_x = 2,
     .pad_top = 4,
     .pad_bottom = 1,
     .pad_left = 1},
    {.batch = 1,  // an image narrower than its stride
     .in_channels = 17,
     .out_channels = 34,
     .in_height = 9,
     .in_width = 1,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride_y = 2,
     .stride_x = 2,
     .pad_left = 1,
     .pad_right = 1},
    {.batch = 8, .in_channels = 20, .out_channels = 67, .in_height = 5, .in_width = 5},
    {.batch = 16,  // pieces of several products; pixels that the sum is over in several goes
     .in_channels = 64,
     .out_channels = 80,
     .in_height = 18,
     .in_width = 18,
     .kernel_height = 4,
     .kernel_width = 4,
     .stride_y = 2,
     .stride_x = 2,
     .pad_top = 1,
     .pad_bottom = 1,
     .pad_left = 1,
     .pad_right = 1},
    {.batch = 2,  // phases whose patches have several parts
     .in_channels = 16,
     .out_channels = 1040,
     .in_height = 4,
     .in_width = 5,
     .kernel_height = 3,
     .kernel_width = 3,
     .stride_y = 2,
     .stride_x = 2,
     .pad_top = 1,
     .pad_bottom = 1,
     .pad_left = 1,
     .pad_right = 1},
};

// The three passes of a convolution, and the weights as the first two read them.
struct Method {
  std::unique_ptr<Kernel> (*pack)(const ConvolutionSpec&, ConvolutionPass);
  std::unique_ptr<Kernel> (*forward)(const ConvolutionSpec&);
  std::unique_ptr<Kernel> (*data_gradient)(const ConvolutionSpec&);
  std::unique_ptr<Kernel> (*weight_gradient)(const ConvolutionSpec&);
  int64_t (*packed_elements)(const ConvolutionSpec&, ConvolutionPass);
};

template <DType dtype>
const Method chosen = {
    [](const ConvolutionSpec& s, ConvolutionPass pass) { return make_packed_weights(s, pass, dtype); },
    [](const ConvolutionSpec& s) { return make_convolution_forward(s, dtype); },
    [](const ConvolutionSpec& s) { return make_convolution_data_gradient(s, dtype); },
    [](const ConvolutionSpec& s) { return make_convolution_weight_gradient(s, dtype); },
    [](const ConvolutionSpec& s, ConvolutionPass pass) { return packed_weight_elements(s, pass, dtype); }};

const Method panels_and_phases = {[](const ConvolutionSpec& s, ConvolutionPass pass) {
                                    return pass == ConvolutionPass::forward ? make_panels_packed_weights(s)
                                                                            : make_phases_packed_weights(s);
                                  },
                                  make_panels_forward, make_phases_data_gradient, make_panels_weight_gradient,
                                  [](const ConvolutionSpec& s, ConvolutionPass) { return s.weight_elements(); }};

template <typename T>
void check_against_definition(const std::vector<ConvolutionSpec>& specs, const Method& method, double rounding) {
  for (const ConvolutionSpec& s : specs) {
    const auto x_size = static_cast<size_t>(s.batch * s.in_channels * s.in_height * s.in_width);
    const auto w_size =
        static_cast<size_t>(s.out_channels * s.in_channels / s.groups * s.kernel_height * s.kernel_width);
    const auto y_size = static_cast<size_t>(s.batch * s.out_channels * s.out_height() * s.out_width());
    const std::vector<T> x = numbers<T>(x_size, 1);
    const std::vector<T> w = numbers<T>(w_size, 2);
    const std::vector<T> dy = numbers<T>(y_size, 3);
    Sums y(y_size);
    Sums dx(x_size);
    Sums dw(w_size);
    for_each_product(s, [&](size_t at_x, size_t at_w, size_t at_y) {
      y.add(at_y, static_cast<double>(x[at_x]) * w[at_w]);
      dx.add(at_x, static_cast<double>(dy[at_y]) * w[at_w]);
      dw.add(at_w, static_cast<double>(x[at_x]) * dy[at_y]);
    });
    const auto packed = [&](ConvolutionPass pass) {
      const auto size = static_cast<size_t>(method.packed_elements(s, pass));
      return result_of<T>(*method.pack(s, pass), size, {}, Order::forward, w);
    };
    const auto check = [&](const std::unique_ptr<Kernel>& kernel, const std::vector<T>& a, const std::vector<T>& b,
                           const Sums& wanted) {
      const std::vector<T> got = result_of<T>(*kernel, wanted.sum.size(), {}, Order::forward, a, b);
      for (size_t i = 0; i < wanted.sum.size(); ++i) {
        REQUIRE(std::fabs(got[i] - wanted.sum[i]) <= rounding * (1 + wanted.magnitude[i]));
      }
      for (const Order order : all_orders) {
        CHECK(same_bits(got, result_of<T>(*kernel, wanted.sum.size(), {}, order, a, b)));
      }
    };
    check(method.forward(s), x, packed(ConvolutionPass::forward), y);
    check(method.data_gradient(s), dy, packed(ConvolutionPass::data_gradient), dx);
    check(method.weight_gradient(s), x, dy, dw);
  }
}

}  // namespace

TEST_CASE("convolutions and their gradients against the definition, in any order of pieces") {
  check_against_definition<float>(all_specs, chosen<DType::f32>, 0x1p-21);
  check_against_definition<double>(all_specs, chosen<DType::f64>, 0x1p-50);
}

TEST_CASE("products with panels, and a convolution for each phase of the strides, against the definition") {
  check_against_definition<float>(panel_specs, panels_and_phases, 0x1p-21);
}

TEST_CASE("an image's convolution has the same bits wherever it stands in a batch") {
  // 196 and 49 pixels: products of six rows leave some.
  for (const int64_t size : {28, 14, 18}) {
    const auto spec = [&](int64_t batch) {
      return ConvolutionSpec{.batch = batch,
                             .in_channels = 64,
                             .out_channels = 128,
                             .in_height = size,
                             .in_width = size,
                             .kernel_height = 4,
                             .kernel_width = 4,
                             .stride_y = 2,
                             .stride_x = 2,
                             .pad_top = 1,
                             .pad_bottom = 1,
                             .pad_left = 1,
                             .pad_right = 1};
    };
    const auto image = numbers<float>(static_cast<size_t>(64 * size * size), 1);
    const auto gradient = numbers<float>(static_cast<size_t>(128 * spec(1).out_height() * spec(1).out_width()), 2);
    const auto weights = numbers<float>(static_cast<size_t>(spec(1).weight_elements()), 3);
    const auto results = [&](ConvolutionPass pass, int64_t batch) {
      const bool forward = pass == ConvolutionPass::forward;
      const std::vector<float>& one = forward ? image : gradient;
      std::vector<float> all;
      for (int64_t i = 0; i < batch; ++i) {
        all.insert(all.end(), one.begin(), one.end());
      }
      const auto packed = result_of<float>(*make_packed_weights(spec(batch), pass, DType::f32),
                                           static_cast<size_t>(packed_weight_elements(spec(batch), pass, DType::f32)),
                                           {}, Order::forward, weights);
      const auto kernel = forward ? make_convolution_forward(spec(batch), DType::f32)
                                  : make_convolution_data_gradient(spec(batch), DType::f32);
      return result_of<float>(*kernel, (forward ? gradient : image).size() * static_cast<size_t>(batch), {},
                              Order::forward, all, packed);
    };
    for (const auto pass : {ConvolutionPass::forward, ConvolutionPass::data_gradient}) {
      const std::vector<float> first = results(pass, 64);
      const size_t length = first.size() / 64;
      for (size_t i = 1; i < 64; ++i) {
        REQUIRE(std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(length),
                           first.begin() + static_cast<std::ptrdiff_t>(i * length)));
      }
    }
  }
}

TEST_CASE("convolutions that do not fit are refused") {
  CHECK_THROWS_WITH_AS(make_convolution_forward({.in_channels = 3, .out_channels = 4, .groups = 2}, DType::f32),
                       "convolution: got 2 groups, expected a number that divides 3 and 4 channels", Error);
  CHECK_THROWS_WITH_AS(
      make_convolution_forward({.in_height = 4, .in_width = 4, .kernel_height = 3, .kernel_width = 3, .dilation_y = 2},
                               DType::f32),
      "convolution: got a kernel that covers 5 x 3, expected at most the padded image, 4 x 4", Error);
}
