#include "transforms.hpp"

namespace transformed_pairs {

using namespace atelier;

namespace {

// 0 outside.
double value(const GreyPicture& picture, int64_t row, int64_t column) {
  return picture.has(row, column) ? static_cast<double>(picture.at(row, column)) : 0.0;
}

// Each pixel is f(row, column).
template <typename F>
GreyPicture made_by(const GreyPicture& like, F&& f) {
  GreyPicture out(like.height, like.width);
  for (int64_t row = 0; row < out.height; ++row) {
    for (int64_t column = 0; column < out.width; ++column) {
      out.at(row, column) = static_cast<float>(f(row, column));
    }
  }
  return out;
}

// By the binomial kernel (1 2 1) in both directions.
GreyPicture smoothed(const GreyPicture& picture) {
  return made_by(picture, [&](int64_t row, int64_t column) {
    double sum = 0;
    for (int64_t dy = -1; dy <= 1; ++dy) {
      for (int64_t dx = -1; dx <= 1; ++dx) {
        const double weight = (dy == 0 ? 2 : 1) * (dx == 0 ? 2 : 1);
        sum += weight * value(picture, row + dy, column + dx);
      }
    }
    return sum / 16;
  });
}

}  // namespace

Rotation rotation(double degrees) {
  constexpr double radian = 0.017453292519943295;
  // The last bits differ between machines' sines: without them, a quarter turn is exact, and the bits are the same.
  const auto rounded = [](double x) { return std::nearbyint(x * 0x1p40) * 0x1p-40; };
  return {rounded(std::cos(degrees * radian)), rounded(std::sin(degrees * radian))};
}

GreyPicture rotated(const GreyPicture& picture, const Rotation& by) {
  const double middle_row = 0.5 * static_cast<double>(picture.height - 1);
  const double middle_column = 0.5 * static_cast<double>(picture.width - 1);
  return made_by(picture, [&](int64_t row, int64_t column) {
    // Rows go down, so the way back is a turn by the angle itself.
    const double y = static_cast<double>(row) - middle_row, x = static_cast<double>(column) - middle_column;
    return bilinear(picture, middle_row + by.cosine * y + by.sine * x, middle_column + by.cosine * x - by.sine * y);
  });
}

GreyPicture shifted(const GreyPicture& picture, int64_t dx, int64_t dy) {
  return made_by(picture, [&](int64_t row, int64_t column) { return value(picture, row - dy, column - dx); });
}

GreyPicture outline(const GreyPicture& picture, double threshold) {
  const GreyPicture smooth = smoothed(picture);
  const auto inside = [&](int64_t row, int64_t column) { return value(smooth, row, column) > threshold; };
  return made_by(picture, [&](int64_t row, int64_t column) {
    const bool near =
        inside(row - 1, column) || inside(row + 1, column) || inside(row, column - 1) || inside(row, column + 1);
    return near && !inside(row, column) ? 1 : 0;
  });
}

void colour(const GreyPicture& picture, const Colour& colour, double ground, float* out) {
  for (const double channel : colour) {
    out = std::transform(picture.pixels.begin(), picture.pixels.end(), out, [&](float pixel) {
      return static_cast<float>(ground + static_cast<double>(pixel) * (channel - ground));
    });
  }
}

}  // namespace transformed_pairs
