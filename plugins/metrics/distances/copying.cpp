#include "copying.hpp"

#include <atelier/metric.hpp>

namespace {

using namespace atelier;

// Does the model repeat its training images?
class DataCopying final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary =
        "Whether generated images are nearer to training images than unseen real ones are: 'nearer' is the probability "
        "of that, 0.5 where nothing is copied; 'copies' the share of generated images that are nearer than all but a "
        "hundredth of the evaluated ones, 0.01 where nothing is copied.";
    d.reference =
        "Meehan et al. 2020, A Non-Parametric Test to Detect Data-Copying in Generative Models, over the whole space";
    d.text("from", "",
           "in whose features distances are taken: another run's model, or weights: FILE.safetensors, extractor:NAME; "
           "without it between pixels");
    d.text("feature", "hidden", "the extractor's feature in which images are compared");
    d.integer("samples", 2000, "how many generated and evaluated images; fewer where the split has fewer")
        .range(2, 1e6);
    d.measure("z", Direction::neither, "deviations", "of the rank test; far below 0: images are copied");
    d.measure("nearer", Direction::neither, "fraction", "0.5 where nothing is copied");
    d.measure("copies", Direction::smaller, "fraction", "of the generated images");
    d.measure("samples", Direction::neither, "images", "generated, and of the evaluated split");
  }
  DataCopying(const Settings& settings, const DataSpec&, Builder& build)
      : feature_(settings.text("feature")), in_pixels_(settings.text("from").empty()) {
    if (!in_pixels_) {
      extractor_ = build.features(settings.text("from"));
    }
    const int64_t samples = settings.integer("samples");
    const auto kept = [] { return std::vector<Collected>{Collected::each("points", {-1}), Collected::sum("count")}; };
    passes = {Pass::over(Pass::Data::training, kept()), Pass::over(Pass::Data::evaluated, kept(), samples),
              Pass::generated(samples, kept())};
    results = {{"z", {}}, {"nearer", {}}, {"copies", {}}, {"samples", {}}};
  }

  std::vector<Tensor> batch(Measurement& measurement) const override {
    const Tensor images = measurement.pass() == 2 ? measurement.generated() : measurement.images();
    const Tensor points = (in_pixels_ ? images : extractor_(images, feature_)).flatten();
    return {points, measurement.scalar(static_cast<double>(points.dim(0)))};
  }

  ValueLists finish(const CollectedValues& collected) const override {
    const double count = std::min(collected[1][1][0], collected[2][1][0]);
    const auto set = [&](size_t pass, double points) {
      return distances::View(
          collected[pass][0].data(), static_cast<Eigen::Index>(points),
          static_cast<Eigen::Index>(static_cast<double>(collected[pass][0].size()) / collected[pass][1][0]));
    };
    const distances::View training = set(0, collected[0][1][0]);
    const distances::Copying found = distances::copying(distances::nearest_in(set(1, count), training),
                                                        distances::nearest_in(set(2, count), training));
    return {{found.z}, {found.nearer}, {found.copies}, {count}};
  }

 private:
  Features extractor_;
  std::string feature_;
  bool in_pixels_;
};

}  // namespace

ATELIER_METRIC("data-copying", DataCopying)
