// Layers of matrices and tables, and dropout.
#pragma once

#include <atelier/recording.hpp>
#include <atelier/weighted_layer.hpp>

namespace atelier {

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

}  // namespace atelier
