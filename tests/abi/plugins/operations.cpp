// Functions and layers that no other plugin uses, each telling by a number in the log how far it is from what it says.
#include <atelier/model.hpp>
#include <atelier/multi_head_attention.hpp>
#include <atelier/operations.hpp>
#include <limits>

namespace {

using namespace atelier;

class Operations final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Exercises functions and layers of the wrapper.";
    d.text("mistake", "none", "which split does not fit");
  }

  Operations(const Settings& settings, const DataSpec& data, Builder& build) : mistake_(settings.text("mistake")) {
    const Builder net = build.group("net");
    row_ = Conv1d(net.scope("row"), 8, 6, 3, {.stride = 2, .padding = {2, 1}});
    row_back_ = ConvTranspose1d(net.scope("row_back"), 6, 4, 4, {.stride = 2, .padding = 1});
    plane_ = Conv2d(net.scope("plane"), 4, 4, {1, 3}, {.padding = {0, 1}, .groups = 2});
    volume_ = Conv3d(net.scope("volume"), 2, 4, {2, 1, 3}, {.padding = {1, 0, 0, 0, 1, 1}})
                  .with_spectral_norm(net.scope("volume"));
    volume_back_ = ConvTranspose3d(net.scope("volume_back"), 4, 4, {2, 1, 1});
    attention_ = MultiHeadAttention(net.scope("attention"), 4, 2, {.causal = true});
    last_ = Linear(net.scope("last"), 24 * 4, data.classes());
  }

  void train_step(Step& step) const override {
    rearranged(step);
    convolved(step);
    sampled(step);
    multiplied(step);
    const Tensor loss = mean(cross_entropy(logits(step.images()), step.labels()));
    step.log("loss", loss);
    step.minimize("net", loss);
  }
  void evaluate(Evaluation& e) const override {
    e.add_per_sample("loss", cross_entropy(logits(e.images()), e.labels()));
  }
  Tensor sample(Sampling& s, int64_t n) const override { return s.full({n, 1, 8, 8}, 0.5); }

 private:
  // Images (B, 1, 8, 8) as signals of 8 channels, then as images, as volumes, and as sequences.
  [[nodiscard]] Tensor logits(Tensor images) const {
    const Tensor signals = row_back_(relu(row_(squeeze(images, {1}))));                       // (B, 4, 10)
    const Tensor planes = plane_(max_pool1d(signals, {.stride = 1}).reshape({-1, 4, 1, 9}));  // (B, 4, 1, 9)
    const Tensor volumes = avg_pool3d(planes.reshape({-1, 2, 2, 1, 9}), {.kernel = {1, 1, 2}, .stride = {1, 1, 1}});
    const Tensor back = volume_back_(volume_(volumes));  // (B, 4, 3, 1, 8)
    const Tensor sequence = transpose(back.reshape({-1, 4, 24}));
    return last_(attention_(sequence).flatten());
  }

  static void expect(const Step& step, const std::string& name, Tensor got, const std::vector<int64_t>& shape,
                     const std::vector<float>& values) {
    if (got.shape() != shape) {
      step.fail(name + " has another shape");
    }
    step.log("off." + name, max(abs(got - step.constant(shape, values))));
  }

  void rearranged(const Step& step) const {
    const Tensor x = step.constant({2, 3}, std::vector<float>{0, 1, 2, 3, 4, 5});
    expect(step, "transpose", transpose(x), {3, 2}, {0, 3, 1, 4, 2, 5});
    expect(step, "unsqueeze", unsqueeze(x, -1), {2, 3, 1}, {0, 1, 2, 3, 4, 5});
    expect(step, "stack", stack({x, x}, 1), {2, 2, 3}, {0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5});
    const std::vector<Tensor> parts = split(x, {1, 2}, 1);
    expect(step, "split.0", parts[0], {2, 1}, {0, 3});
    expect(step, "split.1", parts[1], {2, 2}, {1, 2, 4, 5});
    expect(step, "split_equally", split_equally(x, 2)[1], {1, 3}, {3, 4, 5});
    if (mistake_ != "none") {
      mistake_ == "lengths" ? split(x, {1, 3}, 1) : split_equally(x, 2, 1);
    }
    expect(step, "tile", tile(x, {1, 2}), {2, 6}, {0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5});
    expect(step, "repeat", repeat(x, 2, -1), {2, 6}, {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5});
    expect(step, "flip", flip(x, {0, 1}), {2, 3}, {5, 4, 3, 2, 1, 0});
    expect(step, "roll", roll(x, {1, -1}, {0, 1}), {2, 3}, {4, 5, 3, 1, 2, 0});
    expect(step, "strided_slice", strided_slice(x, 1, {}, {}, -2), {2, 2}, {2, 0, 5, 3});
    expect(step, "strided_slice.open", strided_slice(x, 1, 1, {}), {2, 2}, {1, 2, 4, 5});
    expect(step, "pad_constant", pad_constant(x, {0, 1}, {0, 0}, 7), {2, 4}, {7, 0, 1, 2, 7, 3, 4, 5});
    expect(step, "pad_reflect", pad_reflect(x, {0, 1}, {0, 0}), {2, 4}, {1, 0, 1, 2, 4, 3, 4, 5});
    expect(step, "pad_replicate", pad_replicate(x, {0, 0}, {0, 1}), {2, 4}, {0, 1, 2, 2, 3, 4, 5, 5});
    expect(step, "pad_circular", pad_circular(x, {0, 0}, {0, 1}), {2, 4}, {0, 1, 2, 0, 3, 4, 5, 3});
  }

  static void convolved(const Step& step) {
    const Tensor image = step.constant({1, 1, 2, 3}, std::vector<float>{0, 1, 2, 3, 4, 5});
    const Tensor ones = step.full({1, 1, 1, 2}, 1);
    expect(step, "conv2d", conv2d(image, ones, {.stride = {2, 1}, .padding = {0, 0, 1, 0}}), {1, 1, 1, 3}, {0, 1, 3});
    const Tensor up = conv_transpose2d(image, ones, step.full({1}, 10), {.stride = {1, 2}, .output_padding = {0, 1}});
    expect(step, "conv_transpose2d", up, {1, 1, 2, 7}, {10, 10, 11, 11, 12, 12, 10, 13, 13, 14, 14, 15, 15, 10});
    expect(step, "max_pool2d", max_pool2d(image, {.kernel = {1, 2}, .stride = 1}), {1, 1, 2, 2}, {1, 2, 4, 5});
    const Tensor volume = image.reshape({1, 1, 2, 1, 3});
    expect(step, "max_pool3d", max_pool3d(volume, {.kernel = {2, 1, 1}}), {1, 1, 1, 1, 3}, {3, 4, 5});
    expect(step, "avg_pool1d", avg_pool1d(image.reshape({1, 2, 3}), {.padding = {1, 0}, .count_padding = false}),
           {1, 2, 2}, {0, 1.5, 3, 4.5});
    const Tensor columns = unfold(image, {2, 2});
    expect(step, "unfold", columns, {1, 4, 2}, {0, 1, 1, 2, 3, 4, 4, 5});
    expect(step, "fold", fold(columns, {2, 3}, {2, 2}), {1, 1, 2, 3}, {0, 2, 2, 3, 8, 5});
  }

  static void sampled(const Step& step) {
    const Tensor image = step.constant({1, 1, 1, 2}, std::vector<float>{2, 4});
    const Tensor grid = step.constant({1, 1, 3, 2}, std::vector<float>{0, 0, 0.9F, 0, 3, 0});
    expect(step, "grid_sample", grid_sample(image, grid, {.align_corners = true}), {1, 1, 1, 3}, {3, 3.9F, 0});
    expect(step, "grid_sample.nearest",
           grid_sample(image, grid, {.nearest = true, .outside = GridSampling::Outside::border}), {1, 1, 1, 3},
           {2, 4, 4});
    expect(step, "upsample_bicubic2d", upsample_bicubic2d(image, 1, 1), {1, 1, 1, 1}, {3});
  }

  static void multiplied(const Step& step) {
    const Tensor a = step.constant({2, 3}, std::vector<float>{0, 1, 2, 3, 4, 5});
    expect(step, "einsum", einsum("ij,kj->ki", {a, a}), {2, 2}, {5, 14, 14, 50});
    const Tensor q = step.full({1, 1, 2, 3}, 0);
    const Tensor v = a.reshape({1, 1, 2, 3});
    expect(step, "attention", attention(q, q, v, {.causal = true}), {1, 1, 2, 3}, {0, 1, 2, 1.5, 2.5, 3.5});
    const Tensor mask = step.constant({1, 1, 1, 2}, std::vector<float>{-std::numeric_limits<float>::infinity(), 0});
    expect(step, "attention.masked", attention(q, q, v, mask), {1, 1, 2, 3}, {3, 4, 5, 3, 4, 5});
  }

  std::string mistake_;
  Conv1d row_;
  ConvTranspose1d row_back_;
  Conv2d plane_;
  Conv3d volume_;
  ConvTranspose3d volume_back_;
  MultiHeadAttention attention_;
  Linear last_;
};

}  // namespace

ATELIER_MODEL("operations", Operations)
