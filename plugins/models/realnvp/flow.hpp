// The multi-scale architecture of Dinh et al. 2017, section 3.6: at each scale couplings with masks like a
// checkerboard, 2x2 pixels made one of four times the channels, couplings of channels; then half of the channels are
// done with.
#pragma once

#include "coupling.hpp"

namespace realnvp {

// (B, C, H, W) to (B, 4 C, H/2, W/2), and back.
inline Tensor squeezed(Tensor x) {
  const int64_t b = x.dim(0), c = x.dim(1), h = x.dim(2) / 2, w = x.dim(3) / 2;
  return x.reshape({b, c, h, 2, w, 2}).permute({0, 1, 3, 5, 2, 4}).reshape({b, 4 * c, h, w});
}
inline Tensor unsqueezed(Tensor x) {
  const int64_t b = x.dim(0), c = x.dim(1) / 4, h = x.dim(2), w = x.dim(3);
  return x.reshape({b, c, 2, 2, h, w}).permute({0, 1, 4, 2, 5, 3}).reshape({b, c, 2 * h, 2 * w});
}

class Flow {
 public:
  Flow() = default;
  // `features` are those of the couplings' networks at each scale; the last scale has no half that is done with.
  Flow(const Builder& build, std::vector<int64_t> shape, const std::vector<int64_t>& features, int64_t couplings,
       int64_t blocks) {
    const auto stack = [&](const Builder& place, bool checkerboard, int64_t count, int64_t width) {
      std::vector<Coupling> out;
      for (int64_t i = 0; i < count; ++i) {
        out.emplace_back(place.scope(std::to_string(i)), shape, Mask{checkerboard, i % 2 == 1}, width, blocks);
      }
      return out;
    };
    for (size_t i = 0; i + 1 < features.size(); ++i) {
      const Builder scale = build.scope(std::to_string(i));
      pixels_.push_back(stack(scale.scope("pixels"), true, couplings, features[i]));
      shape = {4 * shape[0], shape[1] / 2, shape[2] / 2};
      channels_.push_back(stack(scale.scope("channels"), false, couplings, features[i + 1]));
      shape[0] /= 2;
    }
    pixels_.push_back(stack(build.scope("last"), true, couplings + 1, features.back()));
    last_ = shape;
  }

  // y is (B, C H W).
  [[nodiscard]] Mapped forward(Tensor x) const {
    std::vector<Tensor> done;
    Tensor log_determinant = Recording(x.context()).full({x.dim(0)}, 0);
    const auto through = [&](const std::vector<Coupling>& couplings) {
      for (const Coupling& coupling : couplings) {
        const Mapped mapped = coupling.forward(x);
        x = mapped.y;
        log_determinant = log_determinant + mapped.log_determinant;
      }
    };
    for (size_t i = 0; i < channels_.size(); ++i) {
      through(pixels_[i]);
      x = squeezed(x);
      through(channels_[i]);
      const int64_t half = x.dim(1) / 2;
      done.push_back(x.slice(1, half, half).flatten());
      x = x.slice(1, 0, half);
    }
    through(pixels_.back());
    done.push_back(x.flatten());
    return {concatenate(done, 1), log_determinant};
  }

  // (B, C H W) to (B, C, H, W)
  [[nodiscard]] Tensor inverse(Tensor z) const {
    const auto back = [](const std::vector<Coupling>& couplings, Tensor y) {
      for (size_t i = couplings.size(); i-- > 0;) {
        y = couplings[i].inverse(y);
      }
      return y;
    };
    std::vector<int64_t> shape = last_;
    const auto take_last = [&] {
      const int64_t count = shape[0] * shape[1] * shape[2], before = z.dim(1) - count;
      const Tensor part = z.slice(1, before, count).reshape({-1, shape[0], shape[1], shape[2]});
      z = before > 0 ? z.slice(1, 0, before) : z;
      return part;
    };
    Tensor x = back(pixels_.back(), take_last());
    for (size_t i = channels_.size(); i-- > 0;) {
      x = back(channels_[i], concatenate({x, take_last()}, 1));
      x = back(pixels_[i], unsqueezed(x));
      shape = {x.dim(1), x.dim(2), x.dim(3)};
    }
    return x;
  }

 private:
  std::vector<std::vector<Coupling>> pixels_, channels_;  // by scale, from the image on
  std::vector<int64_t> last_;                             // (C, H, W) at the last scale
};

}  // namespace realnvp
