// Boxes drawn over the images that they are of.
#pragma once

#include <atelier/ranges.hpp>

#include "../common/class_colours.hpp"
#include "boxes.hpp"

namespace ssd {

// Images (n, C, H, W), C 1 or 3, enlarged and in colour, with a line around each box: (n, 3, zoom H, zoom W). `classes`
// is (n, N); a box whose class is below 0 is none.
inline Tensor drawn(const Recording& recording, Tensor images, Tensor classes, const Boxes& boxes, const Field& image,
                    int64_t class_count) {
  constexpr int64_t zoom = 2;  // so that a line of one pixel hides little
  const int64_t n = images.dim(0), rows = zoom * images.dim(2), columns = zoom * images.dim(3);
  Tensor out = broadcast_to(upsample_nearest2d(images, zoom), {n, 3, rows, columns});
  const Tensor y = to_real(arange(recording, rows)).reshape({1, 1, rows, 1});
  const Tensor x = to_real(arange(recording, columns)).reshape({1, 1, 1, columns});
  const Tensor palette = recording.constant({class_count, 3}, class_colours(class_count, image.low, image.high));
  for (int64_t i = 0; i < classes.dim(1); ++i) {
    const auto of_box = [&](Tensor values) { return values.slice(1, i, 1).reshape({n, 1, 1, 1}); };
    const auto within = [&](double border) {
      const Tensor in_columns =
          greater_equal(x, of_box(boxes.x0) * zoom - border) * less(x, of_box(boxes.x1) * zoom + border);
      return in_columns * greater_equal(y, of_box(boxes.y0) * zoom - border) *
             less(y, of_box(boxes.y1) * zoom + border);
    };
    const Tensor found = of_box(classes);
    const Tensor colour = gather(palette, to_integer(maximum(found, 0.0)).reshape({n})).reshape({n, 3, 1, 1});
    out = select(greater_equal(found, 0.0) * (within(1) - within(0)), colour, out);
  }
  return out;
}

}  // namespace ssd
