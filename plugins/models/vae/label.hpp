// The label as condition y, one-hot (B, classes), or an empty tensor where nothing is conditional (Sohn et al. 2015,
// Learning Structured Output Representation using Deep Conditional Generative Models).
#pragma once

#include <atelier/context.hpp>

namespace vae {

using namespace atelier;

class Label {
 public:
  Label() = default;
  Label(const Settings& settings, const DataSpec& data, const Builder& build) {
    if (settings.text("conditional") == "label") {
      classes_ = data.classes();
      if (classes_ == 0) {
        build.fail("model.conditional: 'label', the data has no labels; expected 'none'");
      }
    }
  }
  static void describe(Description& d) {
    d.text("conditional", "none", "what both networks see beside their input").choices({"none", "label"});
  }

  [[nodiscard]] int64_t classes() const { return classes_; }  // 0: not conditional

  template <typename Batch>
  [[nodiscard]] Tensor of(const Batch& batch) const {
    return classes_ == 0 ? Tensor() : one_hot(batch.labels(), classes_);
  }
  // Of n images that are to be generated: every class is as likely.
  [[nodiscard]] Tensor draw(const Recording& recording, int64_t n) const {
    return classes_ == 0 ? Tensor() : one_hot(categorical(recording.full({n, classes_}, 0)), classes_);
  }
  // Each class once, in order.
  [[nodiscard]] Tensor all(const Recording& recording) const {
    std::vector<int64_t> labels;
    for (int64_t label = 0; label < classes_; ++label) {
      labels.push_back(label);
    }
    return one_hot(recording.constant({classes_}, labels), classes_);
  }

 private:
  int64_t classes_ = 0;
};

// Vectors get y as further elements, images as further channels, the same at every pixel.
inline Tensor joined(Tensor x, Tensor y) {
  if (y.context() == nullptr) {
    return x;
  }
  if (x.rank() != 4) {
    return concatenate({x, y}, 1);
  }
  const int64_t classes = y.dim(1);
  const Tensor everywhere = broadcast_to(y.reshape({-1, classes, 1, 1}), {x.dim(0), classes, x.dim(2), x.dim(3)});
  return concatenate({x, everywhere}, 1);
}

}  // namespace vae
