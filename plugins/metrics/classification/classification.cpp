// How well classes are told: of images by the field "label", or of pixels by the field "mask".
#include <algorithm>
#include <atelier/metric.hpp>
#include <cmath>

#include "../common/per_sample.hpp"

namespace {

using namespace atelier;

// What there is to be told of images or of pixels, and what a model tells.
class Labels {
 public:
  Labels(const DataSpec& data, const Builder& build, bool pixels) : pixels_(pixels) {
    const Field* labels = data.find(pixels ? "mask" : "label");
    classes_ = labels == nullptr ? 0 : labels->classes;
    if (classes_ < 1) {
      build.fail(pixels ? "needs data with a mask: an integer field 'mask' (H, W) with a known number of classes"
                        : "needs labelled data: an integer field 'label' with a known number of classes");
    }
  }

  [[nodiscard]] int64_t classes() const { return classes_; }
  struct OneHot {
    Tensor truth, predicted;  // (rows, classes); rows are images, or pixels image by image
  };
  [[nodiscard]] OneHot of(const Measurement& measurement) const {
    Tensor logits = measurement.output("logits");
    Tensor labels = measurement.data(pixels_ ? "mask" : "label");
    if (pixels_) {  // (B, classes, H, W): every pixel is a row
      logits = logits.permute({0, 2, 3, 1}).reshape({-1, classes_});
      labels = labels.reshape({-1});
    }
    return {one_hot(labels, classes_), one_hot(argmax(logits), classes_)};
  }

 private:
  int64_t classes_ = 0;
  bool pixels_;
};

// Counts of (true class, predicted class), over images or pixels.
class ClassCounts : public Metric {
 public:
  ClassCounts(const DataSpec& data, const Builder& build, bool pixels) : labels_(data, build, pixels) {
    const int64_t classes = labels_.classes();
    passes = {Pass::over(Pass::Data::evaluated, {Collected::sum("counts", {classes, classes})})};
  }

  std::vector<Tensor> batch(Measurement& measurement) const override {
    const Labels::OneHot both = labels_.of(measurement);
    return {matmul(both.truth.permute({1, 0}), both.predicted)};
  }

 protected:
  [[nodiscard]] size_t classes() const { return static_cast<size_t>(labels_.classes()); }
  [[nodiscard]] double at(const ValueLists& values, size_t truth, size_t predicted) const {
    return values[0][truth * classes() + predicted];
  }
  // Of all rows (images or pixels) of a class, of all that are taken for it, of those that are both.
  struct Totals {
    double truth = 0, predicted = 0, both = 0;
  };
  [[nodiscard]] Totals totals(const ValueLists& values, size_t one) const {
    Totals out;
    for (size_t other = 0; other < classes(); ++other) {
      out.truth += at(values, one, other);
      out.predicted += at(values, other, one);
    }
    out.both = at(values, one, one);
    return out;
  }

 private:
  Labels labels_;
};

class Accuracy final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "Share of the images (or pixels) whose class has the largest logit.";
    d.flag("pixels", false, "tell the class of each pixel, by the mask");
    d.measure("", Direction::larger, "fraction", "of the images, or of the pixels");
    PerSample::describe(d);
  }
  Accuracy(const Settings& settings, const DataSpec& data, Builder& build)
      : labels_(data, build, settings.flag("pixels")), per_sample_(settings, data, build) {
    passes = {Pass::over(Pass::Data::evaluated, {Collected::each("right")})};
    results = {{"", {}}};
    per_sample_.add_to(results);
  }
  // Of each image: 1 where its class is found, or the share of its pixels whose class is.
  std::vector<Tensor> batch(Measurement& measurement) const override {
    const Labels::OneHot both = labels_.of(measurement);
    const Tensor right = sum(both.truth * both.predicted, {1});
    return {mean(right.reshape({measurement.batch_size(), -1}), {1})};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    ValueLists values{{PerSample::mean(collected[0][0])}};
    per_sample_.add_to(values, collected[0][0]);
    return values;
  }

 private:
  Labels labels_;
  PerSample per_sample_;
};

class ConfusionMatrix final : public ClassCounts {
 public:
  static void describe(Description& d) {
    d.summary = "How many images (or pixels) of each true class (row) were taken for each class (column).";
    d.flag("pixels", false, "tell the class of each pixel, by the mask");
    d.measure("smallest_recall", Direction::larger, "fraction", "of the class that is found worst");
  }
  ConfusionMatrix(const Settings& settings, const DataSpec& data, Builder& build)
      : ClassCounts(data, build, settings.flag("pixels")) {
    const auto n = static_cast<int64_t>(classes());
    results = {{"", {n, n}}, {"recall", {n}}, {"precision", {n}}, {"smallest_recall", {}}};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    const ValueLists& values = collected[0];
    std::vector<double> recall, precision;
    for (size_t one = 0; one < classes(); ++one) {
      const Totals found = totals(values, one);
      recall.push_back(found.both / found.truth);
      precision.push_back(found.both / found.predicted);
    }
    const double smallest = *std::min_element(recall.begin(), recall.end(), [](double a, double b) {
      return a < b || (std::isnan(b) && !std::isnan(a));  // a class without images has no recall
    });
    return {values[0], recall, precision, {smallest}};
  }
};

class IntersectionOverUnion final : public ClassCounts {
 public:
  static void describe(Description& d) {
    d.summary =
        "Of each class, the pixels that are both of it and taken for it over those that are either, over the whole "
        "split; and the mean over the classes.";
    d.reference = "Everingham et al. 2010, The Pascal Visual Object Classes (VOC) Challenge, section 4.4";
    d.measure("mean", Direction::larger, "fraction", "the mean over the classes");
  }
  IntersectionOverUnion(const Settings&, const DataSpec& data, Builder& build) : ClassCounts(data, build, true) {
    results = {{"mean", {}}, {"by_class", {static_cast<int64_t>(classes())}}};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    const ValueLists& values = collected[0];
    std::vector<double> each;
    double sum = 0;
    double there = 0;  // classes that are in a mask or a prediction; of others nothing can be said
    for (size_t one = 0; one < classes(); ++one) {
      const Totals found = totals(values, one);
      const double either = found.truth + found.predicted - found.both;
      each.push_back(found.both / either);
      sum += either > 0 ? each.back() : 0;
      there += either > 0 ? 1 : 0;
    }
    return {{sum / there}, each};
  }
};

}  // namespace

ATELIER_METRIC("accuracy", Accuracy)
ATELIER_METRIC("confusion-matrix", ConfusionMatrix)
ATELIER_METRIC("intersection-over-union", IntersectionOverUnion)
