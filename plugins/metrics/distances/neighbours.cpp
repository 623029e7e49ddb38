#include "neighbours.hpp"

#include "feature_metric.hpp"

namespace {

using namespace distances;

// Two numbers about how the sets overlap, and the same of training images in the generated ones' place.
class NeighbourMetric : public FeatureMetric {
 protected:
  static void describe_neighbours(Description& d, int64_t neighbours) {
    describe_features(d);
    d.integer("neighbours", neighbours, "a ball reaches to so many-th nearest point of the same set").range(1, 1000);
  }
  NeighbourMetric(const Settings& settings, Builder& build)
      : FeatureMetric(settings, build), neighbours_(settings.integer("neighbours")) {
    if (settings.integer("samples") <= neighbours_) {
      build.fail("neighbours: got " + std::to_string(neighbours_) + ", expected fewer than the samples, " +
                 std::to_string(settings.integer("samples")));
    }
  }
  // Where a split has hardly any images, a point has fewer neighbours.
  [[nodiscard]] Overlap overlap_of(const View& real, const View& other) const {
    return overlap(real, other, std::min<Index>(neighbours_, real.rows() - 1));
  }

 private:
  int64_t neighbours_;
};

class PrecisionRecall final : public NeighbourMetric {
 public:
  static void describe(Description& d) {
    d.summary =
        "Which share of generated images lies among real ones (precision: fidelity), and which share of real images "
        "among generated ones (recall: variety), by balls around the features of each image.";
    d.reference = "Kynkaanniemi et al. 2019, Improved Precision and Recall Metric for Assessing Generative Models";
    describe_neighbours(d, 3);
    d.measure("precision", Direction::larger, "fraction", "of the generated images");
    d.measure("recall", Direction::larger, "fraction", "of the evaluated images");
    d.measure("real_precision", Direction::neither, "fraction", "training images in the place of generated ones");
    d.measure("real_recall", Direction::neither, "fraction", "training images in the place of generated ones");
  }
  PrecisionRecall(const Settings& settings, const DataSpec&, Builder& build) : NeighbourMetric(settings, build) {
    results = {{"precision", {}}, {"recall", {}}, {"real_precision", {}}, {"real_recall", {}}, {"samples", {}}};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    const Sets sets = sets_of(collected);
    const Overlap found = overlap_of(sets.real, sets.generated);
    const Overlap real = overlap_of(sets.real, sets.training);
    return {
        {found.precision}, {found.recall}, {real.precision}, {real.recall}, {static_cast<double>(sets.real.rows())}};
  }
};

class DensityCoverage final : public NeighbourMetric {
 public:
  static void describe(Description& d) {
    d.summary =
        "How many real images' balls a generated image lies in (density: fidelity, may be above 1), and which share of "
        "real images has a generated one in its ball (coverage: variety).";
    d.reference = "Naeem et al. 2020, Reliable Fidelity and Diversity Metrics for Generative Models";
    describe_neighbours(d, 5);
    d.measure("density", Direction::larger, "balls", "around a generated image, over the number of neighbours");
    d.measure("coverage", Direction::larger, "fraction", "of the evaluated images");
    d.measure("real_density", Direction::neither, "balls", "training images in the place of generated ones");
    d.measure("real_coverage", Direction::neither, "fraction", "training images in the place of generated ones");
  }
  DensityCoverage(const Settings& settings, const DataSpec&, Builder& build) : NeighbourMetric(settings, build) {
    results = {{"density", {}}, {"coverage", {}}, {"real_density", {}}, {"real_coverage", {}}, {"samples", {}}};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    const Sets sets = sets_of(collected);
    const Overlap found = overlap_of(sets.real, sets.generated);
    const Overlap real = overlap_of(sets.real, sets.training);
    return {
        {found.density}, {found.coverage}, {real.density}, {real.coverage}, {static_cast<double>(sets.real.rows())}};
  }
};

}  // namespace

ATELIER_METRIC("precision-recall", PrecisionRecall)
ATELIER_METRIC("density-coverage", DensityCoverage)
