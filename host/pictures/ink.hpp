// Inside this room only: the colour of what is written in pictures.
#pragma once

#include "pictures/drawing.hpp"

namespace atelier::pictures {

inline constexpr Colour ink{40, 40, 40};

}  // namespace atelier::pictures
