#include "frechet.hpp"

#include "feature_metric.hpp"

namespace {

using namespace distances;

class FrechetDistance final : public FeatureMetric {
 public:
  static void describe(Description& d) {
    d.summary =
        "The Frechet distance between Gaussians fitted to features of real and of generated images; 'real' is the same "
        "between training images and the evaluated ones, what a perfect model would have.";
    d.reference =
        "Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule; FID is this in the features of an Inception "
        "network, and figures in other features are not comparable with it";
    describe_features(d);
    d.measure("", Direction::smaller, "squared feature", "between evaluated and generated images");
    d.measure("real", Direction::neither, "squared feature", "between evaluated and training images");
  }
  FrechetDistance(const Settings& settings, const DataSpec&, Builder& build) : FeatureMetric(settings, build) {
    results = {{"", {}}, {"real", {}}, {"samples", {}}};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    const Sets sets = sets_of(collected);
    return {{frechet_distance(sets.real, sets.generated)},
            {frechet_distance(sets.real, sets.training)},
            {static_cast<double>(sets.real.rows())}};
  }
};

}  // namespace

ATELIER_METRIC("frechet-distance", FrechetDistance)
