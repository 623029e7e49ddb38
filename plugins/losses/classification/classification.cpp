// -log softmax(x)_label, the negative logarithm of the likelihood of the label.
#include <atelier/loss.hpp>

namespace {

using namespace atelier;

class CrossEntropy final : public ClassificationLoss {
 public:
  static void describe(Description& d) {
    d.summary = "Cross entropy of the label and the softmax of the logits.";
    d.reference = "Bridle 1990, Probabilistic Interpretation of Feedforward Classification Network Outputs";
  }
  CrossEntropy(const Settings&, const DataSpec&, Builder&) {}
  Tensor per_sample(Tensor logits, Tensor labels) override { return cross_entropy(logits, labels); }
};

}  // namespace

ATELIER_LOSS("cross-entropy", CrossEntropy)
