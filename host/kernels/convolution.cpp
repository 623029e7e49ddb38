// Which method computes which convolution. Measured on Zen 5 with oneDNN 2.6.3, GFLOP/s of one core (sgemm: 220):
// oneDNN's channels-last convolutions reach 200 to 330 forward and 195 to 240 for data gradients; patches 185 to 213,
// which wins where oneDNN is weak: results of few pixels and many channels (209 against 126), and data gradients
// towards few channels (60 to 120 against 14 to 38). Weight gradients: oneDNN 200 to 265 where the weights are small,
// 150 to 170 where they are large, and there one product for each tap reaches 180 to 220.
#include "kernels/convolution.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "kernels/convolution_methods.hpp"
#include "kernels/making.hpp"
#include "kernels/onednn.hpp"

namespace atelier::kernels {
namespace {

using tensor::DType;

void check(const ConvolutionSpec& spec, DType dtype) {
  ATELIER_CHECK(dtype != DType::i64);
  ATELIER_CHECK(spec.in_channels > 0 && spec.out_channels > 0 && spec.batch >= 0);
  ATELIER_CHECK(spec.stride_y > 0 && spec.stride_x > 0 && spec.dilation_y > 0 && spec.dilation_x > 0);
  if (spec.groups < 1 || spec.in_channels % spec.groups != 0 || spec.out_channels % spec.groups != 0) {
    throw Error(ErrorKind::shape, "convolution: got {} groups, expected a number that divides {} and {} channels",
                spec.groups, spec.in_channels, spec.out_channels);
  }
  const int64_t height = spec.in_height + spec.pad_top + spec.pad_bottom;
  const int64_t width = spec.in_width + spec.pad_left + spec.pad_right;
  const int64_t kernel_height = spec.dilation_y * (spec.kernel_height - 1) + 1;
  const int64_t kernel_width = spec.dilation_x * (spec.kernel_width - 1) + 1;
  if (kernel_height > height || kernel_width > width || kernel_height < 1 || kernel_width < 1) {
    throw Error(ErrorKind::shape,
                "convolution: got a kernel that covers {} x {}, expected at most the padded image, {} x {}",
                kernel_height, kernel_width, height, width);
  }
}

bool prefers_patches(const ConvolutionSpec& spec, ConvolutionPass pass) {
  const int64_t pixels = spec.out_height() * spec.out_width();
  if (pass == ConvolutionPass::data_gradient) {
    return spec.group_in_channels() <= 4 || pixels == 1;
  }
  return pixels == 1 || (pixels <= 16 && spec.group_in_channels() * spec.taps() >= 1024);
}

// Without AVX-512 oneDNN 2.6.3 is weak in what follows; GFLOP/s of one core of a Zen 3 (sgemm: 80 to 90), in the layers
// of DCGAN: forward 45 to 70, data gradients with strides 40 to 75, weight gradients 43 to 60. Panels and phases
// reach 72 to 91, 65 to 90 and 56 to 73.
bool suits_panels(const ConvolutionSpec& spec, DType dtype) {
  constexpr int64_t widest = 512;  // a row's patches are gathered at once
  return dtype == DType::f32 && spec.groups == 1 && spec.batch > 0 && !has_instructions(dnnl_cpu_isa_avx512_core) &&
         spec.out_height() * spec.out_width() > 1 && spec.out_width() <= widest && spec.in_width <= widest;
}

// All passes of a layer together, with the packing of weights, were 0.72 times the gain as fast as by the other methods
// on one core of a Zen 3; 3 x 3 filters, 64 channels: 140 to 180 GFLOP/s.
bool prefers_winograd(const ConvolutionSpec& spec, DType dtype) {
  constexpr double least_gain = 1.33;  // a higher one leaves out the pieces of a batch in shards: 1.27 times the time
  return spec.minimal_filtering && suits_panels(spec, dtype) && winograd_gain(spec) >= least_gain;
}

bool prefers_panels(const ConvolutionSpec& spec, ConvolutionPass pass, DType dtype) {
  constexpr int64_t fewest_columns = 64;
  constexpr int64_t fewest_lines = 256;
  if (!suits_panels(spec, dtype)) {
    return false;
  }
  if (pass == ConvolutionPass::forward) {
    return spec.out_channels >= fewest_columns && spec.in_channels * spec.taps() >= fewest_lines;
  }
  const int64_t strides = spec.stride_y * spec.stride_x;
  return strides > 1 && spec.dilation_y == 1 && spec.dilation_x == 1 && spec.kernel_height >= spec.stride_y &&
         spec.kernel_width >= spec.stride_x && spec.in_channels >= fewest_columns &&
         spec.out_channels * spec.taps() >= fewest_lines * strides;
}

bool weight_gradient_prefers_panels(const ConvolutionSpec& spec, DType dtype) {
  constexpr int64_t fewest_pixels = 1024;  // the sum is over: of few of them partial sums are faster
  return suits_panels(spec, dtype) && spec.in_channels >= 32 && spec.out_channels >= 64 &&
         spec.batch * spec.out_height() * spec.out_width() >= fewest_pixels;
}

bool is_direct(const ConvolutionSpec& spec, ConvolutionPass pass, DType dtype) {
  return dtype == DType::bf16 || (dtype == DType::f32 && spec.batch > 0 && !prefers_patches(spec, pass) &&
                                  direct_packed_elements(spec, pass, dtype) > 0);
}

// Of the weights' gradient: sums over some images each, which meet, or products for some taps each over all of them.
// Partial sums cost little where they are small, or few, or where each is of many pixels; GFLOP/s of one core of a Zen
// 4 (sgemm: 110): one image of 64 channels to 128, 61 against 14; 64 of them, 32 x 32, 101 against 86; 16 of 256 to
// 512, 8 x 8, 38 against 84. bfloat16's are larger before they cost more than gathering what is multiplied: 150 to 220
// up to there.
bool prefers_partial_sums(const ConvolutionSpec& spec, DType dtype) {
  constexpr int64_t few_channels = 64;
  constexpr int64_t many_pixels = 1024;
  const int64_t small_weights = dtype == DType::bf16 ? 150'000 : 1 << 16;  // that stay in a core's cache
  const int64_t images = images_per_part(spec);
  return spec.group_in_channels() < few_channels || spec.group_out_channels() < few_channels ||
         spec.weight_elements() <= small_weights || images >= spec.batch ||
         images * spec.out_height() * spec.out_width() >= many_pixels;
}

}  // namespace

int64_t images_per_piece(const ConvolutionSpec& spec) {
  constexpr double piece_operations = 4e6;  // at least, more or less
  constexpr int64_t most_pieces = 16;
  const auto pieces = std::clamp(static_cast<int64_t>(spec.flops() / piece_operations), int64_t{1}, most_pieces);
  int64_t images = std::max<int64_t>(1, (spec.batch + pieces - 1) / pieces);
  while (images > 1 && spec.batch % images != 0) {
    --images;
  }
  return images;
}

int64_t rows_per_piece(const ConvolutionSpec& spec) {
  constexpr int64_t fewest_pieces = 4;
  const int64_t images = images_per_piece(spec);
  return spec.batch / images >= fewest_pieces ? images * spec.out_height()
                                              : spec.out_height() / divisor_up_to(fewest_pieces, spec.out_height());
}

int64_t images_per_part(const ConvolutionSpec& spec) {
  constexpr int64_t most_parts = 8;
  return std::max(images_per_piece(spec), (spec.batch + most_parts - 1) / most_parts);
}

int64_t packed_weight_elements(const ConvolutionSpec& spec, ConvolutionPass pass, DType dtype) {
  check(spec, dtype);
  if (prefers_winograd(spec, dtype)) {
    return winograd_packed_elements(spec, pass);
  }
  return !prefers_panels(spec, pass, dtype) && is_direct(spec, pass, dtype) ? direct_packed_elements(spec, pass, dtype)
                                                                            : spec.weight_elements();
}

bool suits_bfloat16(const ConvolutionSpec& spec) {
  constexpr int64_t fewest_channels = 8;
  return spec.groups == 1 && spec.batch > 0 && spec.in_channels >= fewest_channels &&
         spec.out_channels >= fewest_channels && spec.out_height() * spec.out_width() > 1;
}

bool has_bfloat16(const ConvolutionSpec& spec) {
  return suits_bfloat16(spec) && direct_packed_elements(spec, ConvolutionPass::forward, DType::bf16) > 0 &&
         direct_packed_elements(spec, ConvolutionPass::data_gradient, DType::bf16) > 0 &&
         make_direct_weight_gradient(spec, DType::bf16) != nullptr;
}

std::unique_ptr<Kernel> make_packed_weights(const ConvolutionSpec& spec, ConvolutionPass pass, DType dtype) {
  check(spec, dtype);
  if (prefers_winograd(spec, dtype)) {
    return make_winograd_packed_weights(spec, pass);
  }
  if (prefers_panels(spec, pass, dtype)) {
    return pass == ConvolutionPass::forward ? make_panels_packed_weights(spec) : make_phases_packed_weights(spec);
  }
  return is_direct(spec, pass, dtype) ? make_direct_packed_weights(spec, pass, dtype)
                                      : make_patches_packed_weights(spec, pass, dtype);
}

std::unique_ptr<Kernel> make_convolution_forward(const ConvolutionSpec& spec, DType dtype) {
  check(spec, dtype);
  if (prefers_winograd(spec, dtype)) {
    return make_winograd_forward(spec);
  }
  if (prefers_panels(spec, ConvolutionPass::forward, dtype)) {
    return make_panels_forward(spec);
  }
  return is_direct(spec, ConvolutionPass::forward, dtype) ? make_direct_forward(spec, dtype)
                                                          : make_patches_forward(spec, dtype);
}

std::unique_ptr<Kernel> make_convolution_data_gradient(const ConvolutionSpec& spec, DType dtype) {
  check(spec, dtype);
  if (prefers_winograd(spec, dtype)) {
    return make_winograd_data_gradient(spec);
  }
  if (prefers_panels(spec, ConvolutionPass::data_gradient, dtype)) {
    return make_phases_data_gradient(spec);
  }
  return is_direct(spec, ConvolutionPass::data_gradient, dtype) ? make_direct_data_gradient(spec, dtype)
                                                                : make_patches_data_gradient(spec, dtype);
}

std::unique_ptr<Kernel> make_convolution_weight_gradient(const ConvolutionSpec& spec, DType dtype) {
  check(spec, dtype);
  if (prefers_winograd(spec, dtype)) {
    return make_winograd_weight_gradient(spec);
  }
  if (weight_gradient_prefers_panels(spec, dtype)) {
    return make_panels_weight_gradient(spec);
  }
  if (dtype != DType::f64 && spec.batch > 0 && prefers_partial_sums(spec, dtype)) {
    if (std::unique_ptr<Kernel> direct = make_direct_weight_gradient(spec, dtype)) {
      return direct;
    }
  }
  return dtype == DType::bf16 ? make_bfloat16_taps_weight_gradient(spec) : make_taps_weight_gradient(spec, dtype);
}

}  // namespace atelier::kernels
