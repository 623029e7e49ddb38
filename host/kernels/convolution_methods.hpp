// The ways to compute a convolution, for kernels/convolution.cpp to choose from.
#pragma once

#include "kernels/convolution.hpp"

namespace atelier::kernels {

// ---- oneDNN's own convolutions, of float32 or of bfloat16, a few images at a time. Absent where oneDNN has only a
// slow one.
std::unique_ptr<Kernel> make_direct_forward(const ConvolutionSpec& spec, tensor::DType dtype);  // x, packed -> y
std::unique_ptr<Kernel> make_direct_data_gradient(const ConvolutionSpec& spec,
                                                  tensor::DType dtype);  // dy, packed -> dx
std::unique_ptr<Kernel> make_direct_weight_gradient(const ConvolutionSpec& spec, tensor::DType dtype);  // x, dy -> dw
std::unique_ptr<Kernel> make_direct_packed_weights(const ConvolutionSpec& spec, ConvolutionPass pass,
                                                   tensor::DType dtype);
int64_t direct_packed_elements(const ConvolutionSpec& spec, ConvolutionPass pass, tensor::DType dtype);  // 0 if absent

// ---- Products of matrices, with patches of the image gathered as rows of one (a patch is Kh Kw C long). Packed
// weights are (groups, Kh Kw C / groups, O / groups) for the forward pass, (groups, O / groups, Kh Kw C / groups) for
// the data gradient.
std::unique_ptr<Kernel> make_patches_forward(const ConvolutionSpec& spec, tensor::DType dtype);
std::unique_ptr<Kernel> make_patches_data_gradient(const ConvolutionSpec& spec, tensor::DType dtype);
std::unique_ptr<Kernel> make_patches_packed_weights(const ConvolutionSpec& spec, ConvolutionPass pass,
                                                    tensor::DType dtype);
// One product for each tap of the kernel: the result is cut, never the sum over images.
std::unique_ptr<Kernel> make_taps_weight_gradient(const ConvolutionSpec& spec, tensor::DType dtype);

// ---- The same of float32 without groups, with what is multiplied in panels (kernels/panels.hpp).
std::unique_ptr<Kernel> make_panels_forward(const ConvolutionSpec& spec);
std::unique_ptr<Kernel> make_panels_packed_weights(const ConvolutionSpec& spec);
std::unique_ptr<Kernel> make_panels_weight_gradient(const ConvolutionSpec& spec);
// Of kernels without dilation that are at least as long as their strides.
std::unique_ptr<Kernel> make_phases_data_gradient(const ConvolutionSpec& spec);
std::unique_ptr<Kernel> make_phases_packed_weights(const ConvolutionSpec& spec);

// ---- By minimal filtering, of float32: those that kernels/winograd.hpp covers. The gain is that in products, where
// transforms count as some; 0 for other convolutions.
double winograd_gain(const ConvolutionSpec& spec);
int64_t winograd_packed_elements(const ConvolutionSpec& spec, ConvolutionPass pass);
std::unique_ptr<Kernel> make_winograd_packed_weights(const ConvolutionSpec& spec, ConvolutionPass pass);
std::unique_ptr<Kernel> make_winograd_forward(const ConvolutionSpec& spec);
std::unique_ptr<Kernel> make_winograd_data_gradient(const ConvolutionSpec& spec);
std::unique_ptr<Kernel> make_winograd_weight_gradient(const ConvolutionSpec& spec);

// The taps' products of bfloat16, without groups.
std::unique_ptr<Kernel> make_bfloat16_taps_weight_gradient(const ConvolutionSpec& spec);

// How many images each piece takes: a divisor of the batch, so that all pieces are alike.
int64_t images_per_piece(const ConvolutionSpec& spec);
// Rows of the result: whole images, or parts of one where there are few.
int64_t rows_per_piece(const ConvolutionSpec& spec);
// Images of each partial sum of a weight gradient.
int64_t images_per_part(const ConvolutionSpec& spec);

}  // namespace atelier::kernels
