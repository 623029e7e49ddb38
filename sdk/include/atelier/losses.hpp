// The losses that an experiment has put into a model's slots, by role. Made in the model's constructor:
//   Adversarial adversarial_{build.loss("adversarial")};
#pragma once

#include <atelier/builder.hpp>
#include <atelier/recording.hpp>
#include <type_traits>

namespace atelier {

namespace detail {

// A callable network as the contract wants it; borrowed for one call.
template <typename F>
atl_network network_of(const F& callable) {
  atl_network out{};
  out.size = sizeof out;
  out.maker_data = const_cast<F*>(&callable);
  out.group = string("");
  if constexpr (requires { callable.group(); }) {
    out.group = string(callable.group());
  }
  if constexpr (std::is_invocable_r_v<Tensor, const F&, Tensor>) {
    out.call = [](const atl_network* lent, atl_context* context, const atl_tensor* inputs, uint64_t input_count,
                  atl_tensor* output) {
      return guard(context, [&] {
        const F& network = *static_cast<const F*>(lent->maker_data);
        *output = input_count == 0 ? 0 : network(Tensor(context, inputs[0])).handle();
      });
    };
  } else {
    static_assert(
        sizeof(F) == 0,
        "a loss calls the network that it is given: it must be callable as `Tensor logits = network(images)`, "
        "where it is const");
  }
  return out;
}

}  // namespace detail

// Networks give logits (B, 1). Results are scalars.
class Adversarial : public LossHandle {
 public:
  Adversarial() = default;
  Adversarial(LossHandle handle) : LossHandle(handle) {}  // NOLINT: implicit by design
  template <typename F>
  Tensor discriminator(const F& network, Tensor real, Tensor fake, Location at = {}) const {
    const atl_network borrowed = detail::network_of(network);
    return call(ATL_ADVERSARIAL_DISCRIMINATOR, {real, fake}, &borrowed, at);
  }
  template <typename F>
  Tensor generator(const F& network, Tensor fake, Location at = {}) const {
    const atl_network borrowed = detail::network_of(network);
    return call(ATL_ADVERSARIAL_GENERATOR, {fake}, &borrowed, at);
  }
};

// `output` is a decoder's raw output, `target` the images, of equal shape (B, ...).
class Reconstruction : public LossHandle {
 public:
  Reconstruction() = default;
  Reconstruction(LossHandle handle) : LossHandle(handle) {}  // NOLINT
  // The sum over a sample's elements, the mean over the batch.
  Tensor operator()(Tensor output, Tensor target, Location at = {}) const {
    return call(ATL_LOSS_MEAN, {output, target}, nullptr, at);
  }
  [[nodiscard]] Tensor image(Tensor output, Location at = {}) const {
    return call(ATL_LOSS_IMAGE, {output}, nullptr, at);
  }
  [[nodiscard]] Tensor per_sample(Tensor output, Tensor target, Location at = {}) const {  // (B)
    return call(ATL_LOSS_PER_SAMPLE, {output, target}, nullptr, at);
  }
};

// Of the diagonal Gaussian N(mean, exp(log_variance)), each (B, Z), from the prior.
class Divergence : public LossHandle {
 public:
  Divergence() = default;
  Divergence(LossHandle handle) : LossHandle(handle) {}  // NOLINT
  Tensor operator()(Tensor mean, Tensor log_variance, Location at = {}) const {
    return call(ATL_LOSS_MEAN, {mean, log_variance}, nullptr, at);
  }
  [[nodiscard]] Tensor per_sample(Tensor mean, Tensor log_variance, Location at = {}) const {  // (B)
    return call(ATL_LOSS_PER_SAMPLE, {mean, log_variance}, nullptr, at);
  }
};

// Of logits (B, classes) and int64 labels (B), or of every pixel: logits (B, classes, H, W) and labels (B, H, W).
class Classification : public LossHandle {
 public:
  Classification() = default;
  Classification(LossHandle handle) : LossHandle(handle) {}  // NOLINT
  // What evaluate() reports, for the model's description.
  static void describe(Description& d) {
    d.measure("loss", Direction::smaller, "loss.classification", "the mean over the images");
    d.measure("accuracy", Direction::larger, "fraction", "of the labels that are the likeliest class");
  }
  Tensor operator()(Tensor logits, Tensor labels, Location at = {}) const {
    return call(ATL_LOSS_MEAN, {logits, labels}, nullptr, at);
  }
  [[nodiscard]] Tensor per_sample(Tensor logits, Tensor labels, Location at = {}) const {  // (B)
    return call(ATL_LOSS_PER_SAMPLE, {logits, labels}, nullptr, at);
  }

  // A training step of the classifier whose weights are `group`; logs the loss.
  void train(const Step& step, std::string_view group, Tensor logits, Tensor labels, Location at = {}) const {
    const CalledFrom caller(at);
    const Tensor loss = (*this)(logits, labels);
    step.minimize(group, loss);
    step.log("loss", loss);
  }
  // The loss, and the share of labels that are the likeliest class.
  void evaluate(const Evaluation& evaluation, Tensor logits, Tensor labels, Location at = {}) const {
    const CalledFrom caller(at);
    evaluation.add_per_sample("loss", per_sample(logits, labels));
    const Tensor hits = equal(to_real(argmax(logits, 1)), to_real(labels));
    evaluation.add_per_sample("accuracy", mean(hits.reshape({labels.dim(0), -1}), {1}));
  }
};

}  // namespace atelier
