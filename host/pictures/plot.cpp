#include "pictures/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace atelier::pictures {
namespace {

constexpr int64_t plot_columns = 240, plot_rows = 120;

using Rgb = std::array<uint8_t, 3>;
constexpr Rgb frame{200, 200, 200};
// Blue, orange, green, red, purple, brown, pink and olive of about the same strength.
constexpr std::array<Rgb, 8> lines{{{31, 119, 180},
                                    {255, 127, 14},
                                    {44, 160, 44},
                                    {214, 39, 40},
                                    {148, 103, 189},
                                    {140, 86, 75},
                                    {227, 119, 194},
                                    {188, 189, 34}}};

// One picture of the stack.
class PlotPixels {
 public:
  explicit PlotPixels(std::span<uint8_t> pixels) : pixels_(pixels) {}

  void dot(int64_t x, int64_t y, const Rgb& colour) {
    if (x >= 0 && x < plot_columns && y >= 0 && y < plot_rows) {
      std::ranges::copy(colour, pixels_.begin() + (y * plot_columns + x) * 3);
    }
  }
  void line(double x0, double y0, double x1, double y1, const Rgb& colour) {
    const auto steps = static_cast<int64_t>(std::ceil(std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1.0})));
    for (int64_t i = 0; i <= steps; ++i) {
      const double part = static_cast<double>(i) / static_cast<double>(steps);
      dot(std::lround(x0 + part * (x1 - x0)), std::lround(y0 + part * (y1 - y0)), colour);
    }
  }
  void border() {
    line(0, 0, plot_columns - 1, 0, frame);
    line(0, plot_rows - 1, plot_columns - 1, plot_rows - 1, frame);
    line(0, 0, 0, plot_rows - 1, frame);
    line(plot_columns - 1, 0, plot_columns - 1, plot_rows - 1, frame);
  }

 private:
  std::span<uint8_t> pixels_;
};

struct SignalRange {
  double low, high;

  // The row of a value; what lies outside is at the border.
  [[nodiscard]] double row(double value) const {
    const double part = (std::clamp(value, low, high) - low) / (high - low);
    return (1 - part) * (plot_rows - 1);
  }
};

SignalRange range_of(const SignalsToPlot& signals) {
  SignalRange range{signals.low, signals.high};
  if (range.low == 0 && range.high == 0) {
    const std::span all(signals.values, static_cast<size_t>(signals.count * signals.channels * signals.times));
    const auto [least, most] = std::ranges::minmax_element(all);
    range = {static_cast<double>(*least), static_cast<double>(*most)};
  }
  if (!(range.high > range.low)) {  // of values that are all the same
    range.high = range.low + 1;
  }
  return range;
}

}  // namespace

ImageStack plots(const SignalsToPlot& signals) {
  const SignalRange range = range_of(signals);
  ImageStack out{signals.count, plot_rows, plot_columns, 3, {}};
  const int64_t bytes = plot_rows * plot_columns * out.channels;
  out.pixels.assign(static_cast<size_t>(signals.count * bytes), 255);
  const double step =
      static_cast<double>(plot_columns - 1) / static_cast<double>(std::max<int64_t>(signals.times - 1, 1));
  for (int64_t n = 0; n < signals.count; ++n) {
    PlotPixels canvas(std::span(out.pixels).subspan(static_cast<size_t>(n * bytes), static_cast<size_t>(bytes)));
    canvas.border();
    canvas.line(0, range.row(0), plot_columns - 1, range.row(0), frame);
    for (int64_t c = 0; c < signals.channels; ++c) {
      const float* values = signals.values + (n * signals.channels + c) * signals.times;
      const Rgb& colour = lines[static_cast<size_t>(c) % lines.size()];
      for (int64_t t = 0; t + 1 < signals.times; ++t) {
        canvas.line(static_cast<double>(t) * step, range.row(static_cast<double>(values[t])),
                    static_cast<double>(t + 1) * step, range.row(static_cast<double>(values[t + 1])), colour);
      }
      if (signals.times == 1) {
        canvas.dot(0, std::lround(range.row(static_cast<double>(values[0]))), colour);
      }
    }
  }
  return out;
}

}  // namespace atelier::pictures
