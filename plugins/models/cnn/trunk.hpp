// The convolutions that the classifier and the image-to-image network begin with: filters of stride 1 whose borders are
// padded, each with an activation, and 2x2 maximum pooling, as in Krizhevsky et al. 2012.
#pragma once

#include <algorithm>
#include <atelier/model.hpp>

namespace cnn {

using namespace atelier;

class Trunk {
 public:
  static void describe(Description& d, std::vector<int64_t> filters, const char* help) {
    d.integers("filters", std::move(filters), help).range(1, 65536);
    d.integer("kernel", 3, "height and width of the filters; odd, the borders are padded").range(1, 15);
  }

  Trunk() = default;
  // `pooled` of the convolutions, from the first one on, are followed by pooling. Settings that don't fit are reported,
  // and nothing is made.
  Trunk(const Builder& build, const Settings& settings, const Field& image, int64_t pooled, const MlpOptions& options)
      : activation_(options.activation), pooled_(static_cast<size_t>(std::max<int64_t>(pooled, 0))) {
    const std::vector<int64_t> filters = settings.integers("filters");
    const int64_t kernel = settings.integer("kernel");
    if (!fits(build, filters, kernel, image, pooled)) {
      return;
    }
    for (size_t i = 0; i < filters.size(); ++i) {
      const Builder layer = build.scope("convolution." + std::to_string(i));
      convolutions_.emplace_back(layer, i == 0 ? image.dims[0] : filters[i - 1], filters[i], kernel,
                                 Convolution{.padding = kernel / 2}, options.initializer);
      if (options.batch_norm) {
        norms_.emplace_back(layer.scope("norm"), filters[i]);
      }
    }
    outputs_ = filters.back() * (image.dims[1] >> pooled) * (image.dims[2] >> pooled);
  }

  [[nodiscard]] int64_t outputs() const { return outputs_; }  // 0 where nothing was made

  // (B, C, H, W) to (B, outputs)
  Tensor operator()(Tensor h) const {
    for (size_t i = 0; i < convolutions_.size(); ++i) {
      h = convolutions_[i](h);
      h = activate(activation_, norms_.empty() ? h : norms_[i](h));
      h = i < pooled_ ? max_pool2d(h, {.kernel = 2}) : h;
    }
    return h.flatten();
  }

 private:
  static bool fits(const Builder& build, const std::vector<int64_t>& filters, int64_t kernel, const Field& image,
                   int64_t pooled) {
    if (kernel % 2 == 0) {
      build.fail("model.kernel: " + std::to_string(kernel) + ", expected an odd number");
    } else if (filters.empty() || pooled > 16 || std::min(image.dims[1], image.dims[2]) >> pooled == 0) {
      build.fail("model.filters: " + std::to_string(filters.size()) + " layers, expected at least one, and no more " +
                 "than the images can be halved between them; the data has " + std::to_string(image.dims[1]) + "x" +
                 std::to_string(image.dims[2]));
    } else {
      return true;
    }
    return false;
  }

  std::string activation_;
  size_t pooled_ = 0;
  int64_t outputs_ = 0;
  std::vector<Conv2d> convolutions_;
  std::vector<BatchNorm> norms_;
};

}  // namespace cnn
