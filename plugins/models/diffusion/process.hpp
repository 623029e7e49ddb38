// The two processes of Ho et al. 2020. Forward, noise takes an image x_0 away in T steps, q(x_t | x_0) = N(sqrt(ᾱ_t)
// x_0, 1 - ᾱ_t), where ᾱ_t is the product of 1 - β up to step t, and ᾱ_0 = 1. Backward, a network's guess of x_0 takes
// the noise away. Images (B, C, H, W) are in [-1, 1], steps t int64 (B) from 1 to T.
#pragma once

#include <algorithm>
#include <atelier/recording.hpp>
#include <cmath>
#include <numbers>

namespace diffusion {

using namespace atelier;

struct Noised {
  Tensor x, noise, t;  // (B, C, H, W) twice, int64 (B)
};

class Process {
 public:
  Process() = default;
  // The linear schedule has β as for 1,000 steps, and larger ones in proportion where there are fewer (Nichol &
  // Dhariwal 2021, as in their code); the cosine schedule is their equation 17.
  Process(int64_t steps, bool cosine, double first_beta, double last_beta, int64_t levels) : levels_(levels), kept_{1} {
    const auto T = static_cast<double>(steps);
    const auto f = [T](double t) { return std::pow(std::cos((t / T + 0.008) / 1.008 * std::numbers::pi / 2), 2); };
    for (int64_t step = 1; step <= steps; ++step) {
      const auto t = static_cast<double>(step);
      const double linear = 1000 / T * (first_beta + (last_beta - first_beta) * (t - 1) / std::max(T - 1, 1.0));
      kept_.push_back(kept_.back() * (1 - std::min(cosine ? 1 - f(t) / f(t - 1) : linear, 0.999)));
    }
  }

  [[nodiscard]] int64_t steps() const { return static_cast<int64_t>(kept_.size()) - 1; }
  [[nodiscard]] double kept(int64_t t) const { return kept_[static_cast<size_t>(t)]; }  // ᾱ_t

  // At a step drawn from part `part` of T, of so many equal parts (equation 4).
  [[nodiscard]] Noised noised(const Recording& recording, Tensor x, int64_t part = 0, int64_t parts = 1) const {
    const Tensor noise = recording.normal(x.shape());
    const Tensor place = recording.uniform({x.dim(0)}) + static_cast<double>(part);
    const double length = static_cast<double>(steps()) / static_cast<double>(parts);
    const Tensor t = minimum(to_integer(floor(place * length)) + 1, steps());
    return {x * at(t, [](double kept) { return std::sqrt(kept); }) + noise * at(t, noise_of), noise, t};
  }
  // x_0, which is in [-1, 1], of x_t and its noise.
  [[nodiscard]] Tensor image(Tensor x, Tensor noise, Tensor t) const {
    return image(x, noise, at(t, noise_of), at(t, [](double kept) { return 1 / std::sqrt(kept); }));
  }

  // From x_t to x_s, s < t, by Song et al. 2021, equation 12: all steps one by one with η = 1 are the ancestral
  // sampling of Ho et al. 2020, algorithm 2, with their smaller variance; with η = 0 nothing is drawn.
  [[nodiscard]] Tensor back(const Recording& recording, Tensor x, Tensor noise, int64_t t, int64_t s,
                            double eta) const {
    const double now = kept(t), then = kept(s);
    const Tensor guess = image(x, noise, recording.scalar(noise_of(now)), recording.scalar(1 / std::sqrt(now)));
    const double variance = eta * eta * (1 - then) / (1 - now) * (1 - now / then);
    const double rest = std::sqrt(std::max(0.0, 1 - then - variance));
    const Tensor direction = (x - guess * std::sqrt(now)) * (1 / noise_of(now));  // the noise, where the guess was cut
    const Tensor towards = guess * std::sqrt(then) + direction * rest;
    return variance > 0 ? towards + recording.normal(x.shape()) * std::sqrt(variance) : towards;
  }

  // -log p(x_0) is at most this plus the terms of all steps: what of x_0 is left at the end (L_T of equation 5), (B).
  [[nodiscard]] Tensor divergence_at_end(Tensor x) const {
    const double left = kept_.back();
    return sum(square(x) * (0.5 * left) - 0.5 * (left + std::log1p(-left)), {1, 2, 3});
  }
  // The term of step t, for the network's guess of x_0 (L_{t-1} and L_0 of equation 5), (B).
  [[nodiscard]] Tensor divergence(Tensor x, Tensor guess, Tensor t) const {
    const auto signal = [](double kept) { return kept / (1 - kept); };
    std::vector<float> weights{0, 0};
    for (size_t i = 2; i < kept_.size(); ++i) {
      weights.push_back(static_cast<float>(0.5 * (signal(kept_[i - 1]) - signal(kept_[i]))));
    }
    const Tensor between = sum(square(x - guess) * taken(t, weights), {1, 2, 3});
    return select(equal(to_real(t), 1.0), of_pixels(x, guess), between);
  }

 private:
  static double noise_of(double kept) { return std::sqrt(1 - kept); }

  static Tensor image(Tensor x, Tensor noise, Tensor of_noise, Tensor scale) {
    return clamp((x - noise * of_noise) * scale, -1, 1);
  }
  // -log p(x_0 | x_1), of the levels that a pixel can have (equation 13), (B). The variance is that of step 2, as that
  // of step 1 is 0.
  [[nodiscard]] Tensor of_pixels(Tensor x, Tensor guess) const {
    const double deviation = std::sqrt((1 - kept(1)) / (1 - kept(2)) * (1 - kept(2) / kept(1)));
    const double half = 1 / static_cast<double>(levels_ - 1);  // of the way from one level to the next
    const auto below = [&](double edge) {
      return 0.5 + 0.5 * erf((x + edge - guess) * (1 / (deviation * std::numbers::sqrt2)));
    };
    const Tensor upper = maximum(below(half), greater(x, 1 - half)), lower = below(-half) * greater(x, half - 1);
    return -sum(log(maximum(upper - lower, 1e-12)), {1, 2, 3});
  }
  template <typename Function>
  [[nodiscard]] Tensor at(Tensor t, const Function& function) const {
    std::vector<float> values;
    for (const double kept : kept_) {
      values.push_back(static_cast<float>(function(kept)));
    }
    return taken(t, values);
  }
  // The values of steps 0 to T at t, (B, 1, 1, 1).
  static Tensor taken(Tensor t, const std::vector<float>& values) {
    const Tensor table = Recording(t.context()).constant({static_cast<int64_t>(values.size())}, values);
    return gather(table, t).reshape({-1, 1, 1, 1});
  }

  int64_t levels_ = 256;
  std::vector<double> kept_;  // ᾱ_0 to ᾱ_T
};

}  // namespace diffusion
