// Pooling of signals (B, C, L) and of volumes (B, C, D, H, W), made of that of images: a signal is an image of one row,
// and a volume is pooled plane by plane, then along the depth. The first of equal maxima, plane by plane, is that too.
#include <fmt/format.h>

#include <algorithm>

#include "ops/operations.hpp"
#include "ops/windows.hpp"

namespace atelier::ops {
namespace {

std::vector<AttributeSpec> settings(size_t axes) {
  return {integers("kernel"), integers("stride", {}), integers("padding", Axes(2 * axes, 0))};
}

// No stride means that of the kernel.
Windows windows_of(const Axes& kernel, const Axes& stride, const Axes& padding) {
  return {kernel, stride.empty() ? kernel : stride, padding, Axes(kernel.size(), 1)};
}

Types infer_pooled(const Inference& in, size_t axes) {
  in.require_real(0);
  in.require_rank(0, 2 + axes, axes == 1 ? "(B, C, L)" : "(B, C, D, H, W)");
  const Windows windows = windows_of(in.integers(0), in.integers(1), in.integers(2));
  require_windows(in, windows, axes);
  for (size_t axis = 0; axis < axes; ++axis) {
    in.require(std::max(windows.padding[2 * axis], windows.padding[2 * axis + 1]) < windows.kernel[axis],
               "got a padding of [{}] for a kernel of {}, expected less than the kernel on each side",
               fmt::join(windows.padding, ", "), fmt::join(windows.kernel, " x "));
  }
  const Shape& x = in.shape(0);
  in.require(std::ranges::min(x.dims().subspan(2)) >= 1, "got x of {}, expected at least one element along each axis",
             to_string(x));
  const Axes lengths = require_room(in, windows, x, axes == 1 ? "signal" : "volume");
  Shape out{x[0], x[1]};
  for (const int64_t length : lengths) {
    out.append(length);
  }
  return {{out, in.real()}};
}

// Pools the last two axes of x (A, C, H, W). `more` is what the operation's attributes have behind the padding.
Value pool_images(const char* operation, Value x, Axes kernel, Axes stride, Axes padding, const Attributes& more) {
  Attributes attributes{Attribute::of(std::move(kernel)), Attribute::of(std::move(stride)),
                        Attribute::of(std::move(padding))};
  attributes.insert(attributes.end(), more.begin(), more.end());
  return x.graph->apply(operation, {x}, std::move(attributes));
}

Value pool_signals(const char* operation, Value x, const Windows& w, const Attributes& more) {
  const Shape& s = x.shape();
  const Value row = pool_images(operation, reshape(x, {s[0], s[1], 1, s[2]}), {1, w.kernel[0]}, {1, w.stride[0]},
                                {0, 0, w.padding[0], w.padding[1]}, more);
  return reshape(row, {s[0], s[1], row.shape()[3]});
}

Value pool_volumes(const char* operation, Value x, const Windows& w, const Attributes& more) {
  const Shape& s = x.shape();
  const Value planes = pool_images(operation, reshape(x, {s[0], s[1] * s[2], s[3], s[4]}), {w.kernel[1], w.kernel[2]},
                                   {w.stride[1], w.stride[2]}, Axes(w.padding.begin() + 2, w.padding.end()), more);
  const int64_t height = planes.shape()[2];
  const int64_t width = planes.shape()[3];
  const Value pooled = pool_images(operation, reshape(planes, {s[0], s[1], s[2], height * width}), {w.kernel[0], 1},
                                   {w.stride[0], 1}, {w.padding[0], w.padding[1], 0, 0}, more);
  return reshape(pooled, {s[0], s[1], pooled.shape()[2], height, width});
}

void register_pool(OperationRegistry& registry, std::string name, std::string summary, const char* on_images,
                   size_t axes, const std::vector<AttributeSpec>& more) {
  Operation operation{.name = std::move(name), .summary = std::move(summary), .attributes = settings(axes)};
  operation.attributes.insert(operation.attributes.end(), more.begin(), more.end());
  operation.infer = [axes](const Inference& in) { return infer_pooled(in, axes); };
  operation.composed = [on_images, axes](Graph&, std::span<const Value> inputs, const Attributes& given) -> Values {
    const Windows windows = windows_of(given[0].integers, given[1].integers, given[2].integers);
    const Attributes rest(given.begin() + 3, given.end());
    return {axes == 1 ? pool_signals(on_images, inputs[0], windows, rest)
                      : pool_volumes(on_images, inputs[0], windows, rest)};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_pooling_axes(OperationRegistry& registry) {
  const std::vector<AttributeSpec> none;
  const std::vector counted_padding{integer("count_padding", 1)};
  const std::string before_and_after = ". Padding is before and after each axis";
  const std::string never =
      "; of equals the first one gets the gradient" + before_and_after + ", and never the largest";
  const std::string counts = before_and_after + ", zeros that count in the mean where count_padding is not 0";
  register_pool(registry, "max_pool1d/1", "x (B, C, L) -> (B, C, L'): the largest element of each window" + never,
                "max_pool2d/1", 1, none);
  register_pool(registry, "avg_pool1d/1", "x (B, C, L) -> (B, C, L'): the mean of each window" + counts, "avg_pool2d/1",
                1, counted_padding);
  register_pool(registry, "max_pool3d/1",
                "x (B, C, D, H, W) -> (B, C, D', H', W'): the largest element of each window" + never, "max_pool2d/1",
                3, none);
  register_pool(registry, "avg_pool3d/1", "x (B, C, D, H, W) -> (B, C, D', H', W'): the mean of each window" + counts,
                "avg_pool2d/1", 3, counted_padding);
}

}  // namespace atelier::ops
