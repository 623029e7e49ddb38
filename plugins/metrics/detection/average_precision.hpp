// Everingham et al. 2010, The Pascal Visual Object Classes (VOC) Challenge, section 4.2, with all points of the curve
// as the challenges have them from 2010 on.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace detection {

struct Box {
  double x0, y0, x1, y1;

  [[nodiscard]] double area() const { return std::max(0.0, x1 - x0) * std::max(0.0, y1 - y0); }
};

inline double intersection_over_union(const Box& a, const Box& b) {
  const double both =
      Box{std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1), std::min(a.y1, b.y1)}.area();
  const double either = a.area() + b.area() - both;
  return either > 0 ? both / either : 0;
}

struct Truth {
  size_t image, of_class;
  Box box;
};
struct Detection {
  size_t image, of_class;
  double score;
  Box box;
};

// Of one class' detections, the surest first, whether each is right: it overlaps a true box of its image by at least so
// much, and none before it has taken that one.
inline std::vector<bool> right_ones(const std::vector<const Detection*>& detections,
                                    const std::vector<const Truth*>& truths, double least_overlap) {
  std::vector<bool> out, taken(truths.size());
  for (const Detection* found : detections) {
    size_t nearest = 0;
    double most = -1;
    // `truths` is in the order of the images.
    const auto first = std::lower_bound(truths.begin(), truths.end(), found->image,
                                        [](const Truth* truth, size_t image) { return truth->image < image; });
    for (auto at = first; at != truths.end() && (*at)->image == found->image; ++at) {
      if (const double overlap = intersection_over_union(found->box, (*at)->box); overlap > most) {
        most = overlap;
        nearest = static_cast<size_t>(at - truths.begin());
      }
    }
    const bool right = most >= least_overlap && !taken[nearest];
    if (right) {
      taken[nearest] = true;
    }
    out.push_back(right);
  }
  return out;
}

// The area under precision over recall, where the precision at a recall is the greatest at that or any greater one.
inline double area_under_curve(const std::vector<bool>& right, size_t truths) {
  std::vector<double> precision;
  double hits = 0;
  for (size_t i = 0; i < right.size(); ++i) {
    hits += right[i] ? 1 : 0;
    precision.push_back(hits / static_cast<double>(i + 1));
  }
  double area = 0, greatest = 0;
  for (size_t i = right.size(); i-- > 0;) {
    greatest = std::max(greatest, precision[i]);
    area += right[i] ? greatest / static_cast<double>(truths) : 0;
  }
  return area;
}

// Of each class; nan of one that no true box has. `truths` in the order of their images; of equally sure detections the
// first in the list counts as the surer one.
inline std::vector<double> average_precisions(const std::vector<Detection>& detections,
                                              const std::vector<Truth>& truths, size_t classes, double least_overlap) {
  std::vector<double> out;
  for (size_t c = 0; c < classes; ++c) {
    std::vector<const Detection*> found;
    std::vector<const Truth*> there;
    for (const Detection& one : detections) {
      if (one.of_class == c) {
        found.push_back(&one);
      }
    }
    for (const Truth& one : truths) {
      if (one.of_class == c) {
        there.push_back(&one);
      }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Detection* a, const Detection* b) { return a->score > b->score; });
    out.push_back(there.empty() ? std::numeric_limits<double>::quiet_NaN()
                                : area_under_curve(right_ones(found, there, least_overlap), there.size()));
  }
  return out;
}

}  // namespace detection
