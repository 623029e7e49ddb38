// Every function of the SDK that records, called with what it cannot take: each has to be blamed on its line here, on
// none of the SDK's own. A line for each; helpers_test.cpp reads their names and numbers.
#include <atelier/atelier.hpp>
#include <functional>

#include "common/adversarial.hpp"

namespace {

using namespace atelier;

struct Layers {
  Layers() = default;
  explicit Layers(const Builder& build)
      : linear(build.scope("linear"), 3, 2),
        conv(build.scope("conv"), 3, 2, 3),
        conv_transpose(build.scope("conv_transpose"), 3, 2, 3),
        spectral(Linear(build.scope("spectral"), 3, 2).with_spectral_norm(build.scope("spectral"))),
        spectral_norm(build.scope("spectral_norm"), 2, 0),
        embedding(build.scope("embedding"), 5, 2),
        mlp(build.scope("mlp"), {3, 4, 2}, {.batch_norm = true, .dropout = 0.5}),
        sequential(Sequential(build.scope("sequential")).add<Linear>(3, 2).activate("relu")),
        linear_stack(build.scope("linear stack"), 3, {2}),
        with_lambda(Sequential(build.scope("lambda")).add([](Tensor x) {
          return x + x.flatten();  // LAMBDA
        })),
        residual(Sequential(build.scope("residual")).add<Linear>(64, 64)),
        stack(build.scope("stack"), {3, 8, 8}, {2}, 3, {}),
        transpose_stack(build.scope("transpose_stack"), {{3, 4, 4}, {1, 8, 8}}, 4, {.stride = 2, .padding = 1}),
        batch_norm(build.scope("batch_norm"), 3),
        layer_norm(build.scope("layer_norm"), {3}),
        group_norm(build.scope("group_norm"), 1, 3),
        instance_norm(build.scope("instance_norm"), 3),
        masked(build.scope("masked"), 3, 2, 3),
        cell(build.scope("cell"), "gru", 3, 2),
        recurrent(build.scope("recurrent"), "lstm", 3, 2, 2),
        attention(build.scope("attention"), 4, 2),
        weight(build.scope("weight").parameter("weight", {3}, Initializer::constant(0))) {}

  Linear linear;
  Conv2d conv;
  ConvTranspose2d conv_transpose;
  Linear spectral;
  SpectralNorm spectral_norm;
  Embedding embedding;
  Mlp mlp;
  Sequential sequential;
  LinearStack linear_stack;
  Sequential with_lambda;
  Residual residual;
  ConvolutionStack stack;
  ConvolutionTransposeStack transpose_stack;
  BatchNorm batch_norm;
  LayerNorm layer_norm;
  GroupNorm group_norm;
  InstanceNorm instance_norm;
  MaskedConv2d masked;
  RecurrentCell cell;
  Recurrent recurrent;
  MultiHeadAttention attention;
  Parameter weight;
};

// What an attempt may use. `x` is (16, 1, 8, 8), `i` int64 (16), `v` (3), `m` (16, 2, 3).
struct Bench {
  const Step& step;
  const Evaluation& evaluation;
  const Layers& layers;
  const Condition& condition;
  const ConditionInput& condition_input;
  const Adversarial& adversarial;
  atl_operation forged;
  Tensor x, i, v, m;
};

using Attempt = std::function<void(const Bench&)>;

// A helper of the author's, which calls another.
Tensor doubled_norm(At x) {
  const CalledFrom caller(x);
  return norm(x) * 2.0;
}
Tensor norms_of(At x) {
  const CalledFrom caller(x);
  return doubled_norm(x);
}
// The network that it hands on is the author's own code.
Tensor judged(const Bench& b, At x) {
  const CalledFrom caller(x);
  const auto network = [](Tensor images) {
    return images + images.flatten();  // NETWORK
  };
  return b.adversarial.generator(network, x.tensor);
}

#define ATTEMPT(name, ...)                                     \
  {                                                            \
    name, [](const Bench& b) { (void)b, (void)(__VA_ARGS__); } \
  }

const std::vector<std::pair<std::string, Attempt>>& attempts() {
  static const std::vector<std::pair<std::string, Attempt>> all = {
      ATTEMPT("operator-", -Tensor()),
      ATTEMPT("abs", abs(Tensor())),
      ATTEMPT("sign", sign(Tensor())),
      ATTEMPT("square", square(Tensor())),
      ATTEMPT("sqrt", sqrt(b.i)),
      ATTEMPT("rsqrt", rsqrt(b.i)),
      ATTEMPT("reciprocal", reciprocal(b.i)),
      ATTEMPT("exp", exp(b.i)),
      ATTEMPT("expm1", expm1(b.i)),
      ATTEMPT("log", log(b.i)),
      ATTEMPT("log1p", log1p(b.i)),
      ATTEMPT("tanh", tanh(b.i)),
      ATTEMPT("sigmoid", sigmoid(b.i)),
      ATTEMPT("softplus", softplus(b.i)),
      ATTEMPT("relu", relu(b.i)),
      ATTEMPT("erf", erf(b.i)),
      ATTEMPT("sin", sin(b.i)),
      ATTEMPT("cos", cos(b.i)),
      ATTEMPT("floor", floor(b.i)),
      ATTEMPT("is_finite", is_finite(b.i)),
      ATTEMPT("operator+", b.x + b.v),
      ATTEMPT("operator+ (number)", b.i + 1.0),
      ATTEMPT("operator- (number)", 1.0 - b.i),
      ATTEMPT("operator+ (integer)", Tensor() + 1),
      ATTEMPT("operator- (integer)", 1 - Tensor()),
      ATTEMPT("operator*", b.x * b.v),
      ATTEMPT("operator/", b.x / b.v),
      ATTEMPT("maximum", maximum(b.x, b.v)),
      ATTEMPT("minimum", minimum(b.x, b.v)),
      ATTEMPT("less", less(b.x, b.v)),
      ATTEMPT("less_equal", less_equal(b.x, b.v)),
      ATTEMPT("greater", greater(b.x, b.v)),
      ATTEMPT("greater_equal", greater_equal(b.x, b.v)),
      ATTEMPT("equal", equal(b.x, b.v)),
      ATTEMPT("not_equal", not_equal(b.x, b.v)),
      ATTEMPT("select", select(b.x, b.v, b.v)),
      ATTEMPT("power", power(b.i, 2)),
      ATTEMPT("broadcast_to", broadcast_to(b.x, {3})),
      ATTEMPT("ceil", ceil(b.i)),
      ATTEMPT("round", round(b.i)),
      ATTEMPT("tan", tan(b.i)),
      ATTEMPT("asin", asin(b.i)),
      ATTEMPT("acos", acos(b.i)),
      ATTEMPT("atan", atan(b.i)),
      ATTEMPT("sinh", sinh(b.i)),
      ATTEMPT("cosh", cosh(b.i)),
      ATTEMPT("lgamma", lgamma(b.i)),
      ATTEMPT("digamma", digamma(b.i)),
      ATTEMPT("trigamma", trigamma(b.i)),
      ATTEMPT("atan2", atan2(b.x, b.v)),
      ATTEMPT("power (of a tensor)", power(b.x, b.v)),
      ATTEMPT("power (of a number)", power(2.0, b.i)),
      ATTEMPT("to_integer", to_integer(b.i)),
      ATTEMPT("floor_divide", floor_divide(b.x, b.i)),
      ATTEMPT("floor_divide (integer)", floor_divide(b.x, 2)),
      ATTEMPT("remainder", remainder(b.x, b.i)),
      ATTEMPT("arange", arange(b.step, 0, 4, 0)),
      ATTEMPT("random_integers", random_integers(b.step, {2}, 3, 3)),
      ATTEMPT("random_permutation", random_permutation(b.step, -1)),
      ATTEMPT("gather_along", gather_along(b.x, b.i, 0)),
      ATTEMPT("scatter_add_along", scatter_add_along(b.x, b.i, b.v, 0)),
      ATTEMPT("sort", sort(b.x, 7).values),
      ATTEMPT("argsort", argsort(b.x, 7)),
      ATTEMPT("top_k", top_k(b.x, 9).places),
      ATTEMPT("cumulative_sum", cumulative_sum(b.x, 7)),
      ATTEMPT("cumulative_product", cumulative_product(b.x, 7)),
      ATTEMPT("product", product(b.x, {7})),
      ATTEMPT("logsumexp", logsumexp(b.x, {7})),
      ATTEMPT("variance", variance(b.x, {7})),
      ATTEMPT("standard_deviation", standard_deviation(b.x, {7})),
      ATTEMPT("leaky_relu", leaky_relu(b.i)),
      ATTEMPT("elu", elu(b.i)),
      ATTEMPT("gelu", gelu(b.i)),
      ATTEMPT("clamp", clamp(b.i, 0, 1)),
      ATTEMPT("sum", sum(b.x, {7})),
      ATTEMPT("mean", mean(b.x, {7})),
      ATTEMPT("shard_sum", shard_sum(b.i)),
      ATTEMPT("max", max(b.x, {7})),
      ATTEMPT("min", min(b.x, {7})),
      ATTEMPT("argmax", argmax(b.x, 7)),
      ATTEMPT("argmin", argmin(b.x, 7)),
      ATTEMPT("norm", norm(b.x, {7})),
      ATTEMPT("matmul", matmul(b.x, b.v)),
      ATTEMPT("linear", linear(b.x, b.v, b.v)),
      ATTEMPT("linear (without bias)", linear(b.x, b.v)),
      ATTEMPT("trace", trace(b.x.reshape({16, 64}))),
      ATTEMPT("determinant", determinant(b.v)),
      ATTEMPT("log_determinant", log_determinant(b.v)),
      ATTEMPT("inverse", inverse(b.v)),
      ATTEMPT("solve", solve(b.x, b.v)),
      ATTEMPT("triangular_solve", triangular_solve(b.x, b.v)),
      ATTEMPT("cholesky", cholesky(b.v)),
      ATTEMPT("symmetric_eigen", symmetric_eigen(b.v)),
      ATTEMPT("lower_triangle", lower_triangle(b.v)),
      ATTEMPT("upper_triangle", upper_triangle(b.v)),
      ATTEMPT("einsum", einsum("ij", {b.x})),
      ATTEMPT("attention", attention(b.x, b.v, b.v)),
      ATTEMPT("attention (with a mask)", attention(b.x, b.x, b.x, b.v)),
      ATTEMPT("softmax", softmax(b.x, 7)),
      ATTEMPT("log_softmax", log_softmax(b.x, 7)),
      ATTEMPT("bce_with_logits", bce_with_logits(b.x, b.v)),
      ATTEMPT("bce_with_logits (number)", bce_with_logits(b.i, 1.0)),
      ATTEMPT("cross_entropy", cross_entropy(b.x, b.i)),
      ATTEMPT("concatenate", concatenate({b.x, b.v}, 0)),
      ATTEMPT("concatenate (of a list)", concatenate(std::vector<Tensor>{b.x, b.v}, 0)),
      ATTEMPT("pad", pad(b.x, {1}, {1})),
      ATTEMPT("transpose", transpose(b.x, 0, 7)),
      ATTEMPT("squeeze", squeeze(b.x, {0})),
      ATTEMPT("unsqueeze", unsqueeze(b.x, 7)),
      ATTEMPT("stack", stack({b.x, b.v})),
      ATTEMPT("split", split(b.x, {3, 4})),
      ATTEMPT("split_equally", split_equally(b.x, 3)),
      ATTEMPT("tile", tile(b.x, {2})),
      ATTEMPT("repeat", repeat(b.x, -1)),
      ATTEMPT("flip", flip(b.x, {7})),
      ATTEMPT("roll", roll(b.x, {1}, {7})),
      ATTEMPT("strided_slice", strided_slice(b.x, 0, {}, {}, 0)),
      ATTEMPT("pad_constant", pad_constant(b.x, {1}, {1}, 0)),
      ATTEMPT("pad_reflect", pad_reflect(b.x, {1}, {1})),
      ATTEMPT("pad_replicate", pad_replicate(b.x, {1}, {1})),
      ATTEMPT("pad_circular", pad_circular(b.x, {1}, {1})),
      ATTEMPT("gather", gather(b.x, b.x)),
      ATTEMPT("scatter_add", scatter_add(b.i, b.v, 4)),
      ATTEMPT("take", take(b.x, b.i)),
      ATTEMPT("one_hot", one_hot(b.x, 3)),
      ATTEMPT("to_real", to_real(b.x)),
      ATTEMPT("dropout", dropout(b.i, 0.5)),
      ATTEMPT("bernoulli", bernoulli(b.i)),
      ATTEMPT("categorical", categorical(b.i)),
      ATTEMPT("gradient", gradient(Tensor(), b.x)),
      ATTEMPT("gradients", gradients(Tensor(), {b.x})),
      ATTEMPT("Tensor::reshape", b.x.reshape({3, 5})),
      ATTEMPT("Tensor::reshape (of a list)", b.x.reshape(std::vector<int64_t>{3, 5})),
      ATTEMPT("Tensor::flatten", Tensor().flatten()),
      ATTEMPT("Tensor::permute", b.x.permute({0})),
      ATTEMPT("Tensor::detach", Tensor().detach()),
      ATTEMPT("Tensor::slice", b.x.slice(0, 15, 4)),
      ATTEMPT("Tensor::update_slice", b.x.update_slice(0, 0, b.v)),
      ATTEMPT("conv2d", conv2d(b.x, b.v)),
      ATTEMPT("conv2d (with bias)", conv2d(b.x, b.v, b.v)),
      ATTEMPT("conv_transpose2d", conv_transpose2d(b.x, b.v)),
      ATTEMPT("conv_transpose2d (with bias)", conv_transpose2d(b.x, b.v, b.v)),
      ATTEMPT("conv1d", conv1d(b.x, b.v)),
      ATTEMPT("conv1d (with bias)", conv1d(b.x, b.v, b.v)),
      ATTEMPT("conv3d", conv3d(b.x, b.v)),
      ATTEMPT("conv3d (with bias)", conv3d(b.x, b.v, b.v)),
      ATTEMPT("conv_transpose1d", conv_transpose1d(b.x, b.v)),
      ATTEMPT("conv_transpose1d (with bias)", conv_transpose1d(b.x, b.v, b.v)),
      ATTEMPT("conv_transpose3d", conv_transpose3d(b.x, b.v)),
      ATTEMPT("conv_transpose3d (with bias)", conv_transpose3d(b.x, b.v, b.v)),
      ATTEMPT("unfold", unfold(b.x, 9)),
      ATTEMPT("fold", fold(b.x, 4, 2)),
      ATTEMPT("max_pool2d", max_pool2d(b.v)),
      ATTEMPT("avg_pool2d", avg_pool2d(b.v)),
      ATTEMPT("max_pool1d", max_pool1d(b.v)),
      ATTEMPT("avg_pool1d", avg_pool1d(b.v)),
      ATTEMPT("max_pool3d", max_pool3d(b.v)),
      ATTEMPT("avg_pool3d", avg_pool3d(b.v)),
      ATTEMPT("global_avg_pool2d", global_avg_pool2d(b.v)),
      ATTEMPT("upsample_nearest2d", upsample_nearest2d(b.v)),
      ATTEMPT("upsample_bilinear2d", upsample_bilinear2d(b.v, 2, 2)),
      ATTEMPT("upsample_bicubic2d", upsample_bicubic2d(b.v, 2, 2)),
      ATTEMPT("grid_sample", grid_sample(b.x, b.v)),
      ATTEMPT("batch_norm", batch_norm(b.x, b.v, b.v)),
      ATTEMPT("synchronized_batch_norm", synchronized_batch_norm(b.x, b.v, b.v)),
      ATTEMPT("batch_norm_inference", batch_norm_inference(b.x, b.v, b.v, b.v, b.v)),
      ATTEMPT("layer_norm", layer_norm(b.x, b.v, b.v)),
      ATTEMPT("instance_norm", instance_norm(b.x, b.v, b.v)),
      ATTEMPT("group_norm", group_norm(b.x, 1, b.v, b.v)),
      ATTEMPT("squared_error", squared_error(b.x, b.v)),
      ATTEMPT("strips", strips({b.x, b.step.full({16, 1, 4, 4}, 0)})),
      ATTEMPT("in_strips", in_strips(b.x, 5)),
      ATTEMPT("warp", warp(b.x, b.v)),
      ATTEMPT("warp (to another size)", warp(b.x, b.v, 2, 2)),
      ATTEMPT("rotate", rotate(b.x, b.v)),
      ATTEMPT("translate", translate(b.x, b.v, b.v)),
      ATTEMPT("interpolation", interpolation(b.step, b.x, b.v)),
      ATTEMPT("step_between", step_between(b.step, b.x, b.v)),
      ATTEMPT("traversal", traversal(b.step, b.x, 2)),
      ATTEMPT("activate", activate("relu", b.i)),
      ATTEMPT("Parameter::assign", b.layers.weight.assign(b.x)),
      ATTEMPT("Features", Features()(b.x, "logits")),
      ATTEMPT("Recording::normal", b.step.normal({-1})),
      ATTEMPT("Recording::uniform", b.step.uniform({-1})),
      ATTEMPT("Recording::full", b.step.full({-1}, 0)),
      ATTEMPT("Recording::constant", b.step.constant({2}, std::vector<float>{1})),
      ATTEMPT("Recording::constant (of integers)", b.step.constant({2}, std::vector<int64_t>{1})),
      ATTEMPT("Recording::fail", b.step.fail("of its own")),
      ATTEMPT("Batch::data", b.step.data("nothing")),
      ATTEMPT("Batch::mask", b.step.mask(Field::image("nothing", {1, 8, 8}, 0, 1))),
      ATTEMPT("Step::minimize", b.step.minimize("nothing", sum(b.x))),
      ATTEMPT("Step::log", b.step.log("a/b", sum(b.x))),
      ATTEMPT("Linear", b.layers.linear(b.x)),
      ATTEMPT("Linear (with spectral norm)", b.layers.spectral(b.x)),
      ATTEMPT("ConvolutionLayer", b.layers.conv(b.x)),
      ATTEMPT("ConvolutionTransposeLayer", b.layers.conv_transpose(b.x)),
      ATTEMPT("Embedding", b.layers.embedding(b.x)),
      ATTEMPT("MultiHeadAttention", b.layers.attention(b.m)),
      ATTEMPT("Dropout", Dropout(0.5)(b.i)),
      ATTEMPT("Mlp", b.layers.mlp(b.x)),
      ATTEMPT("Mlp::hidden", b.layers.mlp.hidden(b.x)),
      ATTEMPT("Sequential", b.layers.sequential(b.x)),
      ATTEMPT("LinearStack", b.layers.linear_stack(b.x)),
      ATTEMPT("Sequential::after", b.layers.sequential.after(b.x, 1)),
      ATTEMPT("Residual", b.layers.residual(b.x)),
      ATTEMPT("ConvolutionStack", b.layers.stack(b.x)),
      ATTEMPT("ConvolutionTransposeStack", b.layers.transpose_stack(b.x)),
      ATTEMPT("BatchNorm", b.layers.batch_norm(b.x)),
      ATTEMPT("LayerNorm", b.layers.layer_norm(b.x)),
      ATTEMPT("GroupNorm", b.layers.group_norm(b.x)),
      ATTEMPT("InstanceNorm", b.layers.instance_norm(b.x)),
      ATTEMPT("SpectralNorm", b.layers.spectral_norm(b.v)),
      ATTEMPT("MaskedConv2d", b.layers.masked(b.x)),
      ATTEMPT("MaskedConv2d::on_part", b.layers.masked.on_part(b.x)),
      ATTEMPT("RecurrentCell", b.layers.cell(b.x)),
      ATTEMPT("RecurrentCell::sequence", b.layers.cell.sequence(b.x)),
      ATTEMPT("Recurrent", b.layers.recurrent(b.x)),
      ATTEMPT("Recurrent::step", b.layers.recurrent.step(b.x)),
      ATTEMPT("Adversarial::discriminator", Adversarial().discriminator(b.layers.linear, b.x, b.x)),
      ATTEMPT("Adversarial::generator", Adversarial().generator(b.layers.linear, b.x)),
      ATTEMPT("Reconstruction", Reconstruction()(b.x, b.v)),
      ATTEMPT("Reconstruction::image", Reconstruction().image(b.x)),
      ATTEMPT("Reconstruction::per_sample", Reconstruction().per_sample(b.x, b.v)),
      ATTEMPT("Divergence", Divergence()(b.x, b.v)),
      ATTEMPT("Divergence::per_sample", Divergence().per_sample(b.x, b.v)),
      ATTEMPT("Classification", Classification()(b.x, b.v)),
      ATTEMPT("Classification::per_sample", Classification().per_sample(b.x, b.v)),
      ATTEMPT("Classification::train", Classification().train(b.step, "helpers", b.x, b.v)),
      ATTEMPT("Classification::evaluate", Classification().evaluate(b.evaluation, b.x, b.v)),
      ATTEMPT("Condition::draw", b.condition.draw(b.step, -1)),
      ATTEMPT("ConditionInput", b.condition_input(b.x.flatten(), b.v)),
      // Of the mechanisms themselves.
      ATTEMPT("a helper in a helper", norms_of(b.i)),
      ATTEMPT("a line after a helper", norms_of(b.x), norm(b.i)),
      ATTEMPT("a network in a helper", judged(b, b.x)),
      ATTEMPT("a lambda in a Sequential", b.layers.with_lambda(b.x)),
      ATTEMPT("an operation that nothing has", detail::call<"conv4d/1">({b.x})),
      ATTEMPT("an operation without a version", detail::call<"tanh">({b.x})),
      ATTEMPT("an internal operation", detail::call<"gemm/1">({b.x, b.x})),
      ATTEMPT("a forged operation", detail::apply(b.x.context(), b.forged, {b.x.handle()}, {}, {})),
  };
  return all;
}
const std::vector<std::pair<std::string, Attempt>>& evaluation_attempts() {
  static const std::vector<std::pair<std::string, Attempt>> all = {
      ATTEMPT("Evaluation::data", b.evaluation.data("nothing")),
      ATTEMPT("Evaluation::add", b.evaluation.add("a/b", sum(b.x), sum(b.x))),
      ATTEMPT("Evaluation::add (number)", b.evaluation.add("a/b", sum(b.x), 16)),
      ATTEMPT("Evaluation::add_per_sample", b.evaluation.add_per_sample("i", b.i)),
      ATTEMPT("Evaluation::next_batch", Step(b.evaluation.context()).next_batch()),
  };
  return all;
}

class Helpers final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "A mean image, and one call of a helper.";
    d.text("helper", "none", "which");
    d.integer("handle", 0, "of an operation");
    Condition::describe(d);
    d.loss("adversarial", "adversarial", "non-saturating", "of a network");
  }
  Helpers(const Settings& settings, const DataSpec& data, Builder& build)
      : helper_(settings.text("helper")),
        forged_(static_cast<atl_operation>(settings.integer("handle"))),
        layers_(build.group("helpers")),
        condition_(settings, data, build),
        condition_input_(build.group("helpers").scope("condition"), condition_, Initializer::constant(0)),
        adversarial_(build.loss("adversarial")),
        mean_(build.group("helpers").parameter("mean", {8}, Initializer::constant(0))) {}

  void train_step(Step& step) const override {
    try_one(attempts(), step, Evaluation(step.context()));
    const Tensor loss = mean(square(step.images() - mean_.use(step.context())));
    step.minimize("helpers", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& evaluation) const override {
    try_one(evaluation_attempts(), Step(evaluation.context()), evaluation);
    evaluation.add("loss", sum(evaluation.images()), 1);
  }

 private:
  void try_one(const std::vector<std::pair<std::string, Attempt>>& all, const Step& step,
               const Evaluation& evaluation) const {
    const Tensor x = step.images();
    const Tensor i = step.constant({16}, std::vector<int64_t>(16));
    const Bench bench{step,    evaluation, layers_, condition_,        condition_input_,        adversarial_,
                      forged_, x,          i,       step.full({3}, 1), step.full({16, 2, 3}, 1)};
    for (const auto& [name, attempt] : all) {
      if (name == helper_) {
        attempt(bench);
      }
    }
  }

  std::string helper_;
  atl_operation forged_;
  Layers layers_;
  Condition condition_;
  ConditionInput condition_input_;
  Adversarial adversarial_;
  Parameter mean_;
};

}  // namespace

ATELIER_MODEL("helpers", Helpers)
