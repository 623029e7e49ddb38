// Layers: parameters with the operation that uses them. Made in a model's constructor, called while recording.
#pragma once

#include <atelier/context.hpp>

namespace atelier {

// By the names that Description::activation offers.
inline Tensor activate(std::string_view name, At x) {
  if (name == "relu") return relu(x);
  if (name == "leaky_relu") return leaky_relu(x, 0.2);  // as in DCGAN (Radford et al. 2016)
  if (name == "elu") return elu(x);
  if (name == "gelu") return gelu(x);
  if (name == "softplus") return softplus(x);
  if (name == "tanh") return tanh(x);
  if (name == "sigmoid") return sigmoid(x);
  return x.tensor;
}

// y = x Wᵀ + b, from (..., inputs) to (..., outputs).
class Linear {
 public:
  Linear() = default;
  Linear(const Builder& build, int64_t inputs, int64_t outputs,
         Initializer initializer = Initializer::named("glorot_uniform"))
      : name_(build.scope_name()),
        weight_(build.parameter("weight", {outputs, inputs}, initializer, inputs, outputs)),
        bias_(build.parameter("bias", {outputs}, Initializer::constant(0))) {}

  Tensor operator()(At x) const {
    const Tensor y = linear(x, At(weight_.use(x.tensor), x.location()), At(bias_.use(x.tensor), x.location()));
    detail::core->annotate(y.context(), detail::string(name_), y.handle());
    return y;
  }

 private:
  std::string name_;
  Parameter weight_, bias_;
};

// Cross-correlation with a (outputs, inputs, kernel, kernel) filter, and a bias.
class Conv2d {
 public:
  Conv2d() = default;
  Conv2d(const Builder& build, int64_t inputs, int64_t outputs, int64_t kernel, Convolution convolution = {},
         Initializer initializer = Initializer::named("glorot_uniform"))
      : name_(build.scope_name()),
        convolution_(convolution),
        weight_(build.parameter("weight", {outputs, inputs / convolution.groups, kernel, kernel}, initializer,
                                inputs / convolution.groups * kernel * kernel,
                                outputs / convolution.groups * kernel * kernel)),
        bias_(build.parameter("bias", {outputs, 1, 1}, Initializer::constant(0))) {}

  Tensor operator()(At x) const {
    const Tensor y = At(conv2d(x, At(weight_.use(x.tensor), x.location()), convolution_), x.location()) +
                     At(bias_.use(x.tensor), x.location());
    detail::core->annotate(y.context(), detail::string(name_), y.handle());
    return y;
  }

 private:
  std::string name_;
  Convolution convolution_;
  Parameter weight_, bias_;
};

// The transpose of a convolution, with a (inputs, outputs, kernel, kernel) filter, and a bias.
class ConvTranspose2d {
 public:
  ConvTranspose2d() = default;
  ConvTranspose2d(const Builder& build, int64_t inputs, int64_t outputs, int64_t kernel, Convolution convolution = {},
                  Initializer initializer = Initializer::named("glorot_uniform"))
      : name_(build.scope_name()),
        convolution_(convolution),
        weight_(build.parameter("weight", {inputs, outputs / convolution.groups, kernel, kernel}, initializer,
                                inputs / convolution.groups * kernel * kernel,
                                outputs / convolution.groups * kernel * kernel)),
        bias_(build.parameter("bias", {outputs, 1, 1}, Initializer::constant(0))) {}

  Tensor operator()(At x) const {
    const Tensor y = At(conv_transpose2d(x, At(weight_.use(x.tensor), x.location()), convolution_), x.location()) +
                     At(bias_.use(x.tensor), x.location());
    detail::core->annotate(y.context(), detail::string(name_), y.handle());
    return y;
  }

 private:
  std::string name_;
  Convolution convolution_;
  Parameter weight_, bias_;
};

// Ioffe & Szegedy 2015. In training by the batch's statistics, whose running averages serve everywhere else.
// x is (B, C) or (B, C, H, W).
class BatchNorm {
 public:
  BatchNorm() = default;
  BatchNorm(const Builder& build, int64_t channels, double momentum = 0.1, double epsilon = 1e-5)
      : momentum_(momentum),
        epsilon_(epsilon),
        scale_(build.parameter("scale", {channels}, Initializer::constant(1))),
        shift_(build.parameter("shift", {channels}, Initializer::constant(0))),
        mean_(build.state("mean", {channels}, 0)),
        variance_(build.state("variance", {channels}, 1)) {}

  Tensor operator()(At x) const {
    const Location at = x.location();
    const auto here = [&](Tensor tensor) { return At(tensor, at); };
    atl_phase_info phase{};
    phase.size = sizeof phase;
    detail::core->phase(x.tensor.context(), &phase);
    const Tensor scale = scale_.use(x.tensor);
    const Tensor shift = shift_.use(x.tensor);
    if (phase.training != 0) {
      const BatchNormalized batch = batch_norm(x, here(scale), here(shift), epsilon_);
      const auto count = static_cast<double>(x.tensor.dim(0) * x.tensor.dim(2) * x.tensor.dim(3));
      const double unbiased = count > 1 ? count / (count - 1) : 1.0;
      follow(mean_, batch.mean, 1.0, at);
      follow(variance_, batch.variance, unbiased, at);
      return batch.output;
    }
    const bool image = x.tensor.rank() == 4;
    const auto channelwise = [&](Tensor tensor) { return here(image ? tensor.reshape({1, -1, 1, 1}, at) : tensor); };
    const Tensor deviation = sqrt(here(here(variance_.use(x.tensor)) + epsilon_));
    const Tensor gain = here(scale) / here(deviation);
    return here(here(x - channelwise(mean_.use(x.tensor))) * channelwise(gain)) + channelwise(shift);
  }

 private:
  void follow(const Parameter& running, Tensor batch, double factor, Location at) const {
    const auto here = [&](Tensor tensor) { return At(tensor, at); };
    running.assign(here(here(running.use(batch)) * (1.0 - momentum_)) + here(here(batch) * (momentum_ * factor)), at);
  }

  double momentum_ = 0.1, epsilon_ = 1e-5;
  Parameter scale_, shift_, mean_, variance_;
};

// Srivastava et al. 2014. Only in training.
class Dropout {
 public:
  Dropout() = default;
  explicit Dropout(double rate) : rate_(rate) {}

  Tensor operator()(At x) const {
    atl_phase_info phase{};
    phase.size = sizeof phase;
    detail::core->phase(x.tensor.context(), &phase);
    return phase.training != 0 && rate_ > 0 ? dropout(x, rate_) : x.tensor;
  }

 private:
  double rate_ = 0;
};

struct MlpOptions {
  std::string activation = "relu";
  std::string output_activation = "none";
  Initializer initializer = Initializer::named("glorot_uniform");
  bool batch_norm = false;  // before the activation of every hidden layer
  double dropout = 0;       // after it
};

// A multilayer perceptron: fully connected layers of the given widths, the first being the input's.
class Mlp {
 public:
  using Options = MlpOptions;

  Mlp() = default;
  Mlp(const Builder& build, const std::vector<int64_t>& widths, Options options = {})
      : group_(build.group_name()), options_(std::move(options)), dropout_(options_.dropout) {
    for (size_t i = 0; i + 1 < widths.size(); ++i) {
      const Builder layer = build.scope(std::to_string(i));
      layers_.emplace_back(layer, widths[i], widths[i + 1], options_.initializer);
      if (options_.batch_norm && i + 2 < widths.size()) {
        norms_.emplace_back(layer.scope("norm"), widths[i + 1]);
      }
    }
  }

  // (B, ...) is flattened to (B, inputs).
  Tensor operator()(At x) const {
    const auto here = [&](Tensor tensor) { return At(tensor, x.location()); };
    Tensor h = x.tensor.rank() == 2 ? x.tensor : x.tensor.flatten(x.location());
    for (size_t i = 0; i < layers_.size(); ++i) {
      h = layers_[i](here(h));
      if (i + 1 == layers_.size()) {
        return activate(options_.output_activation, here(h));
      }
      if (!norms_.empty()) {
        h = norms_[i](here(h));
      }
      h = dropout_(here(activate(options_.activation, here(h))));
    }
    return h;
  }

  [[nodiscard]] const std::string& group() const { return group_; }

 private:
  std::string group_;
  Options options_;
  Dropout dropout_;
  std::vector<Linear> layers_;
  std::vector<BatchNorm> norms_;
};

}  // namespace atelier
