// Pictures of the latent space.
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

}  // namespace vae
