// Conditions of a generative model: what they are, and how a network takes them in.
#pragma once

#include <algorithm>
#include <atelier/layers.hpp>

namespace atelier {

// What images are generated from beside noise: their label, one-hot (Mirza & Osindero 2014, Conditional Generative
// Adversarial Nets), or what another run's model sees in a real image. One vector for each image, (B, length); an empty
// tensor where there is no condition.
class Condition {
 public:
  static void describe(Description& d) {
    d.text("conditional", "none",
           "what images are conditional on: their label, or what another run's model sees in a real image")
        .choices({"none", "label", "features"});
    d.text("condition_from", "", "for features: the other run, by its experiment's name or by its log");
    d.text("condition_feature", "logits", "for features: which of that model's");
    d.integer("condition_length", 0, "for features: the length of one; 0: the number of classes, as logits have")
        .range(0, 65536);
    d.integer("condition_embedding", 0,
              "length of the vector in which each network embeds the condition; 0: it takes it as it is")
        .range(0, 65536);
  }

  Condition(const Settings& settings, const DataSpec& data, const Builder& build)
      : kind_(settings.text("conditional")),
        feature_(settings.text("condition_feature")),
        classes_(kind_ == "label" ? data.classes() : 0),
        embedding_(settings.integer("condition_embedding")) {
    const std::string from = settings.text("condition_from");
    if (kind_ == "label" && classes_ == 0) {
      build.fail("model.conditional: 'label', the data has no labels; expected 'none' or 'features'");
    } else if ((kind_ == "features") == from.empty()) {
      build.fail("model.condition_from: '" + from + "' where model.conditional is '" + kind_ +
                 "'; expected another run for 'features', and none otherwise");
    } else if (kind_ == "features") {
      length_ = settings.integer("condition_length") == 0 ? data.classes() : settings.integer("condition_length");
      if (length_ == 0) {
        build.fail("model.condition_length: 0, expected the length of a feature, as the data has no classes");
      }
      features_ = build.features(from);
      recent_ = build.state("condition.recent", {remembered, length_}, 0);
    } else {
      length_ = classes_;
    }
  }

  [[nodiscard]] int64_t length() const { return length_; }
  [[nodiscard]] int64_t embedding() const { return embedding_; }
  [[nodiscard]] int64_t classes() const { return classes_; }  // of labels; 0 where they are no condition

  // Those of the current batch, in training and in evaluation.
  [[nodiscard]] Tensor of(const Batch& batch, Location at = {}) const {
    const CalledFrom caller(at);
    if (kind_ == "none") return {};
    if (kind_ == "label") return one_hot(batch.labels(), classes_);
    const Tensor found = features_(batch.images(), feature_).flatten().detach();
    if (found.dim(1) != length_) {
      batch.fail("model.condition_length: " + std::to_string(length_) + ", expected " + std::to_string(found.dim(1)) +
                 ", the length of the feature '" + feature_ + "'");
    }
    return found;
  }
  // Each label in turn, `rows` times over: (rows classes, length).
  [[nodiscard]] Tensor of_each_class(const Recording& recording, int64_t rows, Location at = {}) const {
    const CalledFrom caller(at);
    std::vector<int64_t> labels(static_cast<size_t>(rows * classes_));
    for (size_t i = 0; i < labels.size(); ++i) {
      labels[i] = static_cast<int64_t>(i) % classes_;
    }
    return one_hot(recording.constant({rows * classes_}, labels), classes_);
  }
  // Keeps the features of the latest training images, as there are no real images to sample from: those of the first
  // step as often as they fit, until others take their places.
  void remember(const Step& step, Tensor condition, Location at = {}) const {
    if (kind_ != "features") {
      return;
    }
    const CalledFrom caller(at);
    const int64_t fresh = std::min(condition.dim(0), remembered);
    if (step.step() == 1) {
      std::vector<int64_t> rows(static_cast<size_t>(remembered));
      for (size_t i = 0; i < rows.size(); ++i) {
        rows[i] = static_cast<int64_t>(i) % fresh;
      }
      recent_.assign(gather(condition, step.constant({remembered}, rows)));
    } else {
      const Tensor before = recent_.use(step.context()).slice(0, 0, remembered - fresh);
      recent_.assign(fresh == remembered ? condition.slice(0, 0, fresh)
                                         : concatenate({condition.slice(0, 0, fresh), before}, 0));
    }
  }
  // For n images: labels drawn uniformly, or features of recent training images.
  [[nodiscard]] Tensor draw(const Recording& recording, int64_t n, Location at = {}) const {
    if (kind_ == "none") return {};
    const CalledFrom caller(at);
    const int64_t choices = kind_ == "label" ? classes_ : remembered;
    const Tensor drawn = categorical(recording.full({n, choices}, 0));
    return kind_ == "label" ? one_hot(drawn, classes_) : gather(recent_.use(recording.context()), drawn);
  }

 private:
  static constexpr int64_t remembered = 1024;

  std::string kind_, feature_;
  int64_t classes_, embedding_, length_ = 0;
  Features features_;
  Parameter recent_;
};

// Each so often after itself, for so many latent vectors; where there is no condition, none.
inline Tensor repeat_condition(Tensor condition, int64_t times, Location at = {}) {
  return condition.handle() == 0 ? condition : repeat({condition, at}, times);
}

// Joins a condition to a network's input: to vectors (B, n) as further elements, to images (B, C, H, W) as further
// channels, the same at every pixel.
class ConditionInput {
 public:
  ConditionInput() = default;  // no condition: the input stays as it is
  // `initializer` is that of the embedding.
  ConditionInput(const Builder& build, const Condition& condition, Initializer initializer)
      : length_(condition.length()), embeds_(length_ > 0 && condition.embedding() > 0) {
    if (embeds_) {
      embedding_ = Linear(build, length_, condition.embedding(), initializer);
      length_ = condition.embedding();
    }
  }

  [[nodiscard]] int64_t length() const { return length_; }  // that the input grows by

  Tensor operator()(Tensor x, Tensor condition, Location at = {}) const {
    if (length_ == 0) {
      return x;
    }
    const CalledFrom caller(at);
    const Tensor c = embeds_ ? embedding_(condition) : condition;
    if (x.rank() == 2) {
      return concatenate({x, c}, 1);
    }
    const Tensor everywhere = broadcast_to(c.reshape({-1, length_, 1, 1}), {x.dim(0), length_, x.dim(2), x.dim(3)});
    return concatenate({x, everywhere}, 1);
  }

 private:
  int64_t length_ = 0;
  bool embeds_ = false;
  Linear embedding_;
};

}  // namespace atelier
