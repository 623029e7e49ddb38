#include "pictures/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "pictures/ink.hpp"
#include "pictures/ticks.hpp"

namespace atelier::pictures {
namespace {

constexpr double plot_width = 520, plot_height = 300;
constexpr double left = 76, top = 40, below = 52, right = 24;
constexpr double font = 12, small_font = 10.5, title_font = 14;
constexpr double line_height = 16;
constexpr size_t most_direct_labels = 12;
constexpr Colour grid_lines{228, 228, 228}, axis{110, 110, 110};

// Blue, vermillion, green, purple, orange, sky blue, black, and a yellow that is dark enough for white.
constexpr std::array<Colour, 8> colours{{{0, 114, 178},
                                         {213, 94, 0},
                                         {0, 158, 115},
                                         {204, 121, 167},
                                         {230, 159, 0},
                                         {86, 180, 233},
                                         {0, 0, 0},
                                         {170, 150, 20}}};

Colour colour_of(size_t curve) {
  return colours[curve % colours.size()];
}

std::vector<double> dashes_of(size_t curve) {
  static const std::vector<std::vector<double>> kinds{{}, {6, 3}, {2, 3}, {8, 3, 2, 3}};
  return kinds[curve / colours.size() % kinds.size()];
}

// From values to pixels.
class Axis {
 public:
  Axis(double low, double high, double from, double to, bool logarithmic)
      : low_(logarithmic ? std::log10(low) : low),
        high_(logarithmic ? std::log10(high) : high),
        from_(from),
        to_(to),
        logarithmic_(logarithmic) {}

  [[nodiscard]] double place(double value) const {
    const double shown = logarithmic_ ? std::log10(value) : value;
    return from_ + (shown - low_) / (high_ - low_) * (to_ - from_);
  }
  [[nodiscard]] bool has_place(double value) const { return std::isfinite(value) && (!logarithmic_ || value > 0); }

 private:
  double low_, high_, from_, to_;
  bool logarithmic_;
};

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void include(double value, bool logarithmic) {
    if (std::isfinite(value) && (!logarithmic || value > 0)) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  // With some room beside, and never empty.
  [[nodiscard]] Range widened(bool logarithmic, double part) const {
    if (low > high) {
      return logarithmic ? Range{1, 10} : Range{0, 1};
    }
    if (logarithmic) {
      const double room = high > low ? std::pow(high / low, part) : 2;
      return {low / room, high * room};
    }
    const double room = high > low ? (high - low) * part : std::max(std::abs(high) * 0.1, 1e-300);
    return {low - room, high + room};
  }
};

class Plot {
 public:
  explicit Plot(const Chart& chart)
      : chart_(chart),
        x_range_(range_of_x()),
        y_range_(range_of_y()),
        x_(x_range_.low, x_range_.high, left, left + plot_width, chart.logarithmic_x),
        y_(y_range_.low, y_range_.high, top + plot_height, top, chart.logarithmic_y) {}

  Drawing draw() {
    drawing_.width = left + plot_width + right;
    drawing_.height = top + plot_height + below;
    draw_axes();
    for (size_t i = 0; i < chart_.curves.size(); ++i) {
      draw_band(i);
    }
    for (size_t i = 0; i < chart_.curves.size(); ++i) {
      draw_curve(i);
    }
    chart_.curves.size() <= most_direct_labels ? label_ends() : add_legend();
    for (const std::string& remark : chart_.remarks) {
      drawing_.elements.emplace_back(Text{{left, drawing_.height}, remark, small_font, Anchor::start, axis});
      drawing_.height += line_height;
    }
    return std::move(drawing_);
  }

 private:
  [[nodiscard]] Range range_of_x() const {
    Range range;
    for (const Curve& curve : chart_.curves) {
      for (const double x : curve.x) {
        range.include(x, chart_.logarithmic_x);
      }
    }
    return range.widened(chart_.logarithmic_x, range.low < range.high ? 0 : 0.1);
  }
  [[nodiscard]] Range range_of_y() const {
    Range range;
    for (const Curve& curve : chart_.curves) {
      for (const auto* const values : {&curve.y, &curve.low, &curve.high}) {
        for (const double y : *values) {
          range.include(y, chart_.logarithmic_y);
        }
      }
    }
    constexpr double room = 0.04;
    return range.widened(chart_.logarithmic_y, room);
  }

  void draw_axes() {
    constexpr int wanted_x = 6, wanted_y = 6;
    constexpr double tick = 4;
    const double bottom = top + plot_height;
    const auto ticks = [](const Range& range, bool logarithmic, int wanted) {
      return logarithmic ? logarithmic_ticks(range.low, range.high, wanted)
                         : linear_ticks(range.low, range.high, wanted);
    };
    for (const Tick& one : ticks(y_range_, chart_.logarithmic_y, wanted_y)) {
      const double y = y_.place(one.at);
      drawing_.elements.emplace_back(Line{{{left, y}, {left + plot_width, y}}, grid_lines});
      drawing_.elements.emplace_back(Text{{left - 2 * tick, y + font / 3}, one.label, small_font, Anchor::end, ink});
    }
    for (const Tick& one : ticks(x_range_, chart_.logarithmic_x, wanted_x)) {
      const double x = x_.place(one.at);
      drawing_.elements.emplace_back(Line{{{x, bottom}, {x, bottom + tick}}, axis});
      drawing_.elements.emplace_back(Text{{x, bottom + tick + font}, one.label, small_font, Anchor::middle, ink});
    }
    drawing_.elements.emplace_back(Line{{{left, top}, {left, bottom}, {left + plot_width, bottom}}, axis});
    constexpr double title_above = 16, label_below = 36, label_beside = 16;
    drawing_.elements.emplace_back(Text{{left, top - title_above}, chart_.title, title_font, Anchor::start, ink, true});
    drawing_.elements.emplace_back(
        Text{{left + plot_width / 2, bottom + label_below}, chart_.x_label, font, Anchor::middle, ink});
    drawing_.elements.emplace_back(
        Text{{label_beside, top + plot_height / 2}, chart_.y_label, font, Anchor::middle, ink, false, true});
  }

  // Point after point that has a place, in stretches without a gap.
  void stretches(const Curve& curve, const std::function<bool(size_t)>& has_place,
                 const std::function<void(size_t first, size_t last)>& take) const {
    size_t first = 0;
    for (size_t i = 0; i <= curve.x.size(); ++i) {
      if (i == curve.x.size() || !has_place(i)) {
        if (i > first) {
          take(first, i - 1);
        }
        first = i + 1;
      }
    }
  }

  // Of points that fall into one column of pixels the first, the smallest, the largest and the last.
  [[nodiscard]] std::vector<Point> thinned(const Curve& curve, const std::vector<double>& values, size_t first,
                                           size_t last) const {
    constexpr double columns = 2;  // for each pixel
    std::vector<Point> points;
    for (size_t i = first; i <= last;) {
      const auto column = [&](size_t at) { return std::floor(x_.place(curve.x[at]) * columns); };
      std::array<size_t, 4> kept{i, i, i, i};
      size_t next = i;
      for (; next <= last && column(next) == column(i); ++next) {
        kept[1] = values[next] < values[kept[1]] ? next : kept[1];
        kept[2] = values[next] > values[kept[2]] ? next : kept[2];
        kept[3] = next;
      }
      std::ranges::sort(kept);
      for (size_t k = 0; k < kept.size(); ++k) {
        if (k == 0 || kept[k] != kept[k - 1]) {
          points.push_back({x_.place(curve.x[kept[k]]), y_.place(values[kept[k]])});
        }
      }
      i = next;
    }
    return points;
  }

  void draw_band(size_t number) {
    const Curve& curve = chart_.curves[number];
    if (curve.low.empty()) {
      return;
    }
    Colour colour = colour_of(number);
    constexpr double faint = 0.18;
    colour.opacity = faint;
    const auto has_place = [&](size_t i) {
      return x_.has_place(curve.x[i]) && y_.has_place(curve.low[i]) && y_.has_place(curve.high[i]);
    };
    stretches(curve, has_place, [&](size_t first, size_t last) {
      std::vector<Point> outline = thinned(curve, curve.high, first, last);
      const std::vector<Point> back = thinned(curve, curve.low, first, last);
      outline.insert(outline.end(), back.rbegin(), back.rend());
      drawing_.elements.emplace_back(Area{std::move(outline), colour});
    });
  }

  void draw_curve(size_t number) {
    const Curve& curve = chart_.curves[number];
    constexpr double width = 1.6;
    const auto has_place = [&](size_t i) { return x_.has_place(curve.x[i]) && y_.has_place(curve.y[i]); };
    stretches(curve, has_place, [&](size_t first, size_t last) {
      std::vector<Point> points = thinned(curve, curve.y, first, last);
      if (points.size() == 1) {  // which a line would not show
        constexpr double half = 2.5;
        points = {{points[0].x - half, points[0].y}, {points[0].x + half, points[0].y}};
        drawing_.elements.emplace_back(Line{points, colour_of(number), 2 * half});
        return;
      }
      drawing_.elements.emplace_back(Line{std::move(points), colour_of(number), width, dashes_of(number)});
    });
  }

  // Where a curve ends, if it has any point.
  [[nodiscard]] std::optional<Point> end_of(const Curve& curve) const {
    for (size_t i = curve.x.size(); i-- > 0;) {
      if (x_.has_place(curve.x[i]) && y_.has_place(curve.y[i])) {
        return Point{x_.place(curve.x[i]), y_.place(curve.y[i])};
      }
    }
    return std::nullopt;
  }

  // Beside the ends, pushed apart where they would cover each other, with a thin line to the end then.
  void label_ends() {
    struct Label {
      size_t curve;
      Point end;
      double y;
    };
    std::vector<Label> labels;
    for (size_t i = 0; i < chart_.curves.size(); ++i) {
      if (const auto end = end_of(chart_.curves[i])) {
        labels.push_back({i, *end, end->y});
      }
    }
    std::ranges::stable_sort(labels, {}, &Label::y);
    constexpr double apart = 14;
    for (size_t i = 1; i < labels.size(); ++i) {
      labels[i].y = std::max(labels[i].y, labels[i - 1].y + apart);
    }
    double most = top + plot_height;
    for (size_t i = labels.size(); i-- > 0; most -= apart) {
      labels[i].y = std::min(labels[i].y, most);
      most = std::min(most, labels[i].y);
    }
    constexpr double beside = 18;
    double widest = 0;
    const double edge = left + plot_width;
    for (const Label& label : labels) {
      const Colour colour = colour_of(label.curve);
      drawing_.elements.emplace_back(
          Line{{{label.end.x, label.end.y}, {edge + beside / 3, label.y}, {edge + beside - 4, label.y}}, colour, 0.8});
      const Text text{
          {edge + beside, label.y + font / 3}, chart_.curves[label.curve].label, font, Anchor::start, colour};
      widest = std::max(widest, width_of(text));
      drawing_.elements.emplace_back(text);
    }
    drawing_.width += labels.empty() ? 0 : beside + widest;
  }

  void add_legend() {
    constexpr double sample = 22, gap = 18;
    double x = left;
    double y = drawing_.height;
    for (size_t i = 0; i < chart_.curves.size(); ++i) {
      const Text text{{0, 0}, chart_.curves[i].label, small_font, Anchor::start, ink};
      const double width = sample + 4 + width_of(text) + gap;
      if (x > left && x + width > left + plot_width) {
        x = left;
        y += line_height;
      }
      drawing_.elements.emplace_back(
          Line{{{x, y - font / 3}, {x + sample, y - font / 3}}, colour_of(i), 2, dashes_of(i)});
      drawing_.elements.emplace_back(Text{{x + sample + 4, y}, text.text, small_font, Anchor::start, ink});
      drawing_.width = std::max(drawing_.width, x + width);
      x += width;
    }
    drawing_.height = y + line_height;
  }

  const Chart& chart_;
  Range x_range_, y_range_;
  Axis x_, y_;
  Drawing drawing_;
};

}  // namespace

size_t points_without_place(const Chart& chart) {
  size_t count = 0;
  for (const Curve& curve : chart.curves) {
    for (size_t i = 0; i < curve.x.size(); ++i) {
      count += (chart.logarithmic_x && curve.x[i] <= 0) || (chart.logarithmic_y && curve.y[i] <= 0) ? 1 : 0;
    }
  }
  return count;
}

Drawing drawing_of(const Chart& chart) {
  return Plot(chart).draw();
}

Drawing stacked(const std::vector<Drawing>& drawings) {
  Drawing all;
  for (const Drawing& one : drawings) {
    const auto lowered = [&](Point point) { return Point{point.x, point.y + all.height}; };
    for (Element element : one.elements) {
      if (auto* const area = std::get_if<Area>(&element)) {
        std::ranges::transform(area->outline, area->outline.begin(), lowered);
      } else if (auto* const line = std::get_if<Line>(&element)) {
        std::ranges::transform(line->points, line->points.begin(), lowered);
      } else if (auto* const text = std::get_if<Text>(&element)) {
        text->at = lowered(text->at);
      } else if (auto* const picture = std::get_if<Picture>(&element)) {
        picture->at = lowered(picture->at);
      }
      all.elements.push_back(std::move(element));
    }
    all.width = std::max(all.width, one.width);
    all.height += one.height;
  }
  return all;
}

}  // namespace atelier::pictures
