#include "scale.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace image_folder {
namespace {

// One output pixel of an axis: the sum of weights[k] * source[first + k].
struct Window {
  int64_t first = 0;
  std::vector<int64_t> weights;
};

struct Axis {
  std::vector<Window> windows;
  int64_t total = 1;  // the sum of the weights of each window
};

// In units of 1/target of a source pixel, source pixel i covers [i target, (i + 1) target), and target pixel j
// [j source, (j + 1) source). The weights are how much of the one is in the other.
Axis area_average(int64_t source, int64_t target) {
  Axis axis{{}, source};
  for (int64_t j = 0; j < target; ++j) {
    const int64_t begin = j * source, end = begin + source;
    Window window{begin / target, {}};
    for (int64_t i = window.first; i * target < end; ++i) {
      window.weights.push_back(std::min(end, (i + 1) * target) - std::max(begin, i * target));
    }
    axis.windows.push_back(std::move(window));
  }
  return axis;
}

// The middle of target pixel j lies at (j + 1/2) source / target - 1/2 between the middles of source pixels, here in
// units of 1/(2 target); beyond the outermost middles the outermost pixels go on.
Axis interpolation(int64_t source, int64_t target) {
  const int64_t unit = 2 * target;
  Axis axis{{}, unit};
  for (int64_t j = 0; j < target; ++j) {
    const int64_t middle = std::clamp<int64_t>((2 * j + 1) * source - target, 0, unit * (source - 1));
    const int64_t beyond = middle % unit;
    axis.windows.push_back({middle / unit, {unit - beyond}});
    if (beyond > 0) {
      axis.windows.back().weights.push_back(beyond);
    }
  }
  return axis;
}

// Weights and total without what divides them all: rounded sums stay what they are, and small.
Axis make_axis(int64_t source, int64_t target) {
  Axis axis = target < source ? area_average(source, target) : interpolation(source, target);
  int64_t divisor = axis.total;
  for (const Window& window : axis.windows) {
    divisor = std::accumulate(window.weights.begin(), window.weights.end(), divisor, std::gcd<int64_t, int64_t>);
  }
  axis.total /= divisor;
  for (Window& window : axis.windows) {
    for (int64_t& weight : window.weights) {
      weight /= divisor;
    }
  }
  return axis;
}

struct Part {  // of an axis
  int64_t begin = 0, length = 0;
};

struct Placement {
  Part source_rows, source_columns;  // what is taken
  Part rows, columns;                // where it goes
};

Placement place(const Picture& picture, const Shape& shape) {
  const int64_t height = picture.height, width = picture.width, size = shape.size;
  const auto middle = [](int64_t whole, int64_t length) { return Part{(whole - length) / 2, length}; };
  const Part all{0, size};
  switch (shape.fit) {
    case Fit::crop: {
      const int64_t shorter = std::min(height, width);
      return {middle(height, shorter), middle(width, shorter), all, all};
    }
    case Fit::pad: {
      const int64_t longer = std::max(height, width);
      const auto scaled = [&](int64_t side) {
        return middle(size, std::max<int64_t>(1, (side * size + longer / 2) / longer));
      };
      return {{0, height}, {0, width}, scaled(height), scaled(width)};
    }
    case Fit::stretch:
      break;
  }
  return {{0, height}, {0, width}, all, all};
}

// ITU-R BT.601, as PNG and JPEG tools have it.
constexpr std::array<int64_t, 3> luma = {299, 587, 114};
constexpr int64_t luma_total = 1000, full_alpha = 255;

// How the bytes of a pixel make one channel. The values have `total` as their unit.
struct Mix {
  std::array<int64_t, 3> weights{};
  int64_t total = 1;

  Mix(int64_t channel, int64_t channels) {
    weights[static_cast<size_t>(channel)] = 1;
    if (channels == 1) {
      weights = luma;
      total = luma_total;
    }
  }
  [[nodiscard]] int64_t operator()(const uint8_t* colour) const {
    return weights[0] * colour[0] + weights[1] * colour[1] + weights[2] * colour[2];
  }
};

// The largest sum stays below 2^63: 255 (a byte) * 255 (alpha) * 1000 (luma) * 65536 * 65536 (both axes).
void scale_channel(const Picture& picture, const Shape& shape, const Placement& at, const Axis& rows,
                   const Axis& columns, const Mix& mix, uint8_t* out) {
  const auto width = static_cast<size_t>(at.source_columns.length);
  const size_t targets = columns.windows.size();
  const int64_t ground = mix(shape.background.data());
  std::vector<int64_t> line(width);
  std::vector<int64_t> narrowed;  // (source rows, target columns)
  narrowed.reserve(static_cast<size_t>(at.source_rows.length) * targets);
  for (int64_t y = 0; y < at.source_rows.length; ++y) {
    const uint8_t* pixel =
        picture.pixels.data() + ((at.source_rows.begin + y) * picture.width + at.source_columns.begin) * 4;
    for (size_t x = 0; x < width; ++x, pixel += 4) {
      line[x] = mix(pixel) * pixel[3] + ground * (full_alpha - pixel[3]);
    }
    for (const Window& window : columns.windows) {
      int64_t sum = 0;
      for (size_t k = 0; k < window.weights.size(); ++k) {
        sum += window.weights[k] * line[static_cast<size_t>(window.first) + k];
      }
      narrowed.push_back(sum);
    }
  }
  const int64_t total = mix.total * full_alpha * rows.total * columns.total;
  for (size_t i = 0; i < rows.windows.size(); ++i) {
    const Window& window = rows.windows[i];
    uint8_t* const to = out + (at.rows.begin + static_cast<int64_t>(i)) * shape.size + at.columns.begin;
    for (size_t j = 0; j < targets; ++j) {
      int64_t sum = 0;
      for (size_t k = 0; k < window.weights.size(); ++k) {
        sum += window.weights[k] * narrowed[(static_cast<size_t>(window.first) + k) * targets + j];
      }
      to[j] = static_cast<uint8_t>((sum + total / 2) / total);
    }
  }
}

bool is_opaque(const Picture& picture) {
  uint8_t all = full_alpha;
  for (size_t i = 3; i < picture.pixels.size(); i += 4) {
    all &= picture.pixels[i];
  }
  return all == full_alpha;
}

// The same of all channels at once where nothing shows through: alpha is in the sums and in their total, and falls out.
// Rows first, as they lie one after another; the sums are exact, so their order is nobody's concern.
template <typename Sum>
void scale_opaque(const Picture& picture, const Shape& shape, const Placement& at, const Axis& rows,
                  const Axis& columns, uint8_t* out) {
  const auto width = static_cast<size_t>(at.source_columns.length) * 4;
  const int64_t pixels = shape.size * shape.size;
  const bool grey = shape.channels == 1;
  const Sum total = static_cast<Sum>((grey ? luma_total : 1) * rows.total * columns.total);
  std::vector<Sum> line(width);
  for (size_t i = 0; i < rows.windows.size(); ++i) {
    std::fill(line.begin(), line.end(), 0);
    for (size_t k = 0; k < rows.windows[i].weights.size(); ++k) {
      const int64_t y = at.source_rows.begin + rows.windows[i].first + static_cast<int64_t>(k);
      const uint8_t* const row = picture.pixels.data() + (y * picture.width + at.source_columns.begin) * 4;
      const auto weight = static_cast<Sum>(rows.windows[i].weights[k]);
      for (size_t x = 0; x < width; ++x) {
        line[x] += weight * row[x];
      }
    }
    uint8_t* to = out + (at.rows.begin + static_cast<int64_t>(i)) * shape.size + at.columns.begin;
    for (const Window& window : columns.windows) {
      std::array<Sum, 3> sums{};
      const Sum* from = line.data() + window.first * 4;
      for (const int64_t weight : window.weights) {
        for (size_t c = 0; c < sums.size(); ++c) {
          sums[c] += static_cast<Sum>(weight) * from[c];
        }
        from += 4;
      }
      if (grey) {
        sums[0] = static_cast<Sum>(luma[0]) * sums[0] + static_cast<Sum>(luma[1]) * sums[1] +
                  static_cast<Sum>(luma[2]) * sums[2];
      }
      for (int64_t c = 0; c < shape.channels; ++c) {
        to[c * pixels] = static_cast<uint8_t>((sums[static_cast<size_t>(c)] + total / 2) / total);
      }
      ++to;
    }
  }
}

}  // namespace

void scale(const Picture& picture, const Shape& shape, uint8_t* out) {
  const Placement at = place(picture, shape);
  const Axis rows = make_axis(at.source_rows.length, at.rows.length);
  const Axis columns = make_axis(at.source_columns.length, at.columns.length);
  const int64_t pixels = shape.size * shape.size;
  const bool opaque = is_opaque(picture);
  for (int64_t c = 0; c < shape.channels; ++c) {
    const Mix mix(c, shape.channels);
    const int64_t ground = (mix(shape.background.data()) + mix.total / 2) / mix.total;
    std::fill_n(out + c * pixels, pixels, static_cast<uint8_t>(ground));
    if (!opaque) {
      scale_channel(picture, shape, at, rows, columns, mix, out + c * pixels);
    }
  }
  if (opaque) {
    const bool fits = 256 * luma_total * rows.total * columns.total <= std::numeric_limits<uint32_t>::max();
    (fits ? scale_opaque<uint32_t> : scale_opaque<uint64_t>)(picture, shape, at, rows, columns, out);
  }
}

}  // namespace image_folder
