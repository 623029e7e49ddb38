// Pixels by Cairo, and their text by Pango.
#include <pango/pangocairo.h>

#include <cmath>
#include <stdexcept>

#include "pictures/canvas.hpp"

namespace atelier::pictures {
namespace {

struct Release {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

void check(cairo_status_t status) {
  if (status == CAIRO_STATUS_NO_MEMORY || status == CAIRO_STATUS_INVALID_SIZE) {
    throw std::length_error(cairo_status_to_string(status));
  }
  if (status != CAIRO_STATUS_SUCCESS) {
    throw std::runtime_error(cairo_status_to_string(status));
  }
}

class CairoCanvas : public Canvas {
 public:
  CairoCanvas(int width, int height, double scale)
      : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)) {
    check(cairo_surface_status(surface_.get()));
    cairo_.reset(cairo_create(surface_.get()));
    check(cairo_status(cairo_.get()));
    cairo_set_source_rgb(cairo_.get(), 1, 1, 1);
    cairo_paint(cairo_.get());
    cairo_set_line_join(cairo_.get(), CAIRO_LINE_JOIN_ROUND);
    cairo_scale(cairo_.get(), scale, scale);
  }

  void draw(const Area& area) override;
  void draw(const Line& line) override;
  void draw(const Text& text) override;
  void draw(const Picture& picture) override;
  [[nodiscard]] double width_of(const Text& text) const override;
  [[nodiscard]] ImageStack pixels() const override;

 private:
  void paint(const Colour& colour) {
    constexpr double most = 255;
    cairo_set_source_rgba(cairo_.get(), colour.red / most, colour.green / most, colour.blue / most, colour.opacity);
  }
  void path(const std::vector<Point>& points) {
    cairo_new_path(cairo_.get());  // text leaves the pen where it was
    for (const Point& point : points) {
      cairo_line_to(cairo_.get(), point.x, point.y);
    }
  }
  [[nodiscard]] Owned<PangoLayout> layout_of(const Text& text) const;

  Owned<cairo_surface_t> surface_;
  Owned<cairo_t> cairo_;
};

void CairoCanvas::draw(const Area& area) {
  path(area.outline);
  cairo_close_path(cairo_.get());
  paint(area.colour);
  cairo_fill(cairo_.get());
}

void CairoCanvas::draw(const Line& line) {
  path(line.points);
  paint(line.colour);
  cairo_set_line_width(cairo_.get(), line.width);
  cairo_set_dash(cairo_.get(), line.dashes.data(), static_cast<int>(line.dashes.size()), 0);
  cairo_stroke(cairo_.get());
}

Owned<PangoLayout> CairoCanvas::layout_of(const Text& text) const {
  Owned<PangoLayout> layout(pango_cairo_create_layout(cairo_.get()));
  const Owned<PangoFontDescription> font(pango_font_description_from_string("DejaVu Sans, sans-serif"));
  pango_font_description_set_absolute_size(font.get(), text.size * PANGO_SCALE);
  pango_font_description_set_weight(font.get(), text.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_text(layout.get(), text.text.data(), static_cast<int>(text.text.size()));
  return layout;
}

double CairoCanvas::width_of(const Text& text) const {
  PangoRectangle extents{};
  pango_layout_get_extents(layout_of(text).get(), nullptr, &extents);
  return static_cast<double>(extents.width) / PANGO_SCALE;
}

void CairoCanvas::draw(const Text& text) {
  const Owned<PangoLayout> layout = layout_of(text);
  PangoRectangle extents{};
  pango_layout_get_extents(layout.get(), nullptr, &extents);
  const double width = static_cast<double>(extents.width) / PANGO_SCALE;
  const double before = text.anchor == Anchor::start ? 0 : text.anchor == Anchor::middle ? width / 2 : width;
  cairo_save(cairo_.get());
  cairo_translate(cairo_.get(), text.at.x, text.at.y);
  if (text.upwards) {
    cairo_rotate(cairo_.get(), -M_PI / 2);
  }
  cairo_move_to(cairo_.get(), -before, -static_cast<double>(pango_layout_get_baseline(layout.get())) / PANGO_SCALE);
  paint(text.colour);
  pango_cairo_show_layout(cairo_.get(), layout.get());
  cairo_restore(cairo_.get());
}

void CairoCanvas::draw(const Picture& picture) {
  const ImageStack& image = picture.image;
  const Owned<cairo_surface_t> surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(image.width), static_cast<int>(image.height)));
  check(cairo_surface_status(surface.get()));
  unsigned char* const to = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int64_t y = 0; y < image.height; ++y) {
    for (int64_t x = 0; x < image.width; ++x) {
      const uint8_t* const from = image.pixels.data() + (y * image.width + x) * image.channels;
      const bool grey = image.channels == 1;
      const uint32_t pixel = static_cast<uint32_t>(from[0]) << 16U | static_cast<uint32_t>(from[grey ? 0 : 1]) << 8U |
                             static_cast<uint32_t>(from[grey ? 0 : 2]);
      reinterpret_cast<uint32_t*>(to + y * stride)[x] = pixel;
    }
  }
  cairo_surface_mark_dirty(surface.get());
  cairo_save(cairo_.get());
  cairo_translate(cairo_.get(), picture.at.x, picture.at.y);
  cairo_scale(cairo_.get(), picture.scale, picture.scale);
  cairo_set_source_surface(cairo_.get(), surface.get(), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(cairo_.get()), CAIRO_FILTER_NEAREST);
  cairo_rectangle(cairo_.get(), 0, 0, static_cast<double>(image.width), static_cast<double>(image.height));
  cairo_fill(cairo_.get());
  cairo_restore(cairo_.get());
}

ImageStack CairoCanvas::pixels() const {
  check(cairo_status(cairo_.get()));
  cairo_surface_flush(surface_.get());
  constexpr int64_t channels = 3;
  ImageStack out{
      1, cairo_image_surface_get_height(surface_.get()), cairo_image_surface_get_width(surface_.get()), channels, {}};
  out.pixels.reserve(static_cast<size_t>(out.height * out.width * channels));
  const unsigned char* const from = cairo_image_surface_get_data(surface_.get());
  const int stride = cairo_image_surface_get_stride(surface_.get());
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x) {
      const uint32_t pixel = reinterpret_cast<const uint32_t*>(from + y * stride)[x];
      for (const unsigned shift : {16U, 8U, 0U}) {
        out.pixels.push_back(static_cast<uint8_t>(pixel >> shift));
      }
    }
  }
  return out;
}

}  // namespace
}  // namespace atelier::pictures

extern "C" __attribute__((visibility("default"))) atelier::pictures::Canvas* atelier_make_canvas(int width, int height,
                                                                                                 double scale) {
  return new atelier::pictures::CairoCanvas(width, height, scale);
}
