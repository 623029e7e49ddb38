#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "pictures/drawing.hpp"

namespace atelier::pictures {
namespace {

// To a hundredth of a pixel, without zeros at the end.
std::string number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) {
    text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char character : printable(text)) {
    switch (character) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += character;
    }
  }
  return out;
}

std::string paint(const char* what, const Colour& colour) {
  std::string text = fmt::format("{}=\"#{:02x}{:02x}{:02x}\"", what, colour.red, colour.green, colour.blue);
  return colour.opacity < 1 ? text + fmt::format(" {}-opacity=\"{}\"", what, number(colour.opacity)) : text;
}

std::string places(const std::vector<Point>& points) {
  std::string text;
  for (const Point& point : points) {
    text += fmt::format("{}{},{}", text.empty() ? "" : " ", number(point.x), number(point.y));
  }
  return text;
}

std::string element(const Area& area) {
  return fmt::format("<polygon points=\"{}\" {}/>\n", places(area.outline), paint("fill", area.colour));
}

std::string element(const Line& line) {
  std::string dashes;
  for (const double dash : line.dashes) {
    dashes += fmt::format("{}{}", dashes.empty() ? "" : " ", number(dash));
  }
  return fmt::format("<polyline points=\"{}\" fill=\"none\" {} stroke-width=\"{}\" stroke-linejoin=\"round\"{}/>\n",
                     places(line.points), paint("stroke", line.colour), number(line.width),
                     dashes.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", dashes));
}

std::string element(const Text& text) {
  const char* const anchor = text.anchor == Anchor::start ? "start" : text.anchor == Anchor::middle ? "middle" : "end";
  return fmt::format(
      "<text x=\"{0}\" y=\"{1}\" font-size=\"{2}\" text-anchor=\"{3}\" {4}{5}{6}>{7}</text>\n", number(text.at.x),
      number(text.at.y), number(text.size), anchor, paint("fill", text.colour),
      text.bold ? " font-weight=\"bold\"" : "",
      text.upwards ? fmt::format(" transform=\"rotate(-90 {} {})\"", number(text.at.x), number(text.at.y)) : "",
      escaped(text.text));
}

std::string element(const Picture&) {
  throw Error(ErrorKind::internal, "a picture cannot be written as SVG");
}

}  // namespace

std::string to_svg(const Drawing& drawing) {
  const std::string width = number(drawing.width);
  const std::string height = number(drawing.height);
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"DejaVu Sans, Verdana, sans-serif\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
      width, height);
  for (const Element& one : drawing.elements) {
    text += std::visit([](const auto& of) { return element(of); }, one);
  }
  return text + "</svg>\n";
}

}  // namespace atelier::pictures
