#include "kernel.hpp"

#include "feature_metric.hpp"

namespace {

using namespace distances;

class KernelDistance final : public FeatureMetric {
 public:
  static void describe(Description& d) {
    d.summary =
        "The squared maximum mean discrepancy between features of real and of generated images, by a polynomial "
        "kernel, "
        "without bias: 0 is expected of two sets of one distribution, whatever their size; 'real' is the same between "
        "training images and the evaluated ones.";
    d.reference =
        "Binkowski et al. 2018, Demystifying MMD GANs; theirs is a mean over random subsets, this is of all pairs of "
        "the "
        "samples";
    describe_features(d);
    d.measure("", Direction::smaller, "kernel", "between evaluated and generated images");
    d.measure("real", Direction::neither, "kernel", "between evaluated and training images");
  }
  KernelDistance(const Settings& settings, const DataSpec&, Builder& build) : FeatureMetric(settings, build) {
    results = {{"", {}}, {"real", {}}, {"samples", {}}};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    const Sets sets = sets_of(collected);
    return {{kernel_distance(sets.real, sets.generated)},
            {kernel_distance(sets.real, sets.training)},
            {static_cast<double>(sets.real.rows())}};
  }
};

}  // namespace

ATELIER_METRIC("kernel-distance", KernelDistance)
