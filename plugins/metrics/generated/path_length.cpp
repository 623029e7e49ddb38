// How smoothly images change along paths through the latent space.
#include <atelier/interpolation.hpp>
#include <atelier/metric.hpp>

namespace {

using namespace atelier;

// Of images G and features f, over the paths z(t) = cos(pi t / 2) a + sin(pi t / 2) b between draws a and b, with t
// uniform in [0, 1) and the step s:
//   E |f(G(z(t + s))) - f(G(z(t)))|^2 / s^2
class PathLength final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary =
        "Perceptual path length: the mean squared distance that an image's features move over a small step along a "
        "path "
        "between two draws of the latents, over the squared step; small where images change smoothly. 'real' is the "
        "mean squared distance between the features of two real images: what a path has that goes straight, with equal "
        "speed, from one to the other.";
    d.reference =
        "Karras, Laine and Aila 2019, A Style-Based Generator Architecture for Generative Adversarial Networks, "
        "section "
        "4.1; theirs is in features of a VGG network, and figures in other features are not comparable with it";
    d.text("from", "",
           "the extractor: another run's model, by its experiment's name or a log's path, or weights: "
           "FILE.safetensors, extractor:NAME")
        .required();
    d.text("feature", "hidden", "the extractor's feature in which distances are taken");
    d.integer("samples", 10000, "how many steps, each of a path of its own; fewer where the evaluated split has fewer")
        .range(2, 1e7);
    d.measure("", Direction::smaller, "squared feature", "for a whole path, at the mean speed");
    d.measure("real", Direction::neither, "squared feature", "between two images of the evaluated split");
    d.measure("samples", Direction::neither, "steps", "and as many images of the split");
  }
  PathLength(const Settings& settings, const DataSpec&, Builder& build)
      : extractor_(build.features(settings.text("from"))), feature_(settings.text("feature")) {
    passes = {Pass::over(Pass::Data::evaluated, {Collected::each("moved"), Collected::each("features", {-1})},
                         settings.integer("samples"))};
    results = {{"", {}}, {"real", {}}, {"samples", {}}};
  }

  std::vector<Tensor> batch(Measurement& measurement) const override {
    const Tensor images = measurement.images();                                                   // (B, C, H, W)
    const Tensor steps = measurement.output("path_step");                                         // (B, 2, C, H, W)
    const Tensor both = features(steps.reshape({-1, steps.dim(2), steps.dim(3), steps.dim(4)}));  // (2 B, D)
    const Tensor pairs = both.reshape({-1, 2, both.dim(1)});
    const Tensor moved = (pairs.slice(1, 1, 1) - pairs.slice(1, 0, 1)) * (1 / path_step);
    return {sum(square(moved), {1, 2}), features(images)};
  }

  ValueLists finish(const CollectedValues& collected) const override {
    const std::vector<double>& moved = collected[0][0];
    const auto count = static_cast<double>(moved.size());
    double length = 0;
    for (const double one : moved) {
      length += one;
    }
    return {{length / count}, {between_two(collected[0][1], moved.size())}, {count}};
  }

 private:
  [[nodiscard]] Tensor features(Tensor images) const { return extractor_(images, feature_).flatten(); }

  // The mean over all pairs: twice the features' variances (over n - 1), added up.
  static double between_two(const std::vector<double>& points, size_t count) {
    const size_t dimensions = points.size() / count;
    const auto n = static_cast<double>(count);
    double total = 0;
    for (size_t d = 0; d < dimensions; ++d) {
      double mean = 0, squares = 0;
      for (size_t i = 0; i < count; ++i) {
        mean += points[i * dimensions + d] / n;
      }
      for (size_t i = 0; i < count; ++i) {
        const double difference = points[i * dimensions + d] - mean;
        squares += difference * difference;
      }
      total += 2 * squares / (n - 1);
    }
    return total;
  }

  Features extractor_;
  std::string feature_;
};

}  // namespace

ATELIER_METRIC("path-length", PathLength)
