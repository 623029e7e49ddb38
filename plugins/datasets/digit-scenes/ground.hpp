// A smooth random texture for what digits stand on.
#pragma once

#include <atelier/counted_draws.hpp>
#include <atelier/pictures.hpp>

namespace digit_scenes {

// Value noise of several octaves (Ebert et al. 2003, Texturing and Modeling, chapter 2) and a gradient across the
// square; its darkest pixel is 0, its brightest 1.
atelier::GreyPicture ground(const atelier::Draws& draws, int64_t size);

}  // namespace digit_scenes
