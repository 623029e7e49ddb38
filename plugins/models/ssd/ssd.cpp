// Liu et al. 2016, SSD: Single Shot MultiBox Detector: convolutions whose feature maps of several sizes tell, for
// default boxes around each of their places, which class is there and how far from the box.
#include <atelier/model.hpp>

#include "../../common/box_data.hpp"
#include "drawing.hpp"
#include "loss.hpp"

namespace {

using namespace atelier;
using ssd::Boxes;

class SingleShotDetector final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Finds the boxes of things in images, and their classes, in one pass of a convolutional network.";
    d.reference = "Liu et al. 2016, SSD: Single Shot MultiBox Detector";
    d.integers("filters", {16, 32, 64, 64},
               "channels at each level; each level has half the height and width of the last")
        .range(1, 65536);
    d.numbers("scales", {0.2, 0.4}, "of the default boxes at each of the last levels, as parts of the image's sides")
        .range(1e-3, 1);
    d.numbers("aspect_ratios", {1.0, 0.5, 2.0}, "width over height of the default boxes of one scale").range(0.05, 20);
    d.activation("activation", "relu", "of the 3x3 convolutions");
    d.initialization("he_normal");
    d.flag("batch_norm", true, "normalize by batch before the activations");
    d.flag("sync_batch_norm", false, "normalize over the whole batch where train.shards cuts it");
    d.number("match_overlap", 0.5, "intersection over union from which a default box stands for a true one")
        .range(1e-6, 1);
    d.number("negatives", 3, "default boxes without a true one that the loss sees, the worst, for each with one")
        .range(0);
    d.number("suppress_overlap", 0.45, "of two detections of a class that overlap by more the less sure one is dropped")
        .range(0, 1);
    d.integer("detections", 100, "how many of an image's are looked at, the surest").range(1, 10000);
    d.number("shown_score", 0.5, "from which a detection is drawn in pictures").range(0, 1);
    BoxData::describe(d);
    d.measure("loss", Direction::smaller, "nats", "classification and place, for each matched default box of an image");
    d.measure("classification_loss", Direction::smaller, "nats", "cross-entropy");
    d.measure("place_loss", Direction::smaller, "", "the Huber loss of the offsets");
  }

  SingleShotDetector(const Settings& settings, const DataSpec& data, Builder& build)
      : data_(BoxData::of(settings, data, build)),
        image_(data.image()),
        match_overlap_(settings.number("match_overlap")),
        negatives_(settings.number("negatives")),
        suppress_overlap_(settings.number("suppress_overlap")),
        shown_score_(settings.number("shown_score")) {
    const std::vector<int64_t> filters = settings.integers("filters");
    const std::vector<double> scales = settings.numbers("scales"), ratios = settings.numbers("aspect_ratios");
    if (!fits(filters, scales, data, build) || data_.most == 0) {
      return;
    }
    const HiddenOptions layers{.activation = settings.text("activation"),
                               .initializer = Initializer::named(settings.text("initialization")),
                               .norm = !settings.flag("batch_norm")       ? "none"
                                       : settings.flag("sync_batch_norm") ? "synchronized-batch"
                                                                          : "batch"};
    const Builder group = build.group("detector");
    const auto boxes = static_cast<int64_t>(ratios.size()) + 1;  // at a place
    for (size_t i = 0; i < filters.size(); ++i) {
      const std::vector<int64_t> shape{i == 0 ? data.channels() : filters[i - 1], data.height() >> i,
                                       data.width() >> i};
      levels_.emplace_back(group.scope("level." + std::to_string(i)), shape,
                           std::vector<int64_t>{filters[i], filters[i]}, 3, Convolution{.padding = 1}, layers);
      if (const size_t first = filters.size() - scales.size(); i >= first) {
        const double next = i - first + 1 < scales.size() ? scales[i - first + 1] : 1.0;
        default_boxes_.add(shape[1], shape[2], data.height(), data.width(), scales[i - first], next, ratios);
        heads_.emplace_back(group.scope("head." + std::to_string(i - first)), filters[i],
                            boxes * (data_.classes + 1 + 4), 3, Convolution{.padding = 1}, layers.initializer);
      }
    }
    detections_ = std::min(settings.integer("detections"), default_boxes_.count() * data_.classes);
  }

  void train_step(Step& step) const override {
    const ssd::Losses each = losses(step);
    const Tensor loss = mean(each.classification + each.place);
    step.minimize("detector", loss);
    step.log("loss", loss);
    step.log("classification_loss", mean(each.classification));
    step.log("place_loss", mean(each.place));
  }

  void evaluate(Evaluation& evaluation) const override {
    const ssd::Losses each = losses(evaluation);
    evaluation.add_per_sample("loss", each.classification + each.place);
    evaluation.add_per_sample("classification_loss", each.classification);
    evaluation.add_per_sample("place_loss", each.place);
  }

  [[nodiscard]] std::vector<std::string> output_names() const override { return {"detections"}; }
  Tensor output(Evaluation& evaluation, std::string_view name, int64_t draws) const override {
    return name == "detections" ? detections(evaluation) : Model::output(evaluation, name, draws);
  }

  [[nodiscard]] std::vector<View> views() const override {
    return {{.name = "detection",
             .help = "an image with its true boxes, and with those that are found, in the colours of their classes",
             .uses_data = true}};
  }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    if (name != "detection") {
      return Model::view(sampling, name, n);
    }
    const Tensor images = sampling.images(), truth = sampling.data("boxes"), found = detections(sampling);
    const Tensor shown = greater_equal(found.slice(2, 1, 1), shown_score_);
    const auto drawn = [&](Tensor classes, const Boxes& boxes) {
      return ssd::drawn(sampling, images, classes.reshape({n, -1}), boxes, image_, data_.classes);
    };
    return strips({drawn(truth.slice(2, 0, 1), Boxes::of(truth, 1)),
                   drawn(select(shown, found.slice(2, 0, 1), sampling.scalar(-1)), Boxes::of(found, 2))});
  }

 private:
  static bool fits(const std::vector<int64_t>& filters, const std::vector<double>& scales, const DataSpec& data,
                   const Builder& build) {
    const int64_t factor = int64_t{1} << (filters.empty() ? 0 : std::min<size_t>(filters.size() - 1, 32));
    if (data.channels() == 0) {
      build.fail("needs images (C, H, W), the data has none; hint: [dataset] use = \"digit-scenes\"");
    } else if (filters.empty() || data.height() % factor != 0 || data.width() % factor != 0) {
      build.fail("model.filters: " + std::to_string(filters.size()) +
                 " levels, expected at least one, and images whose sides are multiples of " + std::to_string(factor) +
                 "; the data has " + std::to_string(data.height()) + "x" + std::to_string(data.width()));
    } else if (scales.empty() || scales.size() > filters.size()) {
      build.fail("model.scales: " + std::to_string(scales.size()) + " scales, expected 1 to " +
                 std::to_string(filters.size()) + ": one for each of the last levels");
    } else {
      return true;
    }
    return false;
  }

  [[nodiscard]] ssd::Told told(Tensor h) const {
    std::vector<Tensor> parts;
    for (size_t i = 0; i < levels_.size(); ++i) {
      h = levels_[i](i == 0 ? h : max_pool2d(h, {.kernel = 2}));
      if (const size_t first = levels_.size() - heads_.size(); i >= first) {
        parts.push_back(heads_[i - first](h).permute({0, 2, 3, 1}).reshape({h.dim(0), -1, data_.classes + 5}));
      }
    }
    const Tensor all = concatenate(parts, 1);
    return {all.slice(2, 0, data_.classes + 1), all.slice(2, data_.classes + 1, 4)};
  }

  [[nodiscard]] ssd::Losses losses(const Batch& batch) const {
    return ssd::losses(batch, told(batch.images()), default_boxes_, batch.data("boxes"), match_overlap_, negatives_);
  }

  // (B, M, 6), the surest first.
  [[nodiscard]] Tensor detections(const Batch& batch) const {
    const ssd::Told made = told(batch.images());
    const int64_t images = made.logits.dim(0);
    const Tensor scores = softmax(made.logits).slice(2, 1, data_.classes).reshape({images, -1});  // (B, P classes)
    const Sorted best = top_k(scores, detections_, 1);
    const Boxes moved = default_boxes_.moved(batch, made.offsets).gathered(floor_divide(best.places, data_.classes));
    const Tensor classes = to_real(remainder(best.places, data_.classes));
    const Tensor kept = ssd::kept(batch, moved, classes, suppress_overlap_);
    std::vector<Tensor> columns;
    for (const Tensor& column : {classes, best.values, moved.x0, moved.y0, moved.x1, moved.y1}) {
      columns.push_back(select(kept, column, batch.scalar(-1)).reshape({images, detections_, 1}));
    }
    return concatenate(columns, 2);
  }

  BoxData data_;
  Field image_;
  double match_overlap_, negatives_, suppress_overlap_, shown_score_;
  int64_t detections_ = 0;
  std::vector<ConvolutionStack> levels_;  // from the image's size to the smallest
  std::vector<Conv2d> heads_;             // of the last levels
  ssd::DefaultBoxes default_boxes_;
};

}  // namespace

ATELIER_MODEL("ssd", SingleShotDetector)
