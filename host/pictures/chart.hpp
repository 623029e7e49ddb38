// Curves over an axis, with bands around them.
#pragma once

#include <string>
#include <vector>

#include "pictures/drawing.hpp"

namespace atelier::pictures {

struct Curve {
  std::string label;
  std::vector<double> x, y;           // x rises; a y that is not finite is a gap
  std::vector<double> low{}, high{};  // of a band around it, as long as y; empty for none
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<std::string> remarks{};  // small, below
  bool logarithmic_x = false, logarithmic_y = false;
  std::vector<Curve> curves;
};

// How many points a chart leaves out, as a logarithmic axis has no place for numbers that are not positive.
size_t points_without_place(const Chart& chart);

// Curves are told apart by colours that are so to people who see few of them (Okabe and Ito 2008), by dashes once these
// are used up, and by their labels beside their ends; of more than twelve curves by a legend below.
Drawing drawing_of(const Chart& chart);

// One below the other.
Drawing stacked(const std::vector<Drawing>& drawings);

}  // namespace atelier::pictures
