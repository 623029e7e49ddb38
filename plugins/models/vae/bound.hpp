// The posterior q(z | x) = N(μ, diag σ²), and bounds of log p(x) by draws from it. The prior p(z) is N(0, 1); B, k and
// Z are batch, draws for each image and latent dimensions.
#pragma once

#include <atelier/losses.hpp>

namespace vae {

using namespace atelier;

struct Posterior {
  Tensor mean, log_variance;  // (B, Z)
};

struct Draws {
  Tensor z, epsilon;  // (B, k, Z)
};

// The reparameterization trick (Kingma & Welling 2014, section 2.4): z = μ + σ ε, ε ~ N(0, 1).
inline Draws draw(const Recording& recording, const Posterior& q, int64_t k) {
  const auto for_each_draw = [&](Tensor x) { return x.reshape({x.dim(0), 1, x.dim(1)}); };
  const Tensor epsilon = recording.normal({q.mean.dim(0), k, q.mean.dim(1)});
  return {for_each_draw(q.mean) + for_each_draw(exp(q.log_variance * 0.5)) * epsilon, epsilon};
}

// log p(z) - log q(z | x) = -1/2 Σ (z² - ε² - log σ²), (B, k).
inline Tensor log_prior_ratio(const Posterior& q, const Draws& drawn) {
  const Tensor log_variance = q.log_variance.reshape({q.mean.dim(0), 1, q.mean.dim(1)});
  return sum(square(drawn.z) - square(drawn.epsilon) - log_variance, {2}) * -0.5;
}

// log 1/k Σ exp(w), (B, k) to (B).
inline Tensor log_mean_exp(Tensor w) {
  const Tensor largest = max(w, {1}, true).detach();
  return log(mean(exp(w - largest), {1})) + largest.reshape({-1});
}

// Kingma et al. 2016, eq. 15: Σ_j max(λ, KL_j), where KL_j of latent dimension j is the mean over the batch.
inline Tensor beyond_free_bits(const Divergence& divergence, const Posterior& q, double free_bits) {
  if (free_bits == 0) {
    return divergence(q.mean, q.log_variance);
  }
  const Tensor each = divergence.per_sample(q.mean.reshape({-1, 1}), q.log_variance.reshape({-1, 1}));
  return sum(maximum(mean(each.reshape({-1, q.mean.dim(1)}), {0}), free_bits));
}

// What both bounds are made of.
struct Terms {
  Tensor condition;  // (B, length), or an empty tensor
  Posterior posterior;
  Tensor reconstruction;   // -log p(x | z) of each draw, (B, k)
  Tensor log_prior_ratio;  // log p(z) - log q(z | x), (B, k)
  Tensor divergence;       // KL(q(z | x) || p(z)), (B)
};

// Kingma & Welling 2014, eq. 3, (B).
inline Tensor elbo(const Terms& terms) {
  return -(mean(terms.reconstruction, {1}) + terms.divergence);
}

// Burda et al. 2016, eq. 8, (B): log 1/k Σ p(x, z) / q(z | x). β weighs the latent terms as it does in the ELBO.
inline Tensor importance_weighted(const Terms& terms, double beta = 1) {
  return log_mean_exp(terms.log_prior_ratio * beta - terms.reconstruction);
}

}  // namespace vae
