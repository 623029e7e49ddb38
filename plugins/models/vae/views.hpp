// Pictures of the latent space, and the strips of k latent vectors that they show, (n, k, Z).
#pragma once

#include <atelier/interpolation.hpp>
#include <atelier/model.hpp>

namespace vae {

using namespace atelier;

inline std::vector<View> views(bool conditional) {
  std::vector<View> out = {{"interpolation", "from one draw of z to another"},
                           {"traversal", "a latent dimension in each strip, from -3 to 3, around a test image", true},
                           {"reconstruction", "test images, and what comes of their posteriors' means", true}};
  if (conditional) {
    out.push_back({"classes", "a draw of z with each label"});
  }
  return out;
}

// Strip i has the latent dimension i at k values from -reach to reach, and the others as in z, (1, Z). Higgins et al.
// 2017, section 4.1: 3 standard deviations of the prior.
inline Tensor traversal(const Recording& recording, Tensor z, int64_t n, int64_t k, double reach = 3) {
  std::vector<int64_t> dimensions;
  for (int64_t i = 0; i < n; ++i) {
    dimensions.push_back(i);
  }
  std::vector<float> values;
  for (int64_t i = 0; i < k; ++i) {
    values.push_back(static_cast<float>(reach * (2.0 * static_cast<double>(i) / static_cast<double>(k - 1) - 1)));
  }
  const Tensor moved = one_hot(recording.constant({n}, dimensions), z.dim(1)).reshape({n, 1, z.dim(1)});
  return z * (1.0 - moved) + recording.constant({1, k, 1}, values) * moved;
}

}  // namespace vae
