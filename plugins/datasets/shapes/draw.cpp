#include "draw.hpp"

#include <algorithm>
#include <atelier/counted_draws.hpp>
#include <cmath>

namespace shapes {

using namespace atelier;

namespace {

enum Ordinal : uint64_t {
  radius_draw,
  x_draw,
  y_draw,
  rotation_draw,
  hue_draw,
  light_draw,
  ground_hue_draw,
  ground_light_draw
};

double length(double x, double y) {
  return std::sqrt(x * x + y * y);
}

// Signed distance to a rectangle of half sides (a, b) about the origin: negative inside.
double rectangle(double x, double y, double a, double b) {
  const double dx = std::abs(x) - a, dy = std::abs(y) - b;
  return length(std::max(dx, 0.0), std::max(dy, 0.0)) + std::min(std::max(dx, dy), 0.0);
}

// Signed distance from (x, y), in the shape's own axes, to the edge of the shape with circumradius r: negative inside.
double distance(Kind kind, double x, double y, double r) {
  constexpr double half_root_2 = 0.70710678118654752, half_root_3 = 0.86602540378443865;
  switch (kind) {
    case Kind::circle:
      return length(x, y) - r;
    case Kind::square:
      return rectangle(x, y, half_root_2 * r, half_root_2 * r);
    case Kind::triangle:  // the farthest of three sides, each r / 2 from the centre; one corner is up
      return std::max(y, half_root_3 * std::abs(x) - 0.5 * y) - 0.5 * r;
    case Kind::cross: {  // two bars; their corners are on the circumcircle: 0.96^2 + 0.28^2 = 1
      const double along = 0.96 * r, across = 0.28 * r;
      return std::min(rectangle(x, y, along, across), rectangle(x, y, across, along));
    }
    case Kind::ring:
      return std::abs(length(x, y) - 0.79 * r) - 0.21 * r;
  }
  return 0;
}

// tan(a / 2) of the largest angle a that still makes a new picture: 45 degrees where a quarter turn changes nothing,
// and 60 where a third does not.
double largest_half_angle_tangent(Kind kind) {
  constexpr double of_45_degrees = 0.41421356237309505, of_60_degrees = 0.57735026918962576;
  return kind == Kind::triangle ? of_60_degrees : of_45_degrees;
}

// The pure colour brought towards white by `white`, then darkened to `light`.
Colour tint(const Colour& pure, double white, double light) {
  Colour out{};
  std::transform(pure.begin(), pure.end(), out.begin(), [&](double c) { return light * (c + (1 - c) * white); });
  return out;
}

}  // namespace

Picture choose(uint64_t seed, uint64_t split, int64_t index, int64_t size, int64_t channels) {
  const Draws draws(seed, split, static_cast<uint64_t>(index));
  Picture out{};
  out.kind = static_cast<Kind>(index % kinds);
  const auto side = static_cast<double>(size);
  out.radius = draws.uniform(radius_draw, 0.24, 0.42) * side;
  const double margin = out.radius + 0.5;  // half a pixel of soft edge
  out.x = draws.uniform(x_draw, margin, side - margin);
  out.y = draws.uniform(y_draw, margin, side - margin);

  // Rational rotation: cos a = (1 - t^2) / (1 + t^2), sin a = 2t / (1 + t^2) with t = tan(a / 2).
  const double limit = largest_half_angle_tangent(out.kind);
  const double t = draws.uniform(rotation_draw, -limit, limit);
  out.cosine = (1 - t * t) / (1 + t * t);
  out.sine = 2 * t / (1 + t * t);

  const double light = draws.uniform(light_draw, 0.6, 1.0), ground_light = draws.uniform(ground_light_draw, 0.0, 0.2);
  if (channels == 1) {
    out.foreground.fill(light);
    out.background.fill(ground_light);
  } else {
    out.foreground = tint(from_hue(draws.uniform(hue_draw, 0, 1)), 0.25, light);
    out.background = tint(from_hue(draws.uniform(ground_hue_draw, 0, 1)), 0.4, ground_light);
  }
  return out;
}

void draw(const Picture& picture, int64_t size, int64_t channels, float* pixels) {
  for (int64_t row = 0; row < size; ++row) {
    for (int64_t column = 0; column < size; ++column) {
      const double dx = static_cast<double>(column) + 0.5 - picture.x, dy = static_cast<double>(row) + 0.5 - picture.y;
      const double x = picture.cosine * dx + picture.sine * dy, y = picture.cosine * dy - picture.sine * dx;
      const double coverage = std::clamp(0.5 - distance(picture.kind, x, y, picture.radius), 0.0, 1.0);
      for (int64_t c = 0; c < channels; ++c) {
        const auto i = static_cast<size_t>(c);
        const double value = picture.background[i] + coverage * (picture.foreground[i] - picture.background[i]);
        pixels[(c * size + row) * size + column] = static_cast<float>(value);
      }
    }
  }
}

}  // namespace shapes
