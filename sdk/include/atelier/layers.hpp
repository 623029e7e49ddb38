// Layers: parameters with the operation that uses them. Made in a model's constructor, called while recording. Those of
// several kinds in one place are std::function<Tensor(At)>, which hands the caller's line on.
#pragma once

#include <atelier/builder.hpp>
#include <atelier/convolution_layers.hpp>
#include <atelier/normalization.hpp>
#include <atelier/recording.hpp>
#include <atelier/weighted_layer.hpp>
#include <utility>

namespace atelier {

// By the names that Description::activation offers.
inline Tensor activate(std::string_view name, At x) {
  if (name == "none") return x.tensor;
  if (name == "relu") return relu(x);
  if (name == "leaky_relu") return leaky_relu(x, 0.2);  // as in DCGAN (Radford et al. 2016)
  if (name == "elu") return elu(x);
  if (name == "gelu") return gelu(x);
  if (name == "softplus") return softplus(x);
  if (name == "tanh") return tanh(x);
  if (name == "sigmoid") return sigmoid(x);
  detail::fail(x.tensor.context(), ATL_ERROR_ARGUMENT,
               detail::unknown_name("activation", name, detail::activation_names), x.location());
  detail::stop();
  return {x.tensor.context(), 0};
}

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
  Mlp(const Builder& build, const std::vector<int64_t>& widths, Options options = {}, Location at = {})
      : group_(build.group_name()), options_(std::move(options)), dropout_(options_.dropout) {
    detail::require_name(build, "activation", options_.activation, detail::activation_names, at);
    detail::require_name(build, "activation", options_.output_activation, detail::activation_names, at);
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
