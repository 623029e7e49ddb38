// All operations on tensors. (B, C, H, W) are batch, channels, rows and columns of images. The catalogue, operations.md
// (installed in share/atelier), has every operation with its shapes, attributes and gradient.
#pragma once

#include <atelier/activations.hpp>
#include <atelier/along.hpp>
#include <atelier/attention.hpp>
#include <atelier/classification.hpp>
#include <atelier/convolution.hpp>
#include <atelier/cumulative.hpp>
#include <atelier/einsum.hpp>
#include <atelier/elementwise.hpp>
#include <atelier/gradients.hpp>
#include <atelier/images.hpp>
#include <atelier/indexing.hpp>
#include <atelier/integers.hpp>
#include <atelier/linear_algebra.hpp>
#include <atelier/mathematics.hpp>
#include <atelier/matrices.hpp>
#include <atelier/movement.hpp>
#include <atelier/pooling.hpp>
#include <atelier/random.hpp>
#include <atelier/rearranging.hpp>
#include <atelier/reductions.hpp>
#include <atelier/sampling.hpp>
#include <atelier/shards.hpp>
#include <atelier/sorting.hpp>
#include <atelier/statistics.hpp>
