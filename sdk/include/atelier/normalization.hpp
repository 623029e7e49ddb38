// Layers that normalize: what goes through a network, or its weights.
#pragma once

#include <atelier/builder.hpp>
#include <atelier/images.hpp>
#include <atelier/recording.hpp>

namespace atelier {

// Ioffe & Szegedy 2015. In training by the batch's statistics, whose running averages serve everywhere else.
// x is (B, C) or (B, C, H, W). A batch that is cut into shards ([train] shards) is normalized piece by piece, or, where
// `synchronized` says so, as a whole: its pieces are then in memory together.
class BatchNorm {
 public:
  BatchNorm() = default;
  BatchNorm(const Builder& build, int64_t channels, double momentum = 0.1, double epsilon = 1e-5,
            bool synchronized = false)
      : momentum_(momentum),
        epsilon_(epsilon),
        synchronized_(synchronized),
        scale_(build.parameter("scale", {channels}, Initializer::constant(1))),
        shift_(build.parameter("shift", {channels}, Initializer::constant(0))),
        mean_(build.state("mean", {channels}, 0)),
        variance_(build.state("variance", {channels}, 1)) {}

  Tensor operator()(At x) const {
    const CalledFrom caller(x);
    const auto here = [&](const Parameter& parameter) { return parameter.use(x.tensor); };
    if (detail::phase(x.tensor.context()).training == 0) {
      return batch_norm_inference(x, here(scale_), here(shift_), here(mean_), here(variance_), epsilon_);
    }
    const auto count = static_cast<double>(x.tensor.dim(0) * x.tensor.dim(2) * x.tensor.dim(3));
    if (synchronized_) {
      const BatchNormalized whole = synchronized_batch_norm(x, here(scale_), here(shift_), epsilon_);
      const Tensor total = shard_sum(detail::scalar(x.tensor.context(), count, x.location()));
      follow(mean_, whole.mean, 1.0);
      follow(variance_, whole.variance * (total / (total - 1.0)), 1.0);
      return whole.output;
    }
    const BatchNormalized batch = batch_norm(x, here(scale_), here(shift_), epsilon_);
    const double unbiased = count > 1 ? count / (count - 1) : 1.0;
    follow(mean_, batch.mean, 1.0);
    follow(variance_, batch.variance, unbiased);
    return batch.output;
  }

 private:
  void follow(const Parameter& running, Tensor batch, double factor) const {
    running.assign(running.use(batch) * (1.0 - momentum_) + batch * (momentum_ * factor));
  }

  double momentum_ = 0.1, epsilon_ = 1e-5;
  bool synchronized_ = false;
  Parameter scale_, shift_, mean_, variance_;
};

// Ba, Kiros & Hinton 2016: each sample over its last axes, whose lengths are `dims`.
class LayerNorm {
 public:
  LayerNorm() = default;
  LayerNorm(const Builder& build, const std::vector<int64_t>& dims, double epsilon = 1e-5)
      : epsilon_(epsilon),
        scale_(build.parameter("scale", dims, Initializer::constant(1))),
        shift_(build.parameter("shift", dims, Initializer::constant(0))) {}

  Tensor operator()(At x) const {
    const CalledFrom caller(x);
    return layer_norm(x, scale_.use(x.tensor), shift_.use(x.tensor), epsilon_);
  }

 private:
  double epsilon_ = 1e-5;
  Parameter scale_, shift_;
};

// Wu & He 2018: each image (B, C, H, W) over groups of its channels. One group is all of an image; as many groups as
// channels is instance normalization (Ulyanov et al. 2016).
class GroupNorm {
 public:
  GroupNorm() = default;
  GroupNorm(const Builder& build, int64_t groups, int64_t channels, double epsilon = 1e-5)
      : groups_(groups),
        epsilon_(epsilon),
        scale_(build.parameter("scale", {channels}, Initializer::constant(1))),
        shift_(build.parameter("shift", {channels}, Initializer::constant(0))) {
    if (groups < 1 || channels % groups != 0) {
      build.fail("got " + std::to_string(groups) + " groups, expected a number that divides " +
                 std::to_string(channels) + " channels");
    }
  }

  Tensor operator()(At x) const {
    const CalledFrom caller(x);
    return group_norm(x, groups_, scale_.use(x.tensor), shift_.use(x.tensor), epsilon_);
  }

 private:
  int64_t groups_ = 1;
  double epsilon_ = 1e-5;
  Parameter scale_, shift_;
};

class InstanceNorm : public GroupNorm {
 public:
  InstanceNorm() = default;
  InstanceNorm(const Builder& build, int64_t channels, double epsilon = 1e-5)
      : GroupNorm(build, channels, channels, epsilon) {}
};

// Miyato et al. 2018: a weight over its largest singular value, seen as a matrix of as many rows as the layer has
// outputs. Its left singular vector is a state; each use in training improves it by one power iteration. Gradients go
// through the singular value, with both of its vectors held constant.
class SpectralNorm {
 public:
  SpectralNorm() = default;
  // `axis` of the weight is that of the outputs, 0 or 1.
  SpectralNorm(const Builder& build, int64_t outputs, int axis)
      : active_(true), axis_(axis), outputs_(outputs), left_(build.state("left_singular", {outputs, 1}, 1)) {}

  // The weight itself where this is not active.
  Tensor operator()(At weight) const {
    if (!active_) {
      return weight.tensor;
    }
    const CalledFrom caller(weight);
    const Tensor turned = axis_ == 0 ? weight.tensor : weight.tensor.permute({1, 0, 2, 3});
    const Tensor matrix = turned.reshape({outputs_, -1});
    const Tensor left = left_.use(weight.tensor);
    const Tensor right = unit(matmul(left.reshape({1, -1}), matrix));  // (1, inputs)
    const Tensor image = matmul(matrix, right.reshape({-1, 1}));       // (outputs, 1)
    const Tensor next_left = unit(image);
    if (detail::phase(weight.tensor.context()).training != 0) {
      left_.assign(next_left);
    }
    return weight / sum(next_left * image);
  }

 private:
  static Tensor unit(Tensor x) {
    const Tensor length = sqrt(sum(square(x)));
    return (x / (length + 1e-12)).detach();
  }

  bool active_ = false;
  int axis_ = 0;
  int64_t outputs_ = 0;
  Parameter left_;
};

}  // namespace atelier
