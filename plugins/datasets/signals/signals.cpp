// Tones, chirps and pings: signals that are made as they are read, so that a data set of them needs no file.
#include <algorithm>
#include <atelier/counted_draws.hpp>
#include <atelier/dataset.hpp>

namespace {

using namespace atelier;

enum Kind : int64_t { tone, chirp, ping, kinds };

// The cosine and the sine of an angle in (-pi, pi) by its half's tangent: from arithmetic alone, so that the bits are
// the same on every machine.
UnitVector turn(double half_tangent) {
  const double square = half_tangent * half_tangent;
  return {(1 - square) / (1 + square), 2 * half_tangent / (1 + square)};
}
// Turned by the other's angle.
UnitVector operator*(UnitVector a, UnitVector b) {
  return {a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x};
}

// A frequency as the tangent of half the angle between two values; 1 is half the rate that they are taken at.
constexpr double lowest = 0.04, highest = 0.25;

class Signals final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Made signals in three classes: a tone with its octave, a rising chirp, a ping that dies away.";
    d.integer("length", 128, "values of a signal").range(8, 65536);
    d.number("rate", 4000.0, "values a second").range(1, 1e9);
    d.number("noise", 0.02, "the most that is added to a value, or taken from it; values are in [-1, 1]").range(0, 0.5);
    d.integer("count", 8000, "training samples").range(1, 1e9);
    d.integer("test_count", 1000, "test samples").range(1, 1e9);
    d.integer("seed", 0, "other seeds make other signals");
  }

  Signals(const Settings& settings, const Environment&)
      : length_(settings.integer("length")),
        noise_(settings.number("noise")),
        seed_(static_cast<uint64_t>(settings.integer("seed"))) {
    fields = {Field::signal("signal", {1, length_}, -1, 1, settings.number("rate")),
              Field::label("label", kinds, {"tone", "chirp", "ping"})};
    train_count = settings.integer("count");
    test_count = settings.integer("test_count");
  }

  void read(Split split, int64_t index, const Sample& sample) const override {
    const Draws draws(seed_, static_cast<uint64_t>(split), static_cast<uint64_t>(index));
    const int64_t kind = draws.integer(0, kinds);
    const double low = draws.uniform(2, lowest, (lowest + highest) / 2);
    const double loudness = draws.uniform(3, 0.4, 0.9);
    const double overtone = kind == tone ? draws.uniform(4, 0, 0.5) : 0;
    const double fading = kind == ping ? 1 - draws.uniform(5, 2, 8) / static_cast<double>(length_) : 1;
    // A chirp turns faster with every value, until it is at another frequency.
    const double faster = kind == chirp ? draws.uniform(6, 0.3, 1) * (highest - low) / static_cast<double>(length_) : 0;
    const Draws noise = draws.part(7);
    UnitVector z = direction(draws.part(1));
    UnitVector speed = turn(low);
    const UnitVector acceleration = turn(faster);
    double amplitude = loudness;
    float* const out = sample.reals(0);
    for (int64_t t = 0; t < length_; ++t) {
      const double octave = (z * z).x;
      const double value = amplitude * ((1 - overtone) * z.x + overtone * octave);
      const double hiss = noise_ * noise.uniform(static_cast<uint64_t>(t), -1, 1);
      out[t] = static_cast<float>(std::clamp(value + hiss, -1.0, 1.0));
      z = z * speed;
      speed = speed * acceleration;
      amplitude *= fading;
    }
    *sample.integers(1) = kind;
  }

 private:
  int64_t length_;
  double noise_;
  uint64_t seed_;
};

}  // namespace

ATELIER_DATASET("signals", Signals)
