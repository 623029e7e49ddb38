// The patches under a kernel as columns (im2col), and columns summed back to images: each the other's transpose.
#include <fmt/format.h>

#include <algorithm>

#include "ops/operations.hpp"
#include "ops/windows.hpp"

namespace atelier::ops {
namespace {

std::vector<AttributeSpec> patch_settings(std::vector<AttributeSpec> first) {
  first.insert(first.end(), {integers("kernel"), integers("stride", {1, 1}), integers("padding", {0, 0, 0, 0}),
                             integers("dilation", {1, 1})});
  return first;
}

Windows windows_of(const Attributes& attributes, size_t first) {
  return {attributes[first].integers, attributes[first + 1].integers, attributes[first + 2].integers,
          attributes[first + 3].integers};
}

Windows checked_windows(const Inference& in, size_t first) {
  const Windows windows{in.integers(first), in.integers(first + 1), in.integers(first + 2), in.integers(first + 3)};
  require_windows(in, windows, 2);
  return windows;
}

// x (B, C, H, W) -> (B, C Kh Kw, H' W')
void register_unfold(OperationRegistry& registry) {
  Operation operation{.name = "unfold/1"};
  operation.summary =
      "x any (B, C, H, W) -> (B, C Kh Kw, H' W'): the patch under the kernel at each of its places, as a column "
      "(im2col). Padding is top, bottom, left, right";
  operation.attributes = patch_settings({});
  operation.infer = [](const Inference& in) -> Types {
    in.require_rank(0, 4, "(B, C, H, W)");
    const Windows windows = checked_windows(in, 0);
    const Shape& x = in.shape(0);
    const Axes counts = require_room(in, windows, x, "image");
    const int64_t taps = product(in, windows.kernel[0], windows.kernel[1]);
    return {{Shape{x[0], product(in, x[1], taps), product(in, counts[0], counts[1])}, in.input(0).dtype}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Windows w = windows_of(attributes, 0);
    const Shape& x = inputs[0].shape();
    const int64_t rows = w.count(0, x[2]);
    const int64_t columns = w.count(1, x[3]);
    const Value lines = arrange(inputs[0], 2, w.places_by_tap(0, x[2]));  // (B, C, Kh H', W)
    const Value patches = arrange(lines, 3, w.places_by_tap(1, x[3]));    // (B, C, Kh H', Kw W')
    const Value apart = reshape(patches, {x[0] * x[1] * w.kernel[0], rows, w.kernel[1], columns});
    return {reshape(permute(apart, {0, 2, 1, 3}), {x[0], x[1] * w.kernel[0] * w.kernel[1], rows * columns})};
  };
  registry.add(std::move(operation));
}

// columns (B, C Kh Kw, H' W') -> (B, C, size)
void register_fold(OperationRegistry& registry) {
  Operation operation{.name = "fold/1"};
  operation.summary =
      "columns (B, C Kh Kw, H' W') -> (B, C, size...): patches summed where unfold has them from, in an image of that "
      "size";
  operation.attributes = patch_settings({integers("size")});
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 3, "(B, C Kh Kw, H' W')");
    require_size(in, in.integers(0));
    const Windows windows = checked_windows(in, 1);
    const Shape& columns = in.shape(0);
    const Shape image{columns[0], 1, in.integers(0)[0], in.integers(0)[1]};
    const Axes counts = require_room(in, windows, image, "image");
    const int64_t taps = product(in, windows.kernel[0], windows.kernel[1]);
    in.require(columns[1] % taps == 0 && columns[2] == product(in, counts[0], counts[1]),
               "got columns of {} for an image of {} x {} with {} x {} places of a kernel of {} x {}, expected "
               "(B, {} C, {})",
               to_string(columns), image[2], image[3], counts[0], counts[1], windows.kernel[0], windows.kernel[1], taps,
               counts[0] * counts[1]);
    return {{Shape{columns[0], columns[1] / taps, image[2], image[3]}, in.real()}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Windows w = windows_of(attributes, 1);
    const Axes& size = attributes[0].integers;
    const Shape& x = inputs[0].shape();
    const int64_t channels = x[1] / (w.kernel[0] * w.kernel[1]);
    const int64_t rows = w.count(0, size[0]);
    const int64_t columns = w.count(1, size[1]);
    const Value apart = reshape(inputs[0], {x[0] * channels * w.kernel[0], w.kernel[1], rows, columns});
    const Value patches =
        reshape(permute(apart, {0, 2, 1, 3}), {x[0], channels, w.kernel[0] * rows, w.kernel[1] * columns});
    const Value lines = arrange_transpose(patches, 3, w.places_by_tap(1, size[1]), size[1]);
    return {arrange_transpose(lines, 2, w.places_by_tap(0, size[0]), size[0])};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_patches(OperationRegistry& registry) {
  register_unfold(registry);
  register_fold(registry);
}

}  // namespace atelier::ops
