#include "pictures/atlas.hpp"

#include <algorithm>
#include <cmath>

#include "pictures/ink.hpp"

namespace atelier::pictures {
namespace {

constexpr double margin = 10, image_gap = 3, label_font = 12, caption_font = 9.5, atlas_title_font = 13;
constexpr double remark_height = 15, caption_height = 13, beside_labels = 8, apart = 10;
constexpr Colour faint{110, 110, 110};

double widest(const std::vector<std::string>& texts, double size) {
  double width = 0;
  for (const std::string& text : texts) {
    width = std::max(width, width_of(Text{{}, text, size}));
  }
  return width;
}

class AtlasDrawing {
 public:
  explicit AtlasDrawing(const Atlas& atlas) : atlas_(atlas) {
    double captions = 0;
    for (const AtlasRow& row : atlas.rows) {
      image_width_ = std::max(image_width_, static_cast<double>(row.images.width) * atlas.scale);
      image_height_ = std::max(image_height_, static_cast<double>(row.images.height) * atlas.scale);
      labels_ = std::max(labels_, widest(row.labels, label_font));
      captions = std::max(captions, widest(row.captions, caption_font));
    }
    column_ = std::ceil(std::max({image_width_, captions, widest(atlas.columns, caption_font)}));
    left_ = std::ceil(margin + (labels_ > 0 ? labels_ + beside_labels : 0));
  }

  Drawing draw() {
    double y = margin;
    if (!atlas_.title.empty()) {
      text({margin, y + atlas_title_font}, atlas_.title, atlas_title_font, Anchor::start, ink, true);
      y += atlas_title_font + margin;
    }
    if (!atlas_.columns.empty()) {
      for (size_t i = 0; i < atlas_.columns.size(); ++i) {
        text({x_of(i) + column_ / 2, y + caption_font}, atlas_.columns[i], caption_font, Anchor::middle, faint);
      }
      y += caption_height;
    }
    for (const AtlasRow& row : atlas_.rows) {
      y = draw_row(row, std::ceil(y));
    }
    for (const std::string& remark : atlas_.remarks) {
      y += remark_height;
      text({margin, y}, remark, caption_font, Anchor::start, faint);
    }
    drawing_.width = right_ + margin;
    drawing_.height = y + margin;
    return std::move(drawing_);
  }

 private:
  void text(Point at, const std::string& words, double size, Anchor anchor, const Colour& colour, bool bold = false) {
    Text one{at, words, size, anchor, colour, bold};
    const double width = width_of(one);
    right_ = std::max(right_, at.x + (anchor == Anchor::start ? width : anchor == Anchor::middle ? width / 2 : 0));
    drawing_.elements.emplace_back(std::move(one));
  }

  [[nodiscard]] double x_of(size_t column) const {
    return left_ + static_cast<double>(column) * (column_ + image_gap) +
           (atlas_.apart_after > 0 && column >= atlas_.apart_after ? apart : 0);
  }

  // Returns where the next row begins.
  double draw_row(const AtlasRow& row, double y) {
    const ImageStack& all = row.images;
    const auto bytes = static_cast<std::ptrdiff_t>(all.height * all.width * all.channels);
    for (int64_t i = 0; i < all.count; ++i) {
      const auto from = all.pixels.begin() + i * bytes;
      const double x =
          x_of(static_cast<size_t>(i)) + std::floor((column_ - static_cast<double>(all.width) * atlas_.scale) / 2);
      drawing_.elements.emplace_back(
          Picture{{x, y}, {1, all.height, all.width, all.channels, {from, from + bytes}}, atlas_.scale});
      right_ = std::max(right_, x + static_cast<double>(all.width) * atlas_.scale);
      if (static_cast<size_t>(i) < row.captions.size()) {
        text({x_of(static_cast<size_t>(i)) + column_ / 2, y + image_height_ + caption_height - 3},
             row.captions[static_cast<size_t>(i)], caption_font, Anchor::middle, faint);
      }
    }
    const auto lines = static_cast<double>(row.labels.size());
    const double label_height = lines * remark_height;
    const double height = std::max(image_height_, label_height);
    double line = y + (image_height_ - label_height) / 2 + label_font;
    line = std::max(line, y + label_font);
    for (const std::string& label : row.labels) {
      text({margin, line}, label, label_font, Anchor::start, ink);
      line += remark_height;
    }
    return y + height + image_gap + (row.captions.empty() ? 0 : caption_height);
  }

  const Atlas& atlas_;
  double image_width_ = 0, image_height_ = 0, labels_ = 0, column_ = 0, left_ = 0, right_ = 0;
  Drawing drawing_;
};

}  // namespace

Drawing drawing_of(const Atlas& atlas) {
  return AtlasDrawing(atlas).draw();
}

}  // namespace atelier::pictures
