// The convolutions that the classifier and the image-to-image network begin with: filters of stride 1 whose borders are
// padded, each with an activation, and 2x2 maximum pooling, as in Krizhevsky et al. 2012.
#pragma once

#include <algorithm>
#include <atelier/model.hpp>

namespace cnn {

using namespace atelier;

class Trunk {
 public:
  static void describe(Description& d, const std::vector<int64_t>& filters, const char* help) {
    d.integers("filters", filters, help).range(1, 65536);
    d.integer("kernel", 3, "height and width of the filters; odd, the borders are padded").range(1, 15);
  }

  Trunk() = default;
  // `pooled` of the convolutions, from the first one on, are followed by pooling. Settings that don't fit are reported,
  // and nothing is made.
  Trunk(const Builder& build, const Settings& settings, const Field& image, int64_t pooled, const MlpOptions& options) {
    const std::vector<int64_t> filters = settings.integers("filters");
    const int64_t kernel = settings.integer("kernel");
    if (!fits(build, filters, kernel, image, pooled)) {
      return;
    }
    HiddenOptions hidden = options.hidden();
    hidden.dropout = 0;
    convolutions_ = ConvolutionStack(build.scope("convolution"), image.dims, filters, kernel, {.padding = kernel / 2},
                                     hidden, static_cast<size_t>(pooled));
  }

  [[nodiscard]] int64_t outputs() const { return convolutions_.outputs(); }  // 0 where nothing was made

  // (B, C, H, W) to (B, outputs)
  Tensor operator()(Tensor images) const { return convolutions_(images).flatten(); }

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

  ConvolutionStack convolutions_;
};

}  // namespace cnn
