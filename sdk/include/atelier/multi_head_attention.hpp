// Attention as a layer (Vaswani et al. 2017).
#pragma once

#include <atelier/attention.hpp>
#include <atelier/layers.hpp>

namespace atelier {

// Several attentions side by side, each of its own part of the width: of x (B, T, width) to itself, or to what a
// context (B, S, width) says. The result is (B, T, width).
class MultiHeadAttention {
 public:
  MultiHeadAttention() = default;
  MultiHeadAttention(const Builder& build, int64_t width, int64_t heads, Attention attention = {},
                     Initializer initializer = Initializer::named("glorot_uniform"))
      : width_(width),
        heads_(heads),
        attention_(attention),
        query_(build.scope("query"), width, width, initializer),
        key_(build.scope("key"), width, width, initializer),
        value_(build.scope("value"), width, width, initializer),
        output_(build.scope("output"), width, width, initializer) {
    if (heads < 1 || width % heads != 0) {
      build.fail("got " + std::to_string(heads) + " heads for a width of " + std::to_string(width) +
                 ", expected a number that divides it");
      heads_ = 1;
    }
  }

  Tensor operator()(At x) const { return attend(x, x, nullptr); }
  // `mask` (B or 1, heads or 1, T or 1, S) is added to the scores.
  Tensor operator()(At x, At context) const { return attend(x, context, nullptr); }
  Tensor operator()(At x, At context, At mask) const { return attend(x, context, &mask); }

 private:
  Tensor attend(At x, At context, const At* mask) const {
    const CalledFrom caller(x);
    const Tensor q = apart(query_(x));
    const Tensor k = apart(key_(context));
    const Tensor v = apart(value_(context));
    const Tensor y = mask == nullptr ? attention(q, k, v, attention_) : attention(q, k, v, *mask, attention_);
    return output_(y.permute({0, 2, 1, 3}).reshape({x.tensor.dim(0), x.tensor.dim(1), width_}));
  }

  // (B, T, width) to (B, heads, T, width / heads)
  [[nodiscard]] Tensor apart(Tensor x) const {
    return x.reshape({x.dim(0), x.dim(1), heads_, width_ / heads_}).permute({0, 2, 1, 3});
  }

  int64_t width_ = 0, heads_ = 1;
  Attention attention_;
  Linear query_, key_, value_, output_;
};

}  // namespace atelier
