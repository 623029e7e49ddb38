// An image from an image through a narrow dense layer: an autoencoder (Hinton & Salakhutdinov 2006) with convolutions
// in front (Masci et al. 2011), a denoising one (Vincent et al. 2008), or a translator from one domain to another.
#include "trunk.hpp"

namespace {

using namespace atelier;

class ImageToImage final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Convolutional network from image to image: autoencoder, denoiser, or translator between domains.";
    d.reference =
        "Masci et al. 2011, Stacked Convolutional Auto-Encoders for Hierarchical Feature Extraction; denoising: "
        "Vincent "
        "et al. 2008, Extracting and Composing Robust Features with Denoising Autoencoders, with the Gaussian noise of "
        "Vincent et al. 2010, section 3.5";
    d.text("task", "autoencode", "what to make of an image: itself, itself without the noise, or the field 'target'")
        .choices({"autoencode", "denoise", "translate"});
    d.number("noise", 0.5, "task 'denoise': standard deviation of the noise that is added to the input").range(0);
    cnn::Trunk::describe(d, {32, 64}, "channels after each convolution; 2x2 maximum pooling after each");
    d.integers("hidden", {128}, "widths of the fully connected layers before the output").range(1, 65536);
    d.activation("activation", "relu", "of all layers but the last");
    d.initialization("he_uniform");
    d.flag("batch_norm", false, "normalize by batch before the activations");
    d.flag("sync_batch_norm", false, "normalize over the whole batch where train.shards cuts it");
    d.number("dropout", 0.0, "rate at which units of the fully connected layers are dropped").range(0, 0.95);
    d.loss("reconstruction", "reconstruction", "bce", "how far the output is from the target");
    d.measure("loss", Direction::smaller, "loss.reconstruction",
              "of the output and the target, the mean over the images");
    d.measure("squared_error", Direction::smaller, "", "of the output and the target, the mean over their elements");
    d.measure("input_squared_error", Direction::neither, "", "of the input and the target: what doing nothing gives");
  }

  ImageToImage(const Settings& settings, const DataSpec& data, Builder& build)
      : task_(settings.text("task")), noise_(settings.number("noise")), reconstruction_(build.loss("reconstruction")) {
    const Field* target = data.find(task_ == "translate" ? "target" : "image");
    if (data.channels() == 0 || target == nullptr || target->dims.size() != 3) {
      build.fail("task '" + task_ + "' needs images" +
                 (task_ == "translate" ? " and targets (C, H, W); hint: [dataset] use = \"transformed-pairs\"" : ""));
      return;
    }
    target_ = {-1, target->dims[0], target->dims[1], target->dims[2]};
    const Builder group = build.group("translator");
    const MlpOptions options{settings.text("activation"),
                             "none",
                             Initializer::named(settings.text("initialization")),
                             settings.flag("batch_norm"),
                             settings.number("dropout"),
                             settings.flag("sync_batch_norm")};
    const auto poolings = static_cast<int64_t>(settings.integers("filters").size());
    trunk_ = cnn::Trunk(group, settings, data.image(), poolings, options);
    std::vector<int64_t> widths = settings.integers("hidden");
    widths.insert(widths.begin(), trunk_.outputs());
    widths.push_back(target->elements());
    dense_ = Mlp(group.scope("dense"), widths, options);
  }

  void train_step(Step& step) const override {
    const Tensor loss = reconstruction_(output_of(input(step)), target(step));
    step.minimize("translator", loss);
    step.log("loss", loss);
  }

  // Beside the loss the squared error of a pixel, and that of the input as it is.
  void evaluate(Evaluation& evaluation) const override {
    const Tensor x = input(evaluation);
    const Tensor output = output_of(x);
    const Tensor wanted = target(evaluation);
    evaluation.add_per_sample("loss", reconstruction_.per_sample(output, wanted));
    evaluation.add_per_sample("squared_error", squared_error(reconstruction_.image(output), wanted));
    if (task_ != "autoencode") {
      evaluation.add_per_sample("input_squared_error", squared_error(x, wanted));
    }
  }

  [[nodiscard]] std::vector<View> views() const override {
    return {{.name = "manipulation", .help = "input, output and target", .uses_data = true}};
  }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    if (name != "manipulation") {
      return Model::view(sampling, name, n);
    }
    const Tensor x = input(sampling);
    return strips({x, reconstruction_.image(output_of(x)), target(sampling)});
  }

 private:
  // Step and Evaluation give the same data.
  template <typename Phase>
  [[nodiscard]] Tensor input(const Phase& phase) const {
    const Tensor x = phase.images();
    return task_ == "denoise" ? x + phase.normal(x.shape()) * noise_ : x;
  }
  template <typename Phase>
  [[nodiscard]] Tensor target(const Phase& phase) const {
    return task_ == "translate" ? phase.data("target") : phase.images();
  }
  [[nodiscard]] Tensor output_of(Tensor x) const { return dense_(trunk_(x)).reshape(target_); }  // raw

  std::string task_;
  double noise_;
  std::vector<int64_t> target_;  // (-1, C', H', W')
  Reconstruction reconstruction_;
  cnn::Trunk trunk_;
  Mlp dense_;
};

}  // namespace

ATELIER_MODEL("cnn-image-to-image", ImageToImage)
