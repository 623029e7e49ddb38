// Many images as one, and strips as the frames of an animation.
#pragma once

#include "pictures/image_stack.hpp"

namespace atelier::pictures {

// One image: a near-square grid, two white pixels between the images; `columns` 0 chooses.
ImageStack grid(const ImageStack& images, int64_t columns = 0);

// Each pixel as a square of `scale` pixels.
ImageStack enlarged(const ImageStack& images, int64_t scale);

// The t-th frame is a grid of the t-th images of all strips.
ImageStack frames_of(const Strips& strips);

}  // namespace atelier::pictures
