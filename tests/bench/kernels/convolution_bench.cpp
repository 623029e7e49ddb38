// The convolutions of the cases, each with its two gradients; a transposed one runs the same kernels in other places.
#include <fmt/core.h>

#include "kernels/convolution.hpp"
#include "measure.hpp"

namespace atelier::bench {
namespace {

using kernels::ConvolutionPass;
using kernels::ConvolutionSpec;

struct Case {
  const char* name;
  int64_t batch, in_channels, out_channels, size, kernel, stride, padding;
};

constexpr Case cases[] = {
    {"cnn/0", 64, 1, 32, 28, 3, 1, 1},
    {"cnn/1", 64, 32, 64, 14, 3, 1, 1},
    {"cnn/2", 64, 64, 64, 7, 3, 1, 1},
    {"vae-conv/0", 64, 1, 32, 28, 5, 2, 2},
    {"vae-conv/1", 64, 32, 64, 14, 5, 2, 2},
    {"vae-conv/2", 64, 64, 128, 7, 5, 2, 2},
    {"dcgan-28 generator/1", 64, 1, 128, 28, 4, 2, 1},
    {"dcgan-28 generator/0", 64, 128, 256, 14, 4, 2, 1},
    {"dcgan-28 discriminator/0", 64, 1, 64, 28, 4, 2, 1},
    {"dcgan-28 discriminator/1", 64, 64, 128, 14, 4, 2, 1},
    {"dcgan-64-b16/0", 16, 3, 64, 64, 4, 2, 1},
    {"dcgan-64-b16/1", 16, 64, 128, 32, 4, 2, 1},
    {"dcgan-64-b16/2", 16, 128, 256, 16, 4, 2, 1},
    {"dcgan-64-b16/3", 16, 256, 512, 8, 4, 2, 1},
    {"dcgan-64-b64/0", 64, 3, 64, 64, 4, 2, 1},
    {"dcgan-64-b64/1", 64, 64, 128, 32, 4, 2, 1},
    {"dcgan-64-b64/2", 64, 128, 256, 16, 4, 2, 1},
    {"dcgan-64-b64/3", 64, 256, 512, 8, 4, 2, 1},
    {"u-net/64", 16, 48, 16, 64, 3, 1, 1},
    {"u-net/32", 16, 96, 32, 32, 3, 1, 1},
    {"u-net/16", 16, 192, 64, 16, 3, 1, 1},
    {"u-net/8", 16, 128, 128, 8, 3, 1, 1},
};

}  // namespace

void register_convolutions() {
  constexpr auto f32 = tensor::DType::f32;
  for (const Case& c : cases) {
    ConvolutionSpec spec;
    spec.batch = c.batch;
    spec.in_channels = c.in_channels;
    spec.out_channels = c.out_channels;
    spec.in_height = spec.in_width = c.size;
    spec.kernel_height = spec.kernel_width = c.kernel;
    spec.stride_y = spec.stride_x = c.stride;
    spec.pad_top = spec.pad_bottom = spec.pad_left = spec.pad_right = c.padding;
    spec.minimal_filtering = true;  // as the C++ wrapper's are
    const int64_t x = spec.batch * spec.in_height * spec.in_width * spec.in_channels;
    const int64_t y = spec.batch * spec.out_height() * spec.out_width() * spec.out_channels;
    const auto packed = [&](ConvolutionPass pass) { return packed_weight_elements(spec, pass, f32); };
    measure(fmt::format("convolution/{}/forward", c.name), [=] { return make_convolution_forward(spec, f32); },
            {{x, packed(ConvolutionPass::forward)}, {y}, spec.flops()});
    measure(fmt::format("convolution/{}/data gradient", c.name),
            [=] { return make_convolution_data_gradient(spec, f32); },
            {{y, packed(ConvolutionPass::data_gradient)}, {x}, spec.flops()});
    measure(fmt::format("convolution/{}/weight gradient", c.name),
            [=] { return make_convolution_weight_gradient(spec, f32); },
            {{x, y}, {spec.weight_elements()}, spec.flops()});
  }
}

}  // namespace atelier::bench
