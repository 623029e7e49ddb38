// Arjovsky et al. 2017 and Gulrajani et al. 2017 with a strided convolutional critic, as an outside author would write
// them.
#include <atelier/loss.hpp>
#include <atelier/model.hpp>

namespace {

using namespace atelier;

// Arjovsky et al. 2017, algorithm 1: after every update of the critic w = clip(w, -c, c).
class Clipped final : public AdversarialLoss {
 public:
  static void describe(Description& d) {
    d.summary = "Wasserstein distance with clipped weights.";
    d.number("bound", 0.01, "largest weight of the critic").range(0);
  }
  Clipped(const Settings& settings, const DataSpec&, Builder&) : clip_{settings.number("bound")} {}

  Tensor discriminator(const Network& network, Tensor real, Tensor fake) override {
    after_update(real, network.group(), clip_);
    return mean(network(fake)) - mean(network(real));
  }
  Tensor generator(const Network& network, Tensor fake) override { return -mean(network(fake)); }

 private:
  struct Clip {
    double bound;
    void operator()(atl_context* context, Parameter weight) const {
      weight.assign(clamp(weight.use(context), -bound, bound));
    }
  };
  Clip clip_;
};

// Gulrajani et al. 2017, equation 3: lambda E[(|grad_x D(x)| - 1)^2] at x = e real + (1 - e) fake, e ~ U(0, 1).
class Penalized final : public AdversarialLoss {
 public:
  static void describe(Description& d) {
    d.summary = "Wasserstein distance with a gradient penalty.";
    d.number("lambda", 10.0, "weight of the penalty").range(0);
  }
  Penalized(const Settings& settings, const DataSpec&, Builder&) : lambda_(settings.number("lambda")) {}

  Tensor discriminator(const Network& network, Tensor real, Tensor fake) override {
    const Tensor share = Recording(real.context()).uniform({real.dim(0), 1, 1, 1});
    const Tensor between = (share * real + (1.0 - share) * fake).detach();
    const Tensor slope = norm(gradient(network(between), between).flatten(), {1});
    return mean(network(fake)) - mean(network(real)) + lambda_ * mean(square(slope - 1.0));
  }
  Tensor generator(const Network& network, Tensor fake) override { return -mean(network(fake)); }

 private:
  double lambda_;
};

// Two strided convolutions and a linear layer: (B, 1, S, S) to (B, 1).
class Critic {
 public:
  Critic() = default;
  Critic(const Builder& build, int64_t size, std::string activation)
      : group_(build.group_name()),
        activation_(std::move(activation)),
        first_(build.scope("first"), 1, 4, 4, {.stride = 2, .padding = 1}),
        second_(build.scope("second"), 4, 8, 4, {.stride = 2, .padding = 1}),
        last_(build.scope("last"), 8 * (size / 4) * (size / 4), 1) {}
  Tensor operator()(Tensor x) const {
    return last_(activate(activation_, second_(activate(activation_, first_(x)))).flatten());
  }
  [[nodiscard]] const std::string& group() const { return group_; }

 private:
  std::string group_, activation_;
  Conv2d first_, second_;
  Linear last_;
};

class ConvGan final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Generator of two linear layers against a convolutional critic.";
    d.integer("critic_steps", 1, "critic updates, each on a batch of its own, for one of the generator").range(1);
    d.activation("activation", "leaky_relu", "of the critic");
    d.flag("nameless", false, "hand the critic to the loss without its parameter group");
    d.loss("adversarial", "adversarial", "wgan-gp", "the distance");
  }
  ConvGan(const Settings& settings, const DataSpec& data, Builder& build)
      : size_(data.height()),
        critic_steps_(settings.integer("critic_steps")),
        nameless_(settings.flag("nameless")),
        adversarial_(build.loss("adversarial")),
        generator_(build.group("generator"), {8, 32, size_ * size_}, {.output_activation = "sigmoid"}),
        critic_(build.group("critic"), size_, settings.text("activation")) {}

  void train_step(Step& step) override {
    Tensor fake, loss, first_pixel = step.full({}, 0);
    for (int64_t i = 0; i < critic_steps_; ++i) {
      if (i > 0) {
        step.next_batch();
      }
      const Tensor real = step.images();
      first_pixel = first_pixel + mean(real);
      fake = generate(step, real.dim(0));
      loss = nameless_ ? adversarial_.discriminator([&](Tensor x) { return critic_(x); }, real, fake.detach())
                       : adversarial_.discriminator(critic_, real, fake.detach());
      step.minimize("critic", loss);
    }
    const Tensor generator_loss = adversarial_.generator(critic_, fake);
    step.minimize("generator", generator_loss);
    step.log("critic_loss", loss);
    step.log("generator_loss", generator_loss);
    step.log("brightness", first_pixel);
  }

  void evaluate(Evaluation& e) override {
    const Tensor real = e.images();
    const Tensor fake = generate(e, real.dim(0));
    const Tensor x = (real * 0.5 + fake * 0.5).detach();
    e.add_per_sample("slope", norm(gradient(critic_(x), x).flatten(), {1}));
    e.add_per_sample("distance", (critic_(real) - critic_(fake)).reshape({-1}));
    e.add_per_sample("loss", critic_(fake).reshape({-1}));
    e.add_per_sample("brightness", mean(fake.flatten(), {1}));
  }
  Tensor sample(Sampling& s, int64_t n) override { return generate(s, n); }

 private:
  [[nodiscard]] Tensor generate(const Recording& r, int64_t n) const {
    return generator_(r.normal({n, 8})).reshape({n, 1, size_, size_});
  }

  int64_t size_, critic_steps_;
  bool nameless_;
  Adversarial adversarial_;
  Mlp generator_;
  Critic critic_;
};

}  // namespace

ATELIER_LOSS("wgan-clip", Clipped)
ATELIER_LOSS("wgan-gp", Penalized)
ATELIER_MODEL("conv-gan", ConvGan)
