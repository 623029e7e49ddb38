// Animated GIF files.
#pragma once

#include <filesystem>

#include "pictures/image_stack.hpp"

namespace atelier::pictures {

// The images one after the other, again and again, each for so many hundredths of a second. Throws Error(file).
void write_gif(const std::filesystem::path& path, const ImageStack& frames, int hundredths);

}  // namespace atelier::pictures
