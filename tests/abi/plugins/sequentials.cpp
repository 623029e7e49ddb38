// Networks of layers that follow each other, beside the same layers called by hand.
#include <atelier/model.hpp>

namespace {

using namespace atelier;

class Sequentials final : public Model {
 public:
  static void describe(Description& d) { d.summary = "Exercises Sequential, Residual and the stacks."; }

  Sequentials(const Settings&, const DataSpec& data, Builder& build)
      : net_(build.group("net")),
        linear_stack_(build.group("linear"), 64, {5, 4},
                      {.activation = "tanh", .norm = "layer", .spectral_norm = true}),
        no_layers_(build.group("none"), 64, {}),
        stack_(build.group("convolutions"), {1, data.height(), data.width()}, {2, 3}, {3, 5},
               {.stride = {2, 1}, .padding = {1, 4}, .dilation = {1, 2}},
               {.activation = "elu", .norm = "batch", .norm_of_first = false}, 1),
        pooled_(build.group("pooled"), {1, 8, 8}, {2, 2}, 3, {.padding = 1}, {.norm = "layer"}, 1),
        back_(build.group("back"), {{2, 4, 3}, {3, 7, 3}, {1, 14, 3}}, {3, 2},
              {.stride = {2, 1}, .padding = {1, 1, 1, 0}}, {.norm = "batch"}),
        mlp_(build.group("mlp"), {64, 3, 2}, {.batch_norm = true}),
        first_(build.group("apart").scope("first"), 64, 5),
        second_(build.group("apart").scope("second"), 5, 5) {
    net_.add<Linear>(64, 5)
        .activate("softplus")
        .add(Dropout(0.5))
        .add_named<Linear>("middle", 5, 4)
        .add<Linear>(4, 3)
        .add([](Tensor h) { return h * 2.0; });
    by_layers_ = Sequential(build.group("apart"));
    by_layers_.add(first_).activate("tanh").add(
        Residual(Sequential(build.group("apart")).add(second_).activate("gelu")));
  }

  void train_step(Step& step) const override {
    const Tensor x = step.images().flatten();
    const Tensor hidden = tanh(first_(x));
    const auto apart = [](Tensor a, Tensor b) { return max(abs(a - b)); };
    step.log("all", apart(by_layers_(x), hidden + gelu(second_(hidden))));
    step.log("after two", apart(by_layers_.after(x, 2), hidden));
    step.log("after none", apart(by_layers_.after(x, 0), x) + apart(Sequential()(x), x));
    shape(step, "net", net_(x), {16, 3});
    shape(step, "linear", linear_stack_(step.images()), {16, linear_stack_.outputs()});
    shape(step, "no layers", no_layers_(step.images()), {16, no_layers_.outputs()});
    shape(step, "convolutions", stack_(step.images()), in_batch(stack_.shape()));
    shape(step, "pooled", pooled_(step.images()), {16, 2, 4, 4});
    shape(step, "pooled, as it says", pooled_(step.images()), in_batch(pooled_.shape()));
    shape(step, "back", back_(step.normal({16, 2, 4, 3})), {16, 1, 14, 3});
    shape(step, "mlp", mlp_(step.images()), {16, 2});
    const Tensor loss = mean(square(net_(x)));
    step.log("loss", loss);
    step.minimize("net", loss);
  }
  void evaluate(Evaluation& e) const override {
    e.add_per_sample("loss", mean(square(net_(e.images().flatten())), {1}));
  }

 private:
  static std::vector<int64_t> in_batch(std::vector<int64_t> shape) {
    shape.insert(shape.begin(), 16);
    return shape;
  }
  static void shape(const Step& step, const std::string& name, Tensor made, const std::vector<int64_t>& expected) {
    step.log("shape of " + name, step.scalar(made.shape() == expected ? 1 : 0));
  }

  Sequential net_;
  LinearStack linear_stack_, no_layers_;
  ConvolutionStack stack_, pooled_;
  ConvolutionTransposeStack back_;
  Mlp mlp_;
  Linear first_, second_;
  Sequential by_layers_;
};

}  // namespace

ATELIER_MODEL("sequentials", Sequentials)
