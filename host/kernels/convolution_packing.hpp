// Only kernels/convolution_direct.cpp includes it.
#pragma once

#include <memory>

#include "kernels/convolution.hpp"
#include "kernels/onednn.hpp"

namespace atelier::kernels {

// w, float32, to the blocks of bfloat16 that a primitive of a convolution without groups reads.
std::unique_ptr<Kernel> make_bfloat16_weights(const ConvolutionSpec& spec, const dnnl::memory::desc& packed);

}  // namespace atelier::kernels
