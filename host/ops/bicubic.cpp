// Images of another size by cubic convolution (Keys 1981), with a = -0.75. Output pixel i of an axis of n, made of one
// of m, lies at (i + 1/2) m / n - 1/2, and is blended of the four pixels around it; those outside are the border's.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/axis_rows.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

constexpr double a = -0.75;

// Of a pixel at this distance.
double weight(double distance) {
  const double d = std::abs(distance);
  if (d <= 1) {
    return ((a + 2) * d - (a + 3)) * d * d + 1;
  }
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

kernels::RowBlend blend(int64_t length, int64_t size) {
  kernels::RowBlend out;
  const double scale = static_cast<double>(length) / static_cast<double>(size);
  for (int64_t i = 0; i < size; ++i) {
    const double place = (static_cast<double>(i) + 0.5) * scale - 0.5;
    const double below = std::floor(place);
    for (int64_t tap = -1; tap <= 2; ++tap) {
      const int64_t pixel = std::clamp<int64_t>(static_cast<int64_t>(below) + tap, 0, length - 1);
      out.add(pixel, weight(place - below - static_cast<double>(tap)));
    }
    out.end_row();
  }
  return out;
}

// x -> x with one axis of another length, and its transpose, whose input is what the other's output is
void register_axis(OperationRegistry& registry, const char* name, const char* transpose, bool transposed) {
  Operation operation{.name = name, .attributes = {integer("axis"), integer("size")}};
  operation.infer = [](const Inference& in) -> Types {
    Shape out = in.shape(0);
    out[in.axis(in.integer(0), out.rank())] = in.integer(1);
    return {{out, in.real()}};
  };
  operation.kernel = [transposed](const KernelRequest& request) {
    const Shape& from = request.inputs[0].shape;
    const size_t axis = counted(request.integer(0), from.rank());
    const int64_t size = request.integer(1);
    return kernels::make_blend_rows(request.dtype(),
                                    {product(from, 0, axis), from[axis], product(from, axis + 1, from.rank())},
                                    transposed ? blend(size, from[axis]).transposed(size) : blend(from[axis], size));
  };
  operation.gradient = [transpose](const GradientRequest& r) -> Values {
    const Shape& from = r.inputs[0].shape();
    const int64_t length = from[counted(r.attributes[0].scalar.constant.integer, from.rank())];
    return {r.graph.apply(transpose, {r.output_gradients[0]}, {r.attributes[0], Attribute::of(length)})};
  };
  registry.add(std::move(operation));
}

// x (B, C, H, W) -> (B, C, size)
void register_bicubic_itself(OperationRegistry& registry) {
  Operation operation{.name = "upsample_bicubic2d/1", .attributes = {integers("size")}};
  operation.summary =
      "x (B, C, H, W) -> (B, C, size...): by cubic convolution (Keys 1981, a = -0.75), to any number of rows and "
      "columns; pixels are areas, and their corners, not their middles, keep their places";
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "(B, C, H, W)");
    const Shape& x = in.shape(0);
    require_size(in, in.integers(0));
    in.require(x[2] >= 1 && x[3] >= 1, "got x of {}, expected at least one pixel", to_string(x));
    return {{Shape{x[0], x[1], in.integers(0)[0], in.integers(0)[1]}, in.real()}};
  };
  operation.composed = [](Graph& graph, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    Value image = channels_last(inputs[0]);
    for (int64_t axis = 1; axis <= 2; ++axis) {
      const int64_t size = attributes[0].integers[static_cast<size_t>(axis - 1)];
      image = graph.apply("resize_bicubic/1", {image}, {Attribute::of(axis), Attribute::of(size)});
    }
    return {channels_first(image)};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_bicubic(OperationRegistry& registry) {
  register_axis(registry, "resize_bicubic/1", "resize_bicubic_transpose/1", false);
  register_axis(registry, "resize_bicubic_transpose/1", "resize_bicubic/1", true);
  register_bicubic_itself(registry);
}

}  // namespace atelier::ops
