// Layers: parameters with the operation that uses them. Made in a model's constructor, called while recording. Those of
// several kinds in one place are std::function<Tensor(At)>, which hands the caller's line on.
#pragma once

#include <atelier/builder.hpp>
#include <atelier/convolution.hpp>
#include <atelier/normalization.hpp>
#include <atelier/recording.hpp>

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

namespace detail {

// What Linear and the convolutions have in common: a weight and a bias, from which `Layer` makes its result.
template <typename Layer>
class WeightedLayer {
 public:
  // The same layer with SpectralNorm on its weight, or without. `build` is the one that the layer was made with.
  [[nodiscard]] Layer with_spectral_norm(const Builder& build, bool active = true) && {
    spectral_ = active ? SpectralNorm(build, spectral_rows_, spectral_axis_) : SpectralNorm();
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
    const Tensor weight = spectral_(weight_.use(x.tensor));
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
};

}  // namespace detail

// y = x Wᵀ + b, from (..., inputs) to (..., outputs).
class Linear : public detail::WeightedLayer<Linear> {
 public:
  Linear() = default;
  Linear(const Builder& build, int64_t inputs, int64_t outputs,
         Initializer initializer = Initializer::named("glorot_uniform"))
      : WeightedLayer(build, {outputs, inputs}, 0, outputs, initializer, inputs, outputs) {}

  Tensor operator()(At x) const {
    return apply(x, [](At input, At weight, At bias) { return linear(input, weight, bias); });
  }
};

// Cross-correlation with a (outputs, inputs / groups, kernel, kernel) filter, and a bias.
class Conv2d : public detail::WeightedLayer<Conv2d> {
 public:
  Conv2d() = default;
  Conv2d(const Builder& build, int64_t inputs, int64_t outputs, int64_t kernel, Convolution convolution = {},
         Initializer initializer = Initializer::named("glorot_uniform"))
      : WeightedLayer(build, {outputs, inputs / convolution.groups, kernel, kernel}, 0, outputs, initializer,
                      inputs / convolution.groups * kernel * kernel, outputs / convolution.groups * kernel * kernel),
        convolution_(convolution) {}

  Tensor operator()(At x) const {
    return apply(x, [&](At input, At weight, At bias) { return conv2d(input, weight, bias, convolution_); });
  }

 private:
  Convolution convolution_;
};

// The transpose of a convolution, with a (inputs, outputs / groups, kernel, kernel) filter, and a bias.
class ConvTranspose2d : public detail::WeightedLayer<ConvTranspose2d> {
 public:
  ConvTranspose2d() = default;
  ConvTranspose2d(const Builder& build, int64_t inputs, int64_t outputs, int64_t kernel, Convolution convolution = {},
                  Initializer initializer = Initializer::named("glorot_uniform"))
      : WeightedLayer(build, {inputs, outputs / convolution.groups, kernel, kernel}, 1, outputs, initializer,
                      inputs / convolution.groups * kernel * kernel, outputs / convolution.groups * kernel * kernel),
        convolution_(convolution) {}

  Tensor operator()(At x) const {
    return apply(x, [&](At input, At weight, At bias) { return conv_transpose2d(input, weight, bias, convolution_); });
  }

 private:
  Convolution convolution_;
};

// A vector for each of `count` indices, from int64 (...) to (..., width).
class Embedding {
 public:
  Embedding() = default;
  Embedding(const Builder& build, int64_t count, int64_t width, Initializer initializer = Initializer::normal(0, 1))
      : table_(build.parameter("table", {count, width}, initializer, count, width)) {}

  Tensor operator()(At indices) const {
    const CalledFrom caller(indices);
    return gather(table_.use(indices.tensor), indices);
  }

 private:
  Parameter table_;
};

// Srivastava et al. 2014. Only in training.
class Dropout {
 public:
  Dropout() = default;
  explicit Dropout(double rate) : rate_(rate) {}

  Tensor operator()(At x) const {
    return detail::phase(x.tensor.context()).training != 0 && rate_ > 0 ? dropout(x, rate_) : x.tensor;
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
    const CalledFrom caller(x);
    Tensor h = x.tensor.rank() == 2 ? x.tensor : x.tensor.flatten();
    for (size_t i = 0; i < layers_.size(); ++i) {
      h = layers_[i](h);
      if (i + 1 == layers_.size()) {
        return activate(options_.output_activation, h);
      }
      if (!norms_.empty()) {
        h = norms_[i](h);
      }
      h = dropout_(activate(options_.activation, h));
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
