// How well boxes are found.
#include <atelier/metric.hpp>
#include <stdexcept>

#include "../../common/box_data.hpp"
#include "average_precision.hpp"

namespace {

using namespace atelier;

class MeanAveragePrecision final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary =
        "Mean over the classes of the average precision of a detector's boxes: the area under precision over recall, "
        "where a box is right that overlaps a true one of its class enough. A class without true boxes does not count.";
    d.reference =
        "Everingham et al. 2010, The Pascal Visual Object Classes (VOC) Challenge, section 4.2; all points of the "
        "curve, as from 2010 on";
    d.number("overlap", 0.5, "least intersection over union of a box and the true one that it finds").range(1e-6, 1);
    BoxData::describe(d);
    d.measure("", Direction::larger, "fraction", "the mean over the classes");
  }
  MeanAveragePrecision(const Settings& settings, const DataSpec& data, Builder& build)
      : data_(BoxData::of(settings, data, build)), overlap_(settings.number("overlap")) {
    passes = {Pass::over(Pass::Data::evaluated,
                         {Collected::each("boxes", {data_.most, 5}), Collected::each("detections", {-1, 6})})};
    results = {{"", {}}, {"by_class", {data_.classes}}};
  }

  std::vector<Tensor> batch(Measurement& measurement) const override {
    return {measurement.data("boxes"), measurement.output("detections")};
  }

  ValueLists finish(const CollectedValues& collected) const override {
    const std::vector<double>&boxes = collected[0][0], &rows = collected[0][1];
    const size_t images = boxes.size() / static_cast<size_t>(data_.most * 5);
    std::vector<detection::Truth> truths;
    for (size_t i = 0; i < boxes.size(); i += 5) {
      if (boxes[i] >= static_cast<double>(data_.classes)) {
        throw std::runtime_error("the field 'boxes' has the class " + std::to_string(static_cast<int64_t>(boxes[i])) +
                                 ", expected 0 to " + std::to_string(data_.classes - 1) +
                                 "; hint: the setting 'classes'");
      }
      if (boxes[i] >= 0) {
        truths.push_back({i / 5 / static_cast<size_t>(data_.most), static_cast<size_t>(boxes[i]), box(&boxes[i + 1])});
      }
    }
    std::vector<detection::Detection> found;
    for (size_t i = 0; i < rows.size(); i += 6) {
      if (rows[i] >= 0) {
        found.push_back({i / (rows.size() / images), static_cast<size_t>(rows[i]), rows[i + 1], box(&rows[i + 2])});
      }
    }
    const std::vector<double> each =
        detection::average_precisions(found, truths, static_cast<size_t>(data_.classes), overlap_);
    double sum = 0, count = 0;
    for (const double one : each) {
      sum += std::isnan(one) ? 0 : one;
      count += std::isnan(one) ? 0 : 1;
    }
    return {{sum / count}, each};
  }

 private:
  static detection::Box box(const double* edges) { return {edges[0], edges[1], edges[2], edges[3]}; }

  BoxData data_;
  double overlap_;
};

}  // namespace

ATELIER_METRIC("mean-average-precision", MeanAveragePrecision)
