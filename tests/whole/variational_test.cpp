// The variational family: bounds, pictures of the latent space, another run's features as encoder, codebooks.
#include "whole_run.hpp"

using namespace whole;

namespace {

// Trains in a folder of its own, where other runs may be already.
class Workshop {
 public:
  training::RunOutcome train(const std::string& family, const std::vector<std::string>& overrides = {}) {
    const auto outcome = run(text_of(family), folder_, watcher_, 2, overrides);
    REQUIRE_MESSAGE(outcome.status == runlog::Status::finished, outcome.reason);
    return outcome;
  }
  [[nodiscard]] std::string refusal(const std::string& family, const std::vector<std::string>& overrides) const {
    return whole::refusal(text_of(family), folder_, overrides);
  }
  [[nodiscard]] pictures::Strips view(const fs::path& log, const std::string& name, int64_t count) const {
    training::RunOptions options;
    options.threads = 1;
    options.out_directory = folder_.path();
    return drawn_view(log, options, name, count, 1, inference::WeightsOf::final);
  }

 private:
  Folder folder_;
  Watcher watcher_;
};

double last_of(const training::RunOutcome& outcome, const std::string& metric) {
  return runlog::Reader(outcome.log).metric("test", metric).values.back();
}

}  // namespace

TEST_CASE("the importance-weighted bound lies above the ELBO, and rises with the draws") {
  Workshop workshop;
  const auto three = workshop.train("iwae");
  const double bound = last_of(three, "iwae_bound");
  CHECK(bound > last_of(three, "elbo"));
  CHECK(bound == doctest::Approx(-last_of(three, "loss")));
  // The same weights, as too small a rate to learn leaves them; only the number of draws differs.
  const std::vector<std::string> still = {"optimizer.learning_rate=1e-12", "train.epochs=1"};
  const auto with = [&](const std::string& samples) {
    std::vector<std::string> overrides = still;
    overrides.push_back("model.samples=" + samples);
    return last_of(workshop.train("iwae", overrides), "iwae_bound");
  };
  CHECK(with("50") > with("2"));
}

TEST_CASE("the plain bound of several draws is what training raises where it is asked for") {
  Workshop workshop;
  const auto plain = workshop.train("iwae", {"model.bound=plain"});
  CHECK(-last_of(plain, "loss") == doctest::Approx(last_of(plain, "elbo")));
  CHECK(last_of(plain, "iwae_bound") > last_of(plain, "elbo"));
  CHECK(workshop.refusal("iwae", {"model.bound=plain", "model.free_bits=0.1"}).empty());
}

TEST_CASE("beta grows in even steps from 0 to its value, and stays") {
  Workshop workshop;
  const auto outcome =
      workshop.train("vae", {"model.beta=0.6", "model.beta_warmup=4", "optimizer.learning_rate=1e-12"});
  const runlog::Reader log(outcome.log);
  const auto series = [&](const std::string& metric) { return log.metric("train", metric).values; };
  const std::vector<double> loss = series("loss"), reconstruction = series("reconstruction"),
                            divergence = series("divergence");
  REQUIRE(loss.size() > 5);
  for (size_t i = 0; i < loss.size(); ++i) {
    const double beta = 0.6 * std::min(1.0, static_cast<double>(i + 1) / 4);
    CHECK(loss[i] == doctest::Approx(reconstruction[i] + beta * divergence[i]).epsilon(1e-5));
    CHECK(divergence[i] > 1e-3 * loss[i]);  // else any beta would do
  }
  CHECK(last_of(outcome, "loss") ==
        doctest::Approx(last_of(outcome, "reconstruction") + 0.6 * last_of(outcome, "divergence")).epsilon(1e-5));
}

TEST_CASE("pictures of a latent space: paths between draws, along dimensions, and for each label") {
  Workshop workshop;
  const fs::path log = workshop.train("iwae").log;
  const pictures::Strips between = workshop.view(log, "interpolation", 3);
  CHECK(between.per_strip == 10);
  CHECK(between.images.count == 30);
  const pictures::Strips along = workshop.view(log, "traversal", 9);
  CHECK(along.images.count == 10 * 4);  // no more strips than latent dimensions
  for (const char* game : {"vae-gan", "aae"}) {
    CHECK(workshop.view(workshop.train(game).log, "traversal", 2).images.count == 10 * 2);
  }
  const pictures::Strips classes = workshop.view(log, "classes", 2);
  CHECK(classes.images.count == 2 * classes.per_strip);
  const pictures::Strips pairs = workshop.view(log, "reconstruction", 5);
  CHECK(pairs.per_strip == 2);
  CHECK(pairs.images.count == 10);
}

TEST_CASE("a trained classifier's features serve as encoder, and their length is checked") {
  Workshop workshop;
  workshop.train("cnn");
  const std::vector<std::string> features = {"model.encoder=features", "model.encoder_from=tiny-cnn",
                                             "model.decoder=fully_connected", "train.epochs=8"};
  const auto with = [&](const std::string& length) {
    std::vector<std::string> overrides = features;
    overrides.push_back("model.encoder_length=" + length);
    return overrides;
  };
  CHECK(contains(workshop.refusal("vae", with("7")),
                 "model.encoder_length: 7, expected 250, the length of the feature 'convolutions'"));
  const auto outcome = workshop.train("vae", with("250"));
  const std::vector<double> loss = runlog::Reader(outcome.log).metric("train", "loss").values;
  CHECK(loss.back() < 0.8 * loss.front());
}

TEST_CASE("reconstructions are compared by what a trained classifier sees") {
  Workshop workshop;
  workshop.train("cnn");
  const std::vector<std::string> perceptual = {"loss.reconstruction.use=perceptual",
                                               "loss.reconstruction.from=tiny-cnn"};
  const auto weighing = [&](const std::string& weight) {
    std::vector<std::string> overrides = perceptual;
    overrides.push_back("loss.reconstruction.weight=" + weight);
    overrides.emplace_back("optimizer.learning_rate=1e-12");
    return last_of(workshop.train("vae", overrides), "reconstruction");
  };
  const double pixels = weighing("0.0");
  const double feature = weighing("1.0") - pixels;
  CHECK(feature > 0);
  CHECK(weighing("3.0") == doctest::Approx(pixels + 3 * feature).epsilon(1e-4));
}

TEST_CASE("a vector-quantized autoencoder learns and keeps its codes in use") {
  Workshop workshop;
  const auto first = workshop.train("vq-vae", {"train.epochs=1"});
  const auto last = workshop.train("vq-vae", {"train.epochs=40"});
  CHECK(last_of(last, "loss") < 0.7 * last_of(first, "loss"));
  CHECK(last_of(last, "elbo") > last_of(first, "elbo"));
  CHECK(last_of(last, "codes_used") > 6);
  CHECK(workshop.view(last.log, "reconstruction", 3).images.count == 6);
}

TEST_CASE("what cannot be is refused, with the reason") {
  Workshop workshop;
  CHECK(contains(workshop.refusal("iwae", {"model.free_bits=0.1"}), "model.free_bits: with model.samples = 3"));
  CHECK(contains(workshop.refusal("vae", {"model.encoder=features"}), "model.encoder_from: '' where model.encoder is"));
  CHECK(contains(workshop.refusal("convolutional-vae", {"model.kernel=4"}), "model.kernel: 4, expected an odd number"));
  CHECK(contains(workshop.refusal("vq-vae", {"dataset.size=10"}),
                 "images of 10x10, expected lengths that can be halved"));
}
