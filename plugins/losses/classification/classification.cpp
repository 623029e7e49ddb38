// -log softmax(x)_label, the negative logarithm of the likelihood of the label.
#include <atelier/loss.hpp>

namespace {

using namespace atelier;

class CrossEntropy final : public ClassificationLoss {
 public:
  static void describe(Description& d) {
    d.summary = "Cross entropy of the label, or of every pixel's, and the softmax of the logits.";
    d.reference =
        "Bridle 1990, Probabilistic Interpretation of Feedforward Classification Network Outputs; of every pixel: Long "
        "et al. 2015, Fully Convolutional Networks for Semantic Segmentation";
    d.measure("", Direction::smaller, "nats", "of the true class; of pixels, the mean over an image");
  }
  CrossEntropy(const Settings&, const DataSpec&, Builder&) {}

  // Of every pixel as in Long et al. 2015, section 4: the mean over an image's pixels, so that its size sets no rate.
  Tensor per_sample(Tensor logits, Tensor labels) const override {
    if (logits.rank() != 4) {
      return cross_entropy(logits, labels);
    }
    const Tensor by_pixel = logits.permute({0, 2, 3, 1}).reshape({-1, logits.dim(1)});  // (B H W, classes)
    return mean(cross_entropy(by_pixel, labels.reshape({-1})).reshape({labels.dim(0), -1}), {1});
  }
};

}  // namespace

ATELIER_LOSS("cross-entropy", CrossEntropy)
