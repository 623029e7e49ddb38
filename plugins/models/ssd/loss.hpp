// Liu et al. 2016, section 2.2, the training objective: equations 1 to 3, of each image.
#pragma once

#include "boxes.hpp"

namespace ssd {

// Which default boxes stand for a true one: those that overlap it by so much, and the one that overlaps it most.
struct Match {
  Tensor positive;  // (B, P)
  Tensor truth;     // (B, P, 5): the true box's row; of another default box some true one's
};
inline Match match(const Boxes& default_boxes, Tensor truth, double least_overlap) {  // (1, P), (B, N, 5)
  const Tensor overlap = overlaps(default_boxes, Boxes::of(truth, 1));                // (B, P, N)
  const int64_t count = overlap.dim(1);
  const Tensor there = greater_equal(truth.slice(2, 0, 1), 0.0);                        // (B, N, 1)
  const Tensor best = (one_hot(argmax(overlap, 1), count) * there).permute({0, 2, 1});  // (B, P, N)
  const Tensor chosen = overlap + best * 2.0;                                           // more than any overlap
  const Tensor which = argmax(chosen, 2).reshape({truth.dim(0), count, 1});
  return {greater_equal(max(chosen, {2}), least_overlap),
          gather_along(truth, broadcast_to(which, {truth.dim(0), count, truth.dim(2)}), 1)};
}

// What the network says of each default box.
struct Told {
  Tensor logits;   // (B, P, 1 + classes), the ground first
  Tensor offsets;  // (B, P, 4)
};

struct Losses {
  Tensor classification, place;  // (B); 0 of an image without boxes
};
inline Losses losses(const Recording& recording, const Told& told, const DefaultBoxes& default_boxes, Tensor truth,
                     double least_overlap, double negatives) {
  const Boxes defaults = default_boxes.boxes(recording);
  const Match found = match(defaults, truth, least_overlap);
  const int64_t images = told.logits.dim(0), count = told.logits.dim(1);
  const Tensor matches = sum(found.positive, {1}, true);  // (B, 1)
  const Tensor wanted = found.positive * (found.truth.slice(2, 0, 1).reshape({images, count}) + 1.0);
  const Tensor entropy = cross_entropy(told.logits.reshape({images * count, -1}), to_integer(wanted).reshape({-1}))
                             .reshape({images, count});
  // Of the others the worst alone, so many for each match: the place of each in the order of their losses.
  const Tensor order = argsort(argsort(select(found.positive, recording.scalar(-1), entropy.detach()), 1, true), 1);
  const Tensor mined = (1.0 - found.positive) * less(to_real(order), matches * negatives);
  const Boxes box = Boxes::of(found.truth, 1).where(found.positive, defaults);
  const Tensor off = abs(told.offsets - default_boxes.offsets(recording, box));
  const Tensor huber = select(less(off, 1.0), square(off) * 0.5, off - 0.5);  // (B, P, 4)
  const Tensor each = maximum(matches.reshape({images}), 1.0);
  return {sum(entropy * (found.positive + mined), {1}) / each, sum(sum(huber, {2}) * found.positive, {1}) / each};
}

}  // namespace ssd
