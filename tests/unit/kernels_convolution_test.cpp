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

// A result of half the height and width: stride 2, and zeros all around.
ConvolutionSpec halving(int64_t batch, int64_t in_channels, int64_t out_channels, int64_t height, int64_t width,
                        int64_t kernel) {
  return square_kernel(batch, in_channels, out_channels, height, width, kernel, 2, 1);
}

// 3 x 3, and a border of zeros.
ConvolutionSpec three_by_three(int64_t batch, int64_t in_channels, int64_t out_channels, int64_t height,
                               int64_t width) {
  return square_kernel(batch, in_channels, out_channels, height, width, 3, 1, 1);
}

const std::vector<ConvolutionSpec> all_specs = {
    three_by_three(2, 3, 5, 7, 6),
    halving(3, 1, 4, 28, 28, 4),
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
    square_kernel(1, 2, 3, 1, 1, 5, 1, 2),
    three_by_three(17, 16, 32, 14, 13),
    halving(5, 136, 64, 8, 7, 4),  // one product for each tap; results of few pixels
    {.batch = 9,                   // the kernel covers the image
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
    halving(5, 136, 128, 8, 7, 4),  // patches of several parts, and several panels
    {.batch = 2,                    // more channels than a part has; narrow panels
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
    halving(16, 64, 80, 18, 18, 4),  // pieces of several products; pixels that the sum is over in several goes
    halving(2, 16, 1040, 4, 5, 3),   // phases whose patches have several parts
};

// For every processor.
const std::vector<ConvolutionSpec> winograd_specs = {
    three_by_three(2, 8, 16, 8, 8),
    three_by_three(17, 24, 40, 14, 13),  // tiles that are cut off; several products, and fewer than six rows
    three_by_three(1, 16, 176, 16, 33),  // pieces of one image; panels of sixteen lanes
    three_by_three(3, 128, 96, 5, 3),    // several panels
    three_by_three(1, 16, 8, 344, 344),  // several stages of one image
    three_by_three(67, 16, 16, 8, 8),    // a batch that no block divides
    three_by_three(4, 16, 16, 64, 64),   // several blocks of a weight gradient
    {.batch = 2,                         // other borders
     .in_channels = 8,
     .out_channels = 8,
     .in_height = 9,
     .in_width = 6,
     .kernel_height = 3,
     .kernel_width = 3,
     .pad_bottom = 4,
     .pad_left = 2},
    {.batch = 3,
     .in_channels = 8,
     .out_channels = 8,
     .in_height = 6,
     .in_width = 5,
     .kernel_height = 2,
     .kernel_width = 2},
    halving(5, 136, 128, 8, 7, 4),
    halving(16, 16, 24, 18, 19, 4),
    halving(2, 8, 8, 15, 11, 3),    // a phase with one tap
    halving(3, 8, 16, 9, 1, 3),     // an image narrower than its stride
    halving(6, 32, 16, 15, 28, 5),  // phases with three taps and with two
    {.batch = 3,                    // filters that are no squares
     .in_channels = 8,
     .out_channels = 16,
     .in_height = 12,
     .in_width = 9,
     .kernel_height = 2,
     .kernel_width = 3},
    {.batch = 2,
     .in_channels = 8,
     .out_channels = 16,
     .in_height = 12,
     .in_width = 13,
     .kernel_height = 3,
     .kernel_width = 6,
     .stride_y = 2,
     .stride_x = 2,
     .pad_left = 4},
    {.batch = 2,  // pixels that no filter meets, and borders of zeros alone
     .in_channels = 8,
     .out_channels = 16,
     .in_height = 7,
     .in_width = 9,
     .kernel_height = 4,
     .kernel_width = 4,
     .stride_y = 2,
     .stride_x = 2,
     .pad_top = 3,
     .pad_right = 2},
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

const Method winograd = {make_winograd_packed_weights, make_winograd_forward, make_winograd_data_gradient,
                         make_winograd_weight_gradient, winograd_packed_elements};

// Errors are of the sizes of what is added up for an element, or for any of them where they are made together.
template <typename T>
void check_against_definition(const std::vector<ConvolutionSpec>& specs, const Method& method, double rounding,
                              bool has_own_errors = true) {
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
    if (!only_threads) {
      for_each_product(s, [&](size_t at_x, size_t at_w, size_t at_y) {
        y.add(at_y, static_cast<double>(x[at_x]) * w[at_w]);
        dx.add(at_x, static_cast<double>(dy[at_y]) * w[at_w]);
        dw.add(at_w, static_cast<double>(x[at_x]) * dy[at_y]);
      });
    }
    const auto packed = [&](ConvolutionPass pass) {
      const auto size = static_cast<size_t>(method.packed_elements(s, pass));
      return result_of<T>(*method.pack(s, pass), size, {}, Order::forward, w);
    };
    const auto check = [&](const std::unique_ptr<Kernel>& kernel, const std::vector<T>& a, const std::vector<T>& b,
                           const Sums& wanted) {
      const std::vector<T> got = result_of<T>(*kernel, wanted.sum.size(), {}, Order::forward, a, b);
      const double largest = wanted.sum.empty() ? 0 : std::ranges::max(wanted.magnitude);
      const size_t looked_at = only_threads ? 0 : wanted.sum.size();
      size_t wrong = 0;
      for (size_t i = 0; i < looked_at; ++i) {
        const double magnitude = has_own_errors ? wanted.magnitude[i] : largest;
        wrong += std::fabs(got[i] - wanted.sum[i]) <= rounding * (1 + magnitude) ? 0 : 1;  // nan is wrong, too
      }
      REQUIRE(wrong == 0);
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

TEST_CASE("minimal filtering against the definition, with eight times the rounding") {
  check_against_definition<float>(winograd_specs, winograd, 0x1p-18, false);
}

TEST_CASE("where minimal filtering is allowed, against the definition") {
  std::vector<ConvolutionSpec> specs{three_by_three(3, 32, 64, 20, 20),
                                     three_by_three(4, 16, 48, 32, 32),
                                     three_by_three(2, 64, 64, 8, 8),  // few tiles: by another method
                                     halving(4, 64, 64, 32, 32, 4),
                                     {.batch = 0, .in_channels = 64, .out_channels = 64}};
  for (ConvolutionSpec& spec : specs) {
    spec.minimal_filtering = true;
  }
  check_against_definition<float>(specs, chosen<DType::f32>, 0x1p-18, false);
}

TEST_CASE("minimal filtering gives the same bits with every instruction set") {
  const Isa active = active_isa();
  for (const ConvolutionSpec& spec : {three_by_three(2, 16, 24, 9, 14), halving(2, 16, 24, 14, 18, 4)}) {
    const auto x = numbers<float>(static_cast<size_t>(spec.batch * spec.in_height * spec.in_width * 16), 1);
    const auto w = numbers<float>(static_cast<size_t>(spec.weight_elements()), 2);
    const auto y_size = static_cast<size_t>(spec.batch * spec.out_height() * spec.out_width() * 24);
    std::vector<std::vector<float>> results;
    for (const Isa isa : supported_isas()) {
      set_active_isa(isa);
      const auto packed_size = static_cast<size_t>(winograd_packed_elements(spec, ConvolutionPass::forward));
      const auto packed = result_of<float>(*make_winograd_packed_weights(spec, ConvolutionPass::forward), packed_size,
                                           {}, Order::forward, w);
      results.push_back(result_of<float>(*make_winograd_forward(spec), y_size, {}, Order::forward, x, packed));
      const auto dw =
          result_of<float>(*make_winograd_weight_gradient(spec), w.size(), {}, Order::forward, x, results.back());
      results.back().insert(results.back().end(), dw.begin(), dw.end());
      CHECK(same_bits(results.back(), results.front()));
    }
    set_active_isa(active);
  }
}

TEST_CASE("weights packed for minimal filtering leave nothing unwritten") {
  for (const ConvolutionSpec& spec : {three_by_three(2, 16, 80, 9, 14), halving(2, 16, 24, 14, 18, 5)}) {
    const auto w = numbers<float>(static_cast<size_t>(spec.weight_elements()), 2);
    for (const ConvolutionPass pass : {ConvolutionPass::forward, ConvolutionPass::data_gradient}) {
      std::vector<float> packed(static_cast<size_t>(winograd_packed_elements(spec, pass)), std::nanf(""));
      run_kernel(*make_winograd_packed_weights(spec, pass), {w.data()}, {packed.data()}, {}, Order::forward);
      CHECK(std::ranges::all_of(packed, [](float value) { return std::isfinite(value); }));
    }
  }
}

TEST_CASE("an image's convolution has the same bits wherever it stands in a batch") {
  constexpr int64_t batch = 64;
  std::vector<ConvolutionSpec> specs;
  for (const int64_t size : {28, 14, 18}) {  // results of 196 and 49 pixels: products of six rows leave some
    specs.push_back(halving(batch, 64, 128, size, size, 4));
    specs.push_back(specs.back());
    specs.back().minimal_filtering = true;
  }
  ConvolutionSpec filtered = three_by_three(batch, 64, 128, 7, 7);
  filtered.minimal_filtering = true;
  const int64_t packed_elements = winograd_packed_elements(filtered, ConvolutionPass::forward);
  if (packed_weight_elements(filtered, ConvolutionPass::forward, DType::f32) == packed_elements) {  // it is chosen here
    specs.push_back(filtered);
  }
  for (const ConvolutionSpec& spec : specs) {
    const auto weights = numbers<float>(static_cast<size_t>(spec.weight_elements()), 1);
    const int64_t image = 64 * spec.in_height * spec.in_width;
    const int64_t result = 128 * spec.out_height() * spec.out_width();
    const auto check = [&](ConvolutionPass pass, const std::unique_ptr<Kernel>& kernel, int64_t from, int64_t to) {
      const auto one = numbers<float>(static_cast<size_t>(from), 2);
      std::vector<float> all;
      for (int64_t i = 0; i < batch; ++i) {
        all.insert(all.end(), one.begin(), one.end());
      }
      const auto packed = result_of<float>(*make_packed_weights(spec, pass, DType::f32),
                                           static_cast<size_t>(packed_weight_elements(spec, pass, DType::f32)), {},
                                           Order::forward, weights);
      const auto got = result_of<float>(*kernel, static_cast<size_t>(to * batch), {}, Order::forward, all, packed);
      for (int64_t i = 1; i < batch; ++i) {
        REQUIRE(std::equal(got.begin(), got.begin() + to, got.begin() + i * to));
      }
    };
    check(ConvolutionPass::forward, make_convolution_forward(spec, DType::f32), image, result);
    check(ConvolutionPass::data_gradient, make_convolution_data_gradient(spec, DType::f32), result, image);
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
