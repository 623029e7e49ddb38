// K vectors e of length D. What an encoder gives at a place is replaced by the nearest of them (van den Oord et al.
// 2017, eq. 1 and 2); they follow what they replace by moving averages (appendix A.1). N is the number of places in the
// batch.
#pragma once

#include <algorithm>
#include <atelier/layers.hpp>
#include <cmath>
#include <numeric>

namespace vq {

using namespace atelier;

// (B, D, h, w) to (N, D), N = B h w, and back.
inline Tensor to_rows(Tensor z) {
  return z.permute({0, 2, 3, 1}).reshape({-1, z.dim(1)});
}
inline Tensor to_places(Tensor rows, Tensor like) {
  return rows.reshape({-1, like.dim(2), like.dim(3), like.dim(1)}).permute({0, 3, 1, 2});
}

class Codebook {
 public:
  Codebook() = default;
  Codebook(const Builder& build, int64_t codes, int64_t length, double decay, double restart_below)
      : codes_(codes),
        decay_(decay),
        restart_below_(restart_below),
        vectors_(build.state("vectors", {codes, length}, 0)),
        uses_(build.state("uses", {codes}, 0)) {}

  [[nodiscard]] int64_t size() const { return codes_; }

  // int64 (N). |z|² of |z - e|² = |z|² - 2 z e + |e|² is left out: it is the same for all e.
  [[nodiscard]] Tensor nearest(Tensor rows) const {
    const Tensor e = vectors_.use(rows);
    return argmin(sum(square(e), {1}) - matmul(rows, e.permute({1, 0})) * 2.0);
  }
  [[nodiscard]] Tensor counts(Tensor codes) const { return sum(one_hot(codes, codes_), {0}); }  // (K), of each code
  [[nodiscard]] Tensor vectors(Tensor codes) const { return gather(vectors_.use(codes), codes); }

  // Training only, before the look-up. Codes whose moving average of uses is at or below the limit become encoder
  // outputs of this batch (Dhariwal et al. 2020, Jukebox, section 3.1): code i that of place i after a place that moves
  // with the step. All of them at the first step, where nothing has been used. In a batch of fewer places than codes,
  // the last one of an epoch perhaps, several codes become one output; those that are not the nearest then are dead
  // once more.
  void restart(const Step& step, Tensor rows) const {
    const Tensor uses = uses_.use(rows);
    const Tensor dead = less_equal(uses, restart_below_);
    vectors_.assign(select(dead.reshape({-1, 1}), replacements(step, rows.detach()), vectors_.use(rows)));
    uses_.assign(select(dead, step.scalar(1), uses));
  }

  // Equations 6 to 8, N_i ← γ N_i + (1 - γ) n_i, m_i ← γ m_i + (1 - γ) Σ z, e_i = m_i / N_i, with m_i = N_i e_i put in,
  // so that a code that is not used stays exactly where it is.
  void follow(Tensor rows, Tensor codes) const {
    const Tensor chosen = one_hot(codes, codes_);  // (N, K)
    const Tensor n = sum(chosen, {0});
    const Tensor sums = matmul(chosen.permute({1, 0}), rows.detach());  // (K, D)
    const Tensor uses = uses_.use(rows) * decay_ + n * (1 - decay_);
    const Tensor e = vectors_.use(rows);
    const Tensor towards = (sums - e * n.reshape({-1, 1})) / uses.reshape({-1, 1});
    vectors_.assign(e + towards * (1 - decay_));
    uses_.assign(uses);
  }

 private:
  [[nodiscard]] Tensor replacements(const Step& step, Tensor rows) const {
    const int64_t places = rows.dim(0);
    constexpr int64_t stride = 7919;  // a prime
    if (places >= codes_) {
      return rows.slice(0, step.step() * stride % (places - codes_ + 1), codes_);
    }
    std::vector<int64_t> chosen(static_cast<size_t>(codes_));
    for (int64_t i = 0; i < codes_; ++i) {
      chosen[static_cast<size_t>(i)] = (step.step() * stride + i) % places;
    }
    return gather(rows, step.constant({codes_}, chosen));
  }

  int64_t codes_ = 0;
  double decay_ = 0.99, restart_below_ = 0;
  Parameter vectors_;  // (K, D)
  Parameter uses_;     // N of the paper, (K)
};

// How many codes would be used if all that are used were used equally often: exp of the entropy. Of a batch's codes,
// and of how often each code is used in an evaluation.
inline Tensor perplexity(Tensor codes, int64_t count) {
  const Tensor p = mean(one_hot(codes, count), {0});
  return exp(-sum(p * log(p + 1e-10)));
}
inline double perplexity(const std::vector<double>& counts) {
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  double entropy = 0;
  for (const double count : counts) {
    entropy -= count > 0 ? count / all * std::log(count / all) : 0;
  }
  return std::exp(entropy);
}

inline Tensor codes_used(Tensor codes, int64_t count) {
  return sum(max(one_hot(codes, count), {0}));
}
inline double codes_used(const std::vector<double>& counts) {
  return static_cast<double>(std::count_if(counts.begin(), counts.end(), [](double count) { return count > 0; }));
}

}  // namespace vq
