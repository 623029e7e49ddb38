// What the target of a pair is made with, or its input.
#pragma once

#include <atelier/pictures.hpp>

namespace transformed_pairs {

struct Rotation {
  double cosine, sine;
};
Rotation rotation(double degrees);

// Counter-clockwise around the middle, bilinearly; what comes from outside is 0.
atelier::GreyPicture rotated(const atelier::GreyPicture& picture, const Rotation& by);

// To the right and down by whole pixels; what comes from outside is 0.
atelier::GreyPicture shifted(const atelier::GreyPicture& picture, int64_t dx, int64_t dy);

// 1 on the pixels around the shape, else 0: the external morphological gradient, dilation minus the shape (Rivest,
// Soille and Beucher 1993, Morphological Gradients), which keeps strokes open that are too thin for an inner one. The
// shape is where the smoothed picture is above `threshold`.
atelier::GreyPicture outline(const atelier::GreyPicture& picture, double threshold);

// Three channels, red, green and blue: the ground where the picture is 0, the colour where it is 1.
void colour(const atelier::GreyPicture& picture, const atelier::Colour& colour, double ground, float* out);

}  // namespace transformed_pairs
