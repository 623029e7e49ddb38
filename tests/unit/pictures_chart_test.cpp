#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "pictures/atlas.hpp"
#include "pictures/chart.hpp"
#include "pictures/grid.hpp"
#include "pictures/ticks.hpp"

using namespace atelier;
using namespace atelier::pictures;

namespace {

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> out;
  std::ranges::transform(ticks, std::back_inserter(out), &Tick::label);
  return out;
}

using Labels = std::vector<std::string>;

Chart chart(size_t curves, size_t points) {
  Chart out;
  out.title = "a & b";
  out.x_label = "step";
  out.y_label = "loss <script>";
  for (size_t c = 0; c < curves; ++c) {
    Curve& curve = out.curves.emplace_back();
    curve.label = "curve " + std::to_string(c);
    for (size_t i = 0; i < points; ++i) {
      curve.x.push_back(static_cast<double>(i + 1));
      curve.y.push_back(static_cast<double>(c + 1) / static_cast<double>(i + 1));
    }
  }
  return out;
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("ticks are round numbers with as many digits as they need") {
  CHECK(labels(linear_ticks(0, 938, 6)) == Labels{"0", "200", "400", "600", "800"});
  CHECK(labels(linear_ticks(-0.031, 0.052, 4)) == Labels{"-0.02", "0.00", "0.02", "0.04"});
  CHECK(labels(linear_ticks(231.4, 232.1, 4)) == Labels{"231.4", "231.6", "231.8", "232.0"});
  CHECK(labels(linear_ticks(0, 3e6, 3)) == Labels{"0", "1e6", "2e6", "3e6"});
  CHECK(labels(logarithmic_ticks(1, 1e6, 6)) == Labels{"1", "10", "100", "1000", "10000", "100000", "1e6"});
  CHECK(labels(logarithmic_ticks(3, 60, 6)) == Labels{"5", "10", "20", "50"});
  CHECK(labels(logarithmic_ticks(231, 260, 3)).size() > 1);  // which has no power of ten
}

TEST_CASE("a chart as SVG has its words as text, escaped, and a line for each curve") {
  const std::string svg = to_svg(drawing_of(chart(3, 10)));
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(svg.find("a &amp; b") != std::string::npos);
  CHECK(svg.find("loss &lt;script&gt;") != std::string::npos);
  CHECK(svg.find("<script>") == std::string::npos);
  for (const char* const colour : {"#0072b2", "#d55e00", "#009e73"}) {
    CHECK(count_of(svg, std::string("fill=\"none\" stroke=\"") + colour + "\" stroke-width=\"1.6\"") == 1);
  }
  CHECK(svg.find("curve 2</text>") != std::string::npos);
}

TEST_CASE("many curves have a legend, and dashes tell those of one colour apart") {
  const std::string svg = to_svg(drawing_of(chart(20, 10)));
  CHECK(count_of(svg, "curve 1</text>") == 1);
  CHECK(svg.find("stroke-dasharray=\"6 3\"") != std::string::npos);
}

TEST_CASE("a curve of a hundred thousand points keeps its extremes, in few") {
  Chart one = chart(1, 100000);
  std::ranges::fill(one.curves[0].y, 1.0);
  one.curves[0].y[54321] = 7;
  const Drawing drawing = drawing_of(one);
  size_t points = 0;
  double highest = std::numeric_limits<double>::infinity();
  for (const Element& element : drawing.elements) {
    if (const auto* const line = std::get_if<Line>(&element); line != nullptr && line->points.size() > 5) {
      points += line->points.size();
      for (const Point& point : line->points) {
        highest = std::min(highest, point.y);
      }
    }
  }
  CHECK(points < 5000);
  CHECK(highest < 60);  // near the upper end, which is at 40
}

TEST_CASE("values that are not finite are gaps, and those without a place on a logarithmic axis are counted") {
  Chart one = chart(1, 10);
  one.curves[0].y[4] = std::numeric_limits<double>::quiet_NaN();
  CHECK(count_of(to_svg(drawing_of(one)), "stroke-width=\"1.6\"") == 2);
  one.logarithmic_y = true;
  one.curves[0].y[7] = -1;
  CHECK(points_without_place(one) == 1);
  CHECK(count_of(to_svg(drawing_of(one)), "stroke-width=\"1.6\"") == 3);
  for (const size_t points : {0, 1}) {  // nothing, and a single point
    CHECK(to_svg(drawing_of(chart(1, points))).find("nan") == std::string::npos);
  }
  Chart constant = chart(2, 5);
  constant.curves[0].y.assign(5, 3);
  constant.curves[1].y.assign(5, 3);
  CHECK(to_svg(drawing_of(constant)).find("nan") == std::string::npos);
}

TEST_CASE("the same drawing as pixels") {
  const Drawing drawing = drawing_of(chart(1, 2));
  const ImageStack once = to_pixels(drawing, 1);
  const ImageStack twice = to_pixels(drawing, 2);
  CHECK(once.channels == 3);
  CHECK(twice.width >= 2 * once.width - 2);
  const auto blue = [](const ImageStack& image) {
    size_t count = 0;
    for (size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
      count += image.pixels[i] == 0 && image.pixels[i + 1] == 114 && image.pixels[i + 2] == 178 ? 1 : 0;
    }
    return count;
  };
  CHECK(blue(once) > 100);
  CHECK(blue(twice) > 2 * blue(once));
  CHECK_THROWS_AS(to_pixels(drawing, 1000), Error);
}

TEST_CASE("images in an atlas keep their pixels") {
  ImageStack images{2, 2, 2, 1, {0, 255, 255, 0, 7, 7, 7, 7}};
  Atlas atlas;
  atlas.rows = {{{"a row"}, images}};
  atlas.columns = {"1", "2"};
  atlas.scale = 3;
  const Drawing drawing = drawing_of(atlas);
  const ImageStack pixels = to_pixels(drawing, 1);
  size_t sevens = 0;
  for (size_t i = 0; i + 2 < pixels.pixels.size(); i += 3) {
    sevens += pixels.pixels[i] == 7 && pixels.pixels[i + 1] == 7 && pixels.pixels[i + 2] == 7 ? 1 : 0;
  }
  CHECK(sevens == 4 * 9);
  CHECK_THROWS_AS(to_svg(drawing), Error);
}

TEST_CASE("enlarged images") {
  const ImageStack large = enlarged({2, 1, 2, 1, {1, 2, 3, 4}}, 2);
  CHECK(large.height == 2);
  CHECK(large.width == 4);
  CHECK(large.pixels == std::vector<uint8_t>{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
}
