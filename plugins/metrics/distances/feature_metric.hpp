// What metrics that compare sets of images have in common: real images of the evaluated split, as many training images,
// and as many generated ones, in the features of another run's model.
#pragma once

#include <atelier/metric.hpp>
#include <string>

#include "points.hpp"

namespace distances {

using atelier::At;
using atelier::Builder;
using atelier::Collected;
using atelier::CollectedValues;
using atelier::DataSpec;
using atelier::Description;
using atelier::Direction;
using atelier::Features;
using atelier::Measurement;
using atelier::Metric;
using atelier::Pass;
using atelier::Settings;
using atelier::Tensor;
using atelier::ValueLists;

// Equally many points of each set: distances between small sets are larger than those between large ones.
struct Sets {
  View real, training, generated;
};

class FeatureMetric : public Metric {
 public:
  std::vector<Tensor> batch(Measurement& measurement) const override {
    const Tensor images = measurement.pass() == generated ? measurement.generated() : measurement.images();
    const Tensor features = extractor_(images, feature_).flatten();  // (B, D)
    return {features, measurement.scalar(static_cast<double>(features.dim(0)))};
  }

 protected:
  static void describe_features(Description& d) {
    d.text("from", "",
           "the extractor: another run's model, by its experiment's name or a log's path, or weights: "
           "FILE.safetensors, extractor:NAME")
        .required();
    d.text("feature", "hidden", "the extractor's feature in which images are compared; `atelier plugins` lists them");
    d.integer("samples", 10000, "how many images of each set are compared; fewer where the evaluated split has fewer")
        .range(2, 1e6);
    d.measure("samples", Direction::neither, "images", "of each set");
  }

  FeatureMetric(const Settings& settings, Builder& build)
      : extractor_(build.features(settings.text("from"))), feature_(settings.text("feature")) {
    const int64_t samples = settings.integer("samples");
    const auto kept = [] { return std::vector<Collected>{Collected::each("features", {-1}), Collected::sum("count")}; };
    passes = {Pass::over(Pass::Data::evaluated, kept(), samples), Pass::over(Pass::Data::training, kept(), samples),
              Pass::generated(samples, kept())};
  }

  static Sets sets_of(const CollectedValues& collected) {
    double count = collected[evaluated][1][0];
    for (const ValueLists& pass : collected) {
      count = std::min(count, pass[1][0]);
    }
    const auto set = [&](size_t pass) {
      return View(collected[pass][0].data(), static_cast<Index>(count),
                  static_cast<Index>(static_cast<double>(collected[pass][0].size()) / collected[pass][1][0]));
    };
    return {set(evaluated), set(training), set(generated)};
  }

 private:
  static constexpr size_t evaluated = 0, training = 1, generated = 2;  // passes

  Features extractor_;
  std::string feature_;
};

}  // namespace distances
