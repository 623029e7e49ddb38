// PNG files.
#pragma once

#include <filesystem>

#include "pictures/image_stack.hpp"

namespace atelier::pictures {

void write_png(const std::filesystem::path& path, const ImageStack& one_image);  // throws Error(file)

}  // namespace atelier::pictures
