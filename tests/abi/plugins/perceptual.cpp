// A model with features, and one that learns through them, by the loss 'perceptual'.
#include <atelier/model.hpp>

namespace {

using namespace atelier;

// A classifier with batch normalization and dropout, which offers its hidden layer.
class Watcher final : public Model {
 public:
  static void describe(Description& d) { d.summary = "Classifier whose hidden layer others may use."; }
  Watcher(const Settings&, const DataSpec& data, Builder& build)
      : image_{data.channels(), data.height(), data.width()}, low_(data.image().low) {
    const Builder group = build.group("classifier");
    first_ = Linear(group.scope("first"), data.image().elements(), 16);
    normalize_ = BatchNorm(group.scope("norm"), 16);
    last_ = Linear(group.scope("last"), 16, data.classes());
  }

  void train_step(Step& step) const override {
    const Tensor loss = mean(cross_entropy(last_(hidden(step.images())), step.labels()));
    step.minimize("classifier", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images();
    e.add_per_sample("loss", cross_entropy(last_(hidden(x)), e.labels()));
    const Tensor black = e.full({x.dim(0), image_[0], image_[1], image_[2]}, low_);
    e.add_per_sample("from_black", sum(square(hidden(x) - hidden(black)), {1}));
  }
  Tensor sample(Sampling& s, int64_t n) const override { return s.full({n, image_[0], image_[1], image_[2]}, low_); }

  [[nodiscard]] std::vector<std::string> feature_names() const override { return {"hidden", "logits"}; }
  Tensor feature(Recording& r, Tensor images, std::string_view name) const override {
    if (name == "hidden") return hidden(images);
    if (name == "logits") return last_(hidden(images));
    return Model::feature(r, images, name);
  }

 private:
  [[nodiscard]] Tensor hidden(Tensor x) const { return dropout_(tanh(normalize_(first_(x.flatten())))); }

  std::vector<int64_t> image_;
  double low_;
  Linear first_, last_;
  BatchNorm normalize_;
  Dropout dropout_{0.3};
};

// One image, learned.
class Canvas final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Learns the one image that is nearest to all.";
    d.loss("distance", "reconstruction", "", "how far it is from each");
  }
  Canvas(const Settings&, const DataSpec& data, Builder& build)
      : image_{data.channels(), data.height(), data.width()},
        low_(data.image().low),
        distance_(build.loss("distance")),
        first_(build.group("canvas").parameter("first", {1, data.image().elements()}, Initializer::constant(low_))) {}

  void train_step(Step& step) const override {
    const Tensor x = step.images().flatten();
    const Tensor loss = distance_(all(first_.use(x), x), x);
    step.minimize("canvas", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images().flatten();
    e.add_per_sample("loss", distance_.per_sample(all(first_.use(x), x), x));
    e.add_per_sample("from_black", distance_.per_sample(all(e.full({1, x.dim(1)}, low_), x), x));
  }
  Tensor sample(Sampling& s, int64_t n) const override {
    return broadcast_to(first_.use(s.context()).reshape({1, image_[0], image_[1], image_[2]}),
                        {n, image_[0], image_[1], image_[2]});
  }

  // Features of its own, by way of the features that its loss uses: (B, 1).
  [[nodiscard]] std::vector<std::string> feature_names() const override { return {"away"}; }
  Tensor feature(Recording&, Tensor images, std::string_view) const override {
    const Tensor x = images.flatten();
    return distance_.per_sample(all(first_.use(x), x), x).reshape({-1, 1});
  }

 private:
  static Tensor all(Tensor one, Tensor like) { return broadcast_to(one, like.shape()); }

  std::vector<int64_t> image_;
  double low_;
  Reconstruction distance_;
  Parameter first_;
};

}  // namespace

ATELIER_MODEL("watcher", Watcher)
ATELIER_MODEL("canvas", Canvas)
