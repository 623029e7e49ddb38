// PNG files.
#pragma once

#include <filesystem>
#include <string>

#include "pictures/image_stack.hpp"

namespace atelier::pictures {

void write_png(const std::filesystem::path& path, const ImageStack& one_image);  // throws Error(file)
std::string png_of(const ImageStack& one_image);                                 // the bytes of such a file

}  // namespace atelier::pictures
