// What layers with a weight and a bias have in common.
#pragma once

#include <atelier/builder.hpp>
#include <atelier/normalization.hpp>
#include <utility>

namespace atelier {

namespace detail {

// What Linear and the convolutions have in common: a weight and a bias, from which `Layer` makes its result.
template <typename Layer>
class WeightedLayer {
 public:
  // The same layer with SpectralNorm on its weight, or without. `build` is the one that the layer was made with.
  [[nodiscard]] Layer with_spectral_norm(const Builder& build, bool active = true) && {
    if (active) {
      spectral_ = SpectralNorm(build, spectral_rows_, spectral_axis_);
      constrained_ = &SpectralNorm::operator();
    }
    return std::move(static_cast<Layer&>(*this));
  }

 protected:
  WeightedLayer() = default;
  // `spectral_axis` is the weight's axis of outputs, 0 or 1.
  WeightedLayer(const Builder& build, Integers weight, int spectral_axis, int64_t outputs, Initializer initializer,
                int64_t fan_in, int64_t fan_out)
      : name_(build.scope_name()),
        spectral_axis_(spectral_axis),
        spectral_rows_(weight.data[spectral_axis]),
        weight_(build.parameter("weight", weight, initializer, fan_in, fan_out)),
        bias_(build.parameter("bias", {outputs}, Initializer::constant(0))) {}

  // function(x, weight, bias), annotated with the layer's name.
  template <typename Function>
  Tensor apply(At x, const Function& function) const {
    const CalledFrom caller(x);
    const Tensor own = weight_.use(x.tensor), weight = constrained_ == nullptr ? own : (spectral_.*constrained_)(own);
    const Tensor y = function(x, weight, bias_.use(x.tensor));
    core->annotate(y.context(), string(name_), y.handle());
    return y;
  }

 private:
  std::string name_;
  int spectral_axis_ = 0;
  int64_t spectral_rows_ = 0;
  Parameter weight_, bias_;
  SpectralNorm spectral_;
  Tensor (SpectralNorm::*constrained_)(At) const = nullptr;  // so that a plugin without it does not compile it
};

}  // namespace detail

}  // namespace atelier
