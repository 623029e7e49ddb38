// What a flow is made of: maps with an inverse and a determinant of their Jacobian that is cheap. Images are (B, C, H,
// W), shapes (C, H, W).
#pragma once

#include <atelier/layers.hpp>

namespace realnvp {

using namespace atelier;

struct Mapped {
  Tensor y, log_determinant;  // (B, C, H, W); log |det dy/dx|, (B) or (1)
};

// Dinh et al. 2017, section 3.7: normalized by batch, in training by the batch's own statistics, without a scale and a
// shift of its own.
class BatchNormalization {
 public:
  BatchNormalization(const Builder& build, const std::vector<int64_t>& shape)
      : channels_(shape[0]),
        places_(static_cast<double>(shape[1] * shape[2])),
        mean_(build.state("mean", {channels_}, 0)),
        variance_(build.state("variance", {channels_}, 1)) {}

  [[nodiscard]] Mapped forward(Tensor x) const {
    const Recording recording(x.context());
    if (!recording.training()) {
      const Tensor variance = by_channel(variance_, x);
      return {(x - by_channel(mean_, x)) * rsqrt(variance + epsilon), log_determinant(variance)};
    }
    const BatchNormalized batch =
        batch_norm(x, recording.full({channels_}, 1), recording.full({channels_}, 0), epsilon);
    follow(mean_, batch.mean);
    follow(variance_, batch.variance);
    return {batch.output, log_determinant(batch.variance)};
  }
  [[nodiscard]] Tensor inverse(Tensor y) const {
    return y * sqrt(by_channel(variance_, y) + epsilon) + by_channel(mean_, y);
  }

 private:
  static constexpr double epsilon = 1e-5, momentum = 0.1;

  static void follow(const Parameter& running, Tensor batch) {
    running.assign(running.use(batch) * (1 - momentum) + batch.detach() * momentum);
  }
  [[nodiscard]] Tensor by_channel(const Parameter& running, Tensor beside) const {
    return running.use(beside).reshape({1, channels_, 1, 1});
  }
  [[nodiscard]] Tensor log_determinant(Tensor variance) const {
    return (sum(log(variance + epsilon)) * (-0.5 * places_)).reshape({1});
  }

  int64_t channels_;
  double places_;
  Parameter mean_, variance_;
};

inline Initializer he() {
  return Initializer::named("he_normal");
}

// What a coupling leaves as it is: every other pixel, as on a checkerboard, or half of the channels; `other` is the
// rest (figure 3).
struct Mask {
  bool checkerboard;
  bool other;
};

// Equations 7 and 8: with b a mask, y = x exp(s(b x)) + t(b x), s and t being 0 where b is 1; normalized afterwards.
class Coupling {
 public:
  Coupling(const Builder& build, const std::vector<int64_t>& shape, Mask mask, int64_t features, int64_t blocks)
      : mask_shape_(mask.checkerboard ? std::vector<int64_t>{1, 1, shape[1], shape[2]}
                                      : std::vector<int64_t>{1, shape[0], 1, 1}),
        channels_(shape[0]),
        input_(build.scope("input"), shape[0], features, 3, {.padding = 1}, he()),
        output_(build.scope("output"), features, 2 * shape[0], 3, {.padding = 1}, Initializer::constant(0)),
        reach_(build.parameter("reach", {shape[0]}, Initializer::constant(1))),
        norm_(build.scope("norm"), shape) {
    for (int64_t i = 0; i < mask_shape_[1] * mask_shape_[2] * mask_shape_[3]; ++i) {
      const bool first = mask.checkerboard ? (i / shape[2] + i % shape[2]) % 2 == 0 : i < shape[0] / 2;
      mask_.push_back(first != mask.other ? 1 : 0);
    }
    for (int64_t i = 0; i < blocks; ++i) {
      const Builder block = build.scope(std::to_string(i));
      wide_.emplace_back(block.scope("0"), features, features, 3, Convolution{.padding = 1}, he());
      narrow_.emplace_back(block.scope("1"), features, features, 1, Convolution{}, Initializer::constant(0));
    }
  }

  [[nodiscard]] Mapped forward(Tensor x) const {
    const Affine affine = affine_of(x);
    const Mapped normalized = norm_.forward(x * exp(affine.s) + affine.t);
    return {normalized.y, sum(affine.s, {1, 2, 3}) + normalized.log_determinant};
  }
  [[nodiscard]] Tensor inverse(Tensor y) const {
    const Tensor x = norm_.inverse(y);
    const Affine affine = affine_of(x);  // sees of it what the coupling left as it was
    return (x - affine.t) * exp(-affine.s);
  }

 private:
  struct Affine {
    Tensor s, t;  // (B, C, H, W)
  };

  // A residual network (He et al. 2016) of both; s is in ±reach, by channel.
  [[nodiscard]] Affine affine_of(Tensor x) const {
    const Tensor b = Recording(x.context()).constant(mask_shape_, mask_);
    Tensor h = input_(x * b);
    for (size_t i = 0; i < wide_.size(); ++i) {
      h = h + narrow_[i](relu(wide_[i](relu(h))));
    }
    const Tensor both = output_(relu(h));
    const Tensor reach = reach_.use(x).reshape({1, channels_, 1, 1});
    return {tanh(both.slice(1, 0, channels_)) * reach * (1.0 - b), both.slice(1, channels_, channels_) * (1.0 - b)};
  }

  std::vector<int64_t> mask_shape_;
  std::vector<float> mask_;  // b
  int64_t channels_;
  Conv2d input_, output_;
  std::vector<Conv2d> wide_, narrow_;
  Parameter reach_;
  BatchNormalization norm_;
};

}  // namespace realnvp
