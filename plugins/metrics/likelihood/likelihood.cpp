// How likely a model finds images that it has not seen, and what its latents do.
#include <algorithm>
#include <atelier/metric.hpp>
#include <cmath>

#include "../common/per_sample.hpp"

namespace {

using namespace atelier;

Tensor count_of(const Measurement& measurement) {
  return measurement.scalar(static_cast<double>(measurement.batch_size()));
}

class Elbo final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary =
        "The evidence lower bound and its two parts, in nats an image where the reconstruction loss is a negative "
        "log-likelihood, as bce is.";
    d.reference = "Kingma & Welling 2014, equation 3";
    d.measure("", Direction::larger, "nats", "an image");
    d.measure("reconstruction", Direction::smaller, "nats", "-log p(x | z), an image");
    d.measure("divergence", Direction::neither, "nats", "KL(q(z | x) || p(z)), an image");
    PerSample::describe(d);
  }
  Elbo(const Settings& settings, const DataSpec& data, Builder& build) : per_sample_(settings, data, build) {
    passes = {Pass::over(Pass::Data::evaluated,
                         {Collected::each("elbo"), Collected::each("reconstruction"), Collected::each("divergence")})};
    results = {{"", {}}, {"reconstruction", {}}, {"divergence", {}}};
    per_sample_.add_to(results);
  }
  std::vector<Tensor> batch(Measurement& measurement) const override {
    const Tensor reconstruction = measurement.output("reconstruction");
    const Tensor divergence = measurement.output("divergence");
    return {-reconstruction - divergence, reconstruction, divergence};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    const double reconstruction = PerSample::mean(collected[0][1]);
    const double divergence = PerSample::mean(collected[0][2]);
    ValueLists values{{-reconstruction - divergence}, {reconstruction}, {divergence}};
    per_sample_.add_to(values, collected[0][0]);
    return values;
  }

 private:
  PerSample per_sample_;
};

// Burda et al. 2016, section 5.2: a latent is active where the variance of its posterior mean over the data is above a
// threshold.
class ActiveLatents final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "How many latent dimensions carry information: the variance of their posterior mean is not small.";
    d.reference = "Burda et al. 2016, Importance Weighted Autoencoders, section 5.2";
    d.number("threshold", 0.01, "least variance of an active latent").range(0);
    d.measure("", Direction::neither, "latents", "of all that the model has");
  }
  ActiveLatents(const Settings& settings, const DataSpec&, Builder&) : threshold_(settings.number("threshold")) {
    passes = {Pass::over(Pass::Data::evaluated,
                         {Collected::sum("mean", {-1}), Collected::sum("square", {-1}), Collected::sum("count")})};
    results = {{"", {}}};
  }
  std::vector<Tensor> batch(Measurement& measurement) const override {
    const Tensor mean = measurement.output("posterior_mean");  // (B, Z)
    return {sum(mean, {0}), sum(square(mean), {0}), count_of(measurement)};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    const ValueLists& values = collected[0];
    const double n = values[2][0];
    double active = 0;
    for (size_t i = 0; i < values[0].size(); ++i) {
      const double mean = values[0][i] / n;
      active += values[1][i] / n - mean * mean > threshold_ ? 1 : 0;
    }
    return {{active}};
  }

 private:
  double threshold_;
};

// log p(x) = log E_q [p(x, z) / q(z | x)], by the mean over many draws of z; a lower bound that rises with their
// number.
class LogLikelihood final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary =
        "Log-likelihood estimated by importance sampling, in nats an image where the reconstruction loss is a negative "
        "log-likelihood, as bce is.";
    d.reference = "Rezende et al. 2014, appendix E; Burda et al. 2016, section 5";
    d.integer("samples", 5000, "draws of the latents for each image").range(1, 1e7);
    d.measure("", Direction::larger, "nats", "an image");
    PerSample::describe(d);
  }
  LogLikelihood(const Settings& settings, const DataSpec& data, Builder& build)
      : samples_(settings.integer("samples")), per_sample_(settings, data, build) {
    passes = {Pass::over(Pass::Data::evaluated, {Collected::each("log_likelihood")})};
    results = {{"", {}}};
    per_sample_.add_to(results);
  }
  std::vector<Tensor> batch(Measurement& measurement) const override {
    const int64_t chunk = std::min(draws_at_once, samples_);
    Tensor total = of_draws(measurement, chunk);
    for (int64_t done = chunk; done < samples_; done += chunk) {
      measurement.materialize({&total});  // so that one chunk is in memory at a time
      const Tensor next = of_draws(measurement, std::min(chunk, samples_ - done));
      const Tensor larger = maximum(total, next);
      total = larger + log(exp(total - larger) + exp(next - larger));
    }
    return {total - std::log(static_cast<double>(samples_))};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    ValueLists values{{PerSample::mean(collected[0][0])}};
    per_sample_.add_to(values, collected[0][0]);
    return values;
  }

 private:
  // Not by the size of the batch: an image's draws would be others in another batch.
  static constexpr int64_t draws_at_once = 32;

  // (B): the logarithm of the sum of so many importance weights
  static Tensor of_draws(const Measurement& measurement, int64_t draws) {
    const Tensor weights = measurement.output("log_importance_weights", draws);  // (B, draws)
    const Tensor largest = max(weights, {1}, true);
    return largest.reshape({-1}) + log(sum(exp(weights - largest), {1}));
  }

  int64_t samples_;
  PerSample per_sample_;
};

class BitsPerDimension final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "Negative log-likelihood of the data's discrete values, in bits for each value of an image.";
    d.reference = "van den Oord et al. 2016, Pixel Recurrent Neural Networks, section 5.1";
    d.measure("", Direction::smaller, "bits/dim", "of the data's discrete values");
    PerSample::describe(d);
  }
  BitsPerDimension(const Settings& settings, const DataSpec& data, Builder& build)
      : dimensions_(static_cast<double>(data.image().elements())), per_sample_(settings, data, build) {
    passes = {Pass::over(Pass::Data::evaluated, {Collected::each("bits")})};
    results = {{"", {}}};
    per_sample_.add_to(results);
  }
  std::vector<Tensor> batch(Measurement& measurement) const override {
    return {measurement.output("log_likelihood") * (-1 / (dimensions_ * std::log(2.0)))};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    ValueLists values{{PerSample::mean(collected[0][0])}};
    per_sample_.add_to(values, collected[0][0]);
    return values;
  }

 private:
  double dimensions_;
  PerSample per_sample_;
};

}  // namespace

ATELIER_METRIC("elbo", Elbo)
ATELIER_METRIC("active-latents", ActiveLatents)
ATELIER_METRIC("log-likelihood", LogLikelihood)
ATELIER_METRIC("bits-per-dimension", BitsPerDimension)
