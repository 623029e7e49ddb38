// van den Oord et al. 2016a, Pixel Recurrent Neural Networks: p(x) is the product over the pixels, in the order of
// reading, of p(x_i | x_1 ... x_(i-1)) (equation 1), all of them from one pass of masked convolutions. The gated
// network is that of van den Oord et al. 2016b, Conditional Image Generation with PixelCNN Decoders.
#include <atelier/model.hpp>
#include <cmath>
#include <numbers>

#include "network.hpp"

namespace {

using namespace atelier;

class PixelCnn final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Autoregressive model of pixels with an exact likelihood; samples pixel by pixel.";
    d.reference =
        "van den Oord et al. 2016, Pixel Recurrent Neural Networks; gated: van den Oord et al. 2016, Conditional Image "
        "Generation with PixelCNN Decoders";
    d.flag("gated", false, "gated layers on two stacks of features instead of residual blocks");
    d.integer("levels", 2, "values that a pixel can have; images are rounded to the nearest").range(2, 256);
    d.integer("features", 32, "h: residual blocks go from 2h to h and back, gated layers have h").range(1, 65536);
    d.integer("blocks", 7, "residual blocks, or gated layers after the first").range(0, 1024);
    d.integer("kernel", 3, "length of their kernels, odd").range(1, 63);
    d.integer("first_kernel", 7, "length of the first layer's kernel, odd").range(3, 63);
    d.activation("activation", "relu", "of the residual blocks, and of the layers before the output");
    d.initialization("glorot_uniform");
    d.measure("loss", Direction::smaller, "nats", "-log p(x), the mean over the images");
    d.measure("bits_per_dimension", Direction::smaller, "bits/dim", "-log p(x) for each value of an image");
  }

  PixelCnn(const Settings& settings, const DataSpec& data, Builder& build)
      : levels_(settings.integer("levels")), image_(data.image()) {
    pixelcnn::Shape shape;
    if (data.channels() == 0) {
      build.fail("the data has no images (C, H, W), which are what this model is of");
      return;
    }
    shape.colours = data.channels();
    shape.features = settings.integer("features");
    shape.blocks = settings.integer("blocks");
    shape.kernel = settings.integer("kernel");
    shape.first_kernel = settings.integer("first_kernel");
    shape.outputs = shape.colours * (levels_ == 2 ? 1 : levels_);  // one logit is enough for two levels
    shape.gated = settings.flag("gated");
    shape.activation = settings.text("activation");
    shape.initializer = Initializer::named(settings.text("initialization"));
    if (shape.features % shape.colours != 0) {
      build.fail("model.features: " + std::to_string(shape.features) + ", expected a multiple of the images' " +
                 std::to_string(shape.colours) + " channels, as each colour has features of its own");
    }
    network_ = pixelcnn::Network(build.group("network"), shape);
  }

  void train_step(Step& step) const override {
    const Tensor nll = mean(negative_log_likelihood(step.images()));
    step.minimize("network", nll);
    step.log("loss", nll);
    step.log("bits_per_dimension", nll * bits_per_dimension());
  }

  void evaluate(Evaluation& evaluation) const override {
    const Tensor nll = negative_log_likelihood(evaluation.images());
    evaluation.add_per_sample("loss", nll);
    evaluation.add_per_sample("bits_per_dimension", nll * bits_per_dimension());
  }

  std::vector<std::string> output_names() const override { return {"log_likelihood"}; }
  Tensor output(Evaluation& evaluation, std::string_view, int64_t) const override {
    return -negative_log_likelihood(evaluation.images());
  }

  // What the layers computed for a row is kept for the rows below it, and for a pixel, for those to its right.
  Tensor sample(Sampling& sampling, int64_t n) const override {
    const int64_t colours = image_.dims[0];
    const int64_t height = image_.dims[1];
    const int64_t width = image_.dims[2];
    pixelcnn::Memory rows(sampling, width);
    pixelcnn::Memory pixels(sampling, width);
    Tensor images = sampling.full({n, colours, height, width}, 0);
    for (int64_t y = 0; y < height; ++y) {
      const std::vector<Tensor> vertical = network_.vertical(std::ref(rows), sampling.full({n, colours, 1, width}, 0));
      std::vector<Tensor> row;
      for (int64_t x = 0; x < width; ++x) {
        row.push_back(draw_pixel(pixels, at_column(vertical, x), x, sampling.full({n, colours, 1, 1}, 0)));
        pixels.keep(row.back());
      }
      images = images.update_slice(2, y, concatenate(row, 3));
      rows.keep(concatenate(row, 3));
      std::vector<Tensor*> kept{&images};
      for (pixelcnn::Memory* memory : {&rows, &pixels}) {
        memory->end_row();
        memory->add_to(kept);
      }
      sampling.materialize(kept);
    }
    return images * (image_.high - image_.low) + image_.low;
  }

 private:
  // A pixel's colours one after another: red, then green that knows red, then blue that knows both.
  Tensor draw_pixel(pixelcnn::Memory& pixels, const std::vector<Tensor>& vertical, int64_t x, Tensor pixel) const {
    for (int64_t colour = 0; colour < pixel.dim(1); ++colour) {
      pixels.look_at(x);
      const Tensor logits = network_.logits(std::ref(pixels), pixel, vertical);
      pixel = pixel.update_slice(1, colour, draw(logits, colour));
    }
    return pixel;
  }

  // (n, outputs, 1, 1) to (n, 1, 1, 1) in [0, 1]
  [[nodiscard]] Tensor draw(Tensor logits, int64_t colour) const {
    if (levels_ == 2) {
      return bernoulli(sigmoid(logits.slice(1, colour, 1)));
    }
    const Tensor level = categorical(logits.slice(1, colour * levels_, levels_).reshape({-1, levels_}));
    return to_real(level).reshape({-1, 1, 1, 1}) / top();
  }

  static std::vector<Tensor> at_column(std::vector<Tensor> rows, int64_t x) {
    for (Tensor& row : rows) {
      row = row.slice(3, x, 1);
    }
    return rows;
  }

  // -log p(x) (B), in nats
  [[nodiscard]] Tensor negative_log_likelihood(Tensor images) const {
    const Tensor level = floor((images - image_.low) * (top() / (image_.high - image_.low)) + 0.5);  // (B, C, H, W)
    const Tensor x = level / top();
    const Tensor logits = network_.logits(pixelcnn::whole_images, x, network_.vertical(pixelcnn::whole_images, x));
    if (levels_ == 2) {
      return sum(bce_with_logits(logits, level), {1, 2, 3});
    }
    std::vector<float> numbers;
    for (int64_t i = 0; i < levels_; ++i) {
      numbers.push_back(static_cast<float>(i));
    }
    const Tensor each = Recording(x.context()).constant({1, 1, levels_, 1, 1}, numbers);
    const Tensor is_level = equal(level.reshape({-1, x.dim(1), 1, x.dim(2), x.dim(3)}), each);  // (B, C, levels, H, W)
    const Tensor log_p = log_softmax(logits.reshape({-1, x.dim(1), levels_, x.dim(2), x.dim(3)}), 2);
    return -sum(log_p * is_level, {1, 2, 3, 4});
  }

  [[nodiscard]] double top() const { return static_cast<double>(levels_ - 1); }
  [[nodiscard]] double bits_per_dimension() const {
    return 1.0 / (static_cast<double>(image_.elements()) * std::numbers::ln2);
  }

  int64_t levels_;
  Field image_;
  pixelcnn::Network network_;
};

}  // namespace

ATELIER_MODEL("pixelcnn", PixelCnn)
