// Boxes, and what a single-shot detector does with them: Liu et al. 2016, section 2.2.
//   B images, P default boxes, N true boxes of an image, M detections
#pragma once

#include <array>
#include <atelier/model.hpp>
#include <cmath>

namespace ssd {

using namespace atelier;

// Edges in pixels, each of the same shape.
struct Boxes {
  Tensor x0, y0, x1, y1;

  // Of rows (B, N, C) the four values from `first` on, (B, N) each.
  static Boxes of(Tensor rows, int64_t first) {
    const auto column = [&](int64_t i) { return rows.slice(2, first + i, 1).reshape({rows.dim(0), -1}); };
    return {column(0), column(1), column(2), column(3)};
  }
  [[nodiscard]] Boxes gathered(Tensor places) const {  // along the second axis, (B, M)
    const auto at = [&](Tensor edge) { return gather_along(edge, places, 1); };
    return {at(x0), at(y0), at(x1), at(y1)};
  }
  [[nodiscard]] Boxes where(Tensor mask, const Boxes& others) const {  // these, and where the mask is 0 the others
    return {select(mask, x0, others.x0), select(mask, y0, others.y0), select(mask, x1, others.x1),
            select(mask, y1, others.y1)};
  }
  [[nodiscard]] Boxes reshaped(const std::vector<int64_t>& dims) const {
    return {x0.reshape(dims), y0.reshape(dims), x1.reshape(dims), y1.reshape(dims)};
  }
  [[nodiscard]] Tensor area() const { return (x1 - x0) * (y1 - y0); }
};

// 0 of boxes without an area.
inline Tensor intersection_over_union(const Boxes& a, const Boxes& b) {
  const Tensor width = relu(minimum(a.x1, b.x1) - maximum(a.x0, b.x0));
  const Tensor height = relu(minimum(a.y1, b.y1) - maximum(a.y0, b.y0));
  const Tensor both = width * height;
  return both / maximum(a.area() + b.area() - both, 1e-6);
}

// The same of each of (B, P) with each of (B, N): (B, P, N). B may be 1.
inline Tensor overlaps(const Boxes& a, const Boxes& b) {
  return intersection_over_union(a.reshaped({a.x0.dim(0), -1, 1}), b.reshaped({b.x0.dim(0), 1, -1}));
}

// What detections are told from: at each place of each feature map boxes of one scale and several aspect ratios, and
// one between this scale and the next.
class DefaultBoxes {
 public:
  // Of a map of so many rows and columns, over an image of this height and width, in the order of the map's values,
  // (rows, columns, boxes). Scales are parts of the image's sides.
  void add(int64_t rows, int64_t columns, int64_t height, int64_t width, double scale, double next_scale,
           const std::vector<double>& aspect_ratios) {
    for (int64_t place = 0; place < rows * columns; ++place) {
      const int64_t row = place / columns, column = place % columns;
      const double x = (static_cast<double>(column) + 0.5) / static_cast<double>(columns);
      const double y = (static_cast<double>(row) + 0.5) / static_cast<double>(rows);
      const auto box = [&](double of_scale, double ratio) {
        const auto h = static_cast<double>(height), w = static_cast<double>(width);
        push({x * w, y * h, of_scale * std::sqrt(ratio) * w, of_scale / std::sqrt(ratio) * h});
      };
      for (const double ratio : aspect_ratios) {
        box(scale, ratio);
      }
      box(std::sqrt(scale * next_scale), 1);
    }
  }

  [[nodiscard]] int64_t count() const { return static_cast<int64_t>(values_[0].size()); }
  // (1, P) each.
  [[nodiscard]] Boxes boxes(const Recording& recording) const {
    const Middles m = middles(recording);
    return {m.x - m.width * 0.5, m.y - m.height * 0.5, m.x + m.width * 0.5, m.y + m.height * 0.5};
  }
  // What turns default boxes into `wanted`, (B, P) each: (B, P, 4).
  [[nodiscard]] Tensor offsets(const Recording& recording, const Boxes& wanted) const {
    const Middles m = middles(recording);
    const Tensor x = (wanted.x0 + wanted.x1) * 0.5, y = (wanted.y0 + wanted.y1) * 0.5;
    const auto column = [](Tensor values) { return values.reshape({values.dim(0), -1, 1}); };
    return concatenate({column((x - m.x) / m.width * (1 / place_unit)), column((y - m.y) / m.height * (1 / place_unit)),
                        column(log((wanted.x1 - wanted.x0) / m.width) * (1 / size_unit)),
                        column(log((wanted.y1 - wanted.y0) / m.height) * (1 / size_unit))},
                       2);
  }
  // And what such offsets make of them, (B, P) each.
  [[nodiscard]] Boxes moved(const Recording& recording, Tensor offsets) const {
    const Middles m = middles(recording);
    const Boxes by = Boxes::of(offsets, 0);
    const Tensor x = m.x + by.x0 * m.width * place_unit, y = m.y + by.y0 * m.height * place_unit;
    const Tensor w = m.width * exp(by.x1 * size_unit) * 0.5, h = m.height * exp(by.y1 * size_unit) * 0.5;
    return {x - w, y - h, x + w, y + h};
  }

 private:
  // Offsets are in these units, so that they are about as large as logits (the "variances" of the paper's code).
  static constexpr double place_unit = 0.1, size_unit = 0.2;

  struct Middles {
    Tensor x, y, width, height;  // (1, P)
  };
  void push(const std::array<double, 4>& box) {
    for (size_t i = 0; i < 4; ++i) {
      values_[i].push_back(static_cast<float>(box[i]));
    }
  }
  [[nodiscard]] Middles middles(const Recording& recording) const {
    const auto row = [&](size_t i) { return recording.constant({1, count()}, values_[i]); };
    return {row(0), row(1), row(2), row(3)};
  }

  std::array<std::vector<float>, 4> values_;  // x and y of the middle, width, height
};

// 1 for each of (B, M) boxes that no box before it, of its class and kept, overlaps by more than that; else 0.
inline Tensor kept(const Recording& recording, const Boxes& boxes, Tensor classes, double most_overlap) {
  const int64_t images = classes.dim(0), count = classes.dim(1);
  const Tensor same = equal(classes.reshape({images, count, 1}), classes.reshape({images, 1, count}));
  const Tensor near = upper_triangle(same * greater(overlaps(boxes, boxes), most_overlap), 1);  // (B, M, M): i before j
  Tensor out = recording.full({images, count}, 1);
  for (int64_t i = 0; i < count; ++i) {
    out = out * (1.0 - near.slice(1, i, 1).reshape({images, count}) * out.slice(1, i, 1));
  }
  return out;
}

}  // namespace ssd
