// Images in rows and columns, with names beside and above them.
#pragma once

#include <string>
#include <vector>

#include "pictures/drawing.hpp"
#include "pictures/image_stack.hpp"

namespace atelier::pictures {

struct AtlasRow {
  std::vector<std::string> labels{};    // lines beside the row
  ImageStack images;                    // as many as there are columns, or fewer
  std::vector<std::string> captions{};  // below each image; none, or one for each
};

struct Atlas {
  std::string title{};                 // "" for none
  std::vector<std::string> columns{};  // above them; none, or one for each
  std::vector<AtlasRow> rows{};        // images of one size
  std::vector<std::string> remarks{};  // below all
  double scale = 1;                    // pixels of the picture for each of an image
  size_t apart_after = 0;              // a gap after so many columns, that what is before it stands apart; 0 for none
};

// Images keep their pixels, as squares.
Drawing drawing_of(const Atlas& atlas);

}  // namespace atelier::pictures
