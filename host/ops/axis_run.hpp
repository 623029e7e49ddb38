// Neighbouring axes, as kernels that work along one axis see them.
#pragma once

#include "ops/declare.hpp"

namespace atelier::ops {

// The axes [first, first + count) of a tensor, and the tensor as (outer, reduced, inner).
struct Run {
  size_t first = 0;
  size_t count = 0;
  int64_t outer = 1, reduced = 1, inner = 1;

  Run(const Shape& shape, size_t first_axis, size_t axes)
      : first(first_axis),
        count(axes),
        outer(product(shape, 0, first_axis)),
        reduced(product(shape, first_axis, first_axis + axes)),
        inner(product(shape, first_axis + axes, shape.rank())) {}
  Run(const Shape& shape, const Attributes& attributes)
      : Run(shape, counted(attributes[0].scalar.constant.integer, shape.rank()),
            static_cast<size_t>(attributes[1].scalar.constant.integer)) {}
  // Of input 0, checked.
  explicit Run(const Inference& in) {
    const size_t axis = in.axis(in.integer(0), in.shape(0).rank());
    const int64_t axes = in.integer(1);
    in.require(axes >= 1 && axis + static_cast<size_t>(axes) <= in.shape(0).rank(),
               "got {} axes from {} on of a tensor of {}", axes, axis, to_string(in.shape(0)));
    *this = Run(in.shape(0), axis, static_cast<size_t>(axes));
  }

  [[nodiscard]] Shape without(const Shape& shape) const {
    Shape out;
    for (size_t axis = 0; axis < shape.rank(); ++axis) {
      if (axis < first || axis >= first + count) {
        out.append(shape[axis]);
      }
    }
    return out;
  }
  [[nodiscard]] Shape with_ones(Shape shape) const {
    for (size_t axis = first; axis < first + count; ++axis) {
      shape[axis] = 1;
    }
    return shape;
  }
};

}  // namespace atelier::ops
