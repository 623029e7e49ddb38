#include "sliced.hpp"

#include "feature_metric.hpp"

namespace {

using namespace distances;

class SlicedWassersteinDistance final : public FeatureMetric {
 public:
  static void describe(Description& d) {
    d.summary =
        "The sliced 2-Wasserstein distance between features of real and of generated images: along random directions, "
        "in which sorting finds it. Cheap enough for every evaluation; 'real' is the same between training images and "
        "the evaluated ones.";
    d.reference = "Bonneel et al. 2015, Sliced and Radon Wasserstein Barycenters of Measures, section 2";
    describe_features(d);
    d.integer("directions", 256, "how many, the same ones in all runs").range(1, 1e6);
    d.measure("", Direction::smaller, "feature", "between evaluated and generated images");
    d.measure("real", Direction::neither, "feature", "between evaluated and training images");
  }
  SlicedWassersteinDistance(const Settings& settings, const DataSpec&, Builder& build)
      : FeatureMetric(settings, build), directions_(settings.integer("directions")) {
    results = {{"", {}}, {"real", {}}, {"samples", {}}};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    const Sets sets = sets_of(collected);
    constexpr uint64_t seed = 1;
    return {{sliced_wasserstein_distance(sets.real, sets.generated, directions_, seed)},
            {sliced_wasserstein_distance(sets.real, sets.training, directions_, seed)},
            {static_cast<double>(sets.real.rows())}};
  }

 private:
  int64_t directions_;
};

}  // namespace

ATELIER_METRIC("sliced-wasserstein-distance", SlicedWassersteinDistance)
