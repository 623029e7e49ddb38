// Salimans et al. 2016, Improved Techniques for Training GANs, section 3.2: the discriminator sees how near each sample
// is to the others of its batch, and so a generator that makes the same image again and again.
#pragma once

#include <atelier/layers.hpp>

namespace gan {

using namespace atelier;

// f (N, A) to (N, A + B): M_i = f(x_i) T for a tensor T (A, B, C); o(x_i)_b = mean_j exp(-|M_ib - M_jb|_1) is joined to
// f. The paper has the sum: the mean makes a batch of an evaluation comparable to a smaller one in training.
class MinibatchDiscrimination {
 public:
  MinibatchDiscrimination() = default;  // leaves f as it is
  MinibatchDiscrimination(const Builder& build, int64_t features, int64_t kernels, int64_t dimension,
                          Initializer initializer)
      : kernels_(kernels), dimension_(dimension) {
    if (kernels_ > 0) {
      tensor_ = build.parameter("tensor", {features, kernels * dimension}, initializer, features, kernels * dimension);
    }
  }

  Tensor operator()(Tensor f) const {
    if (kernels_ == 0) {
      return f;
    }
    const int64_t n = f.dim(0);
    const Tensor m = matmul(f, tensor_.use(f));
    const Tensor distance =
        sum(abs(m.reshape({n, 1, kernels_, dimension_}) - m.reshape({1, n, kernels_, dimension_})), {3});
    return concatenate({f, mean(exp(-distance), {1})}, 1);
  }

 private:
  int64_t kernels_ = 0, dimension_ = 0;
  Parameter tensor_;
};

}  // namespace gan
