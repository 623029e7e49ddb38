// What our metrics measure of a dataset and a model that are known: tests/abi/plugins/known.cpp.
#include <cmath>

#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

// Evaluation batches of two: the metrics are of the whole split.
Run measured(const std::string& dataset, const std::string& model, const std::string& metric,
             const std::string& batch_size = "2") {
  return train("[dataset]\nuse = \"told\"\n" + dataset + "[model]\nuse = \"known\"\n" + model +
               "[train]\nsteps = 1\nbatch_size = 2\n[evaluate]\nbatch_size = " + batch_size +
               "\n[metric.of]\nuse = " + metric);
}

// log p(x) of an image of values c, c/2, c, c/2 ...: x ~ N(0, σ² + a² 1 1ᵀ), whose eigenvalues are σ² + D a² along the
// mean and σ² across.
double log_density(double c) {
  constexpr double a = 0.7, sigma = 0.05, D = 12;
  const double along = sigma * sigma + D * a * a;
  const double across = sigma * sigma;
  const double mean = 0.75 * c, deviation = 0.25 * c;
  return -0.5 * (D * std::log(2 * M_PI) + std::log(along) + (D - 1) * std::log(across) + D * mean * mean / along +
                 D * deviation * deviation / across);
}

// Over 5 images of these values in turns.
const std::string five = "test_count = 5\nvalues = [0.2, 0.6, 1.0]\n";
const double five_mean = (2 * log_density(0.2) + 2 * log_density(0.6) + log_density(1.0)) / 5;

}  // namespace

TEST_CASE("metric values: intersection over union, and accuracy, of pixels over the whole split") {
  const std::string masks =
      "mask      = [0, 0, 1, 1,  0, 1, 1, 2,  2, 2, 0, 0]\n"
      "predicted = [0, 1, 1, 1,  0, 0, 1, 1,  0, 2, 0, 0]\n";
  const Run run =
      measured(masks, "", "\"intersection-over-union\"\n[metric.right]\nuse = \"accuracy\"\npixels = true\n");
  const tensor::Tensor by_class = run.log().tensor("metric.of.by_class", 0);
  REQUIRE(by_class.shape.elements() == 4);
  const auto* each = by_class.storage.as<float>();
  CHECK(each[0] == doctest::Approx(4.0 / 7));
  CHECK(each[1] == doctest::Approx(3.0 / 6));
  CHECK(each[2] == doctest::Approx(1.0 / 3));
  CHECK(std::isnan(each[3]));  // nowhere
  CHECK(run.evaluated("of.mean") == doctest::Approx((4.0 / 7 + 3.0 / 6 + 1.0 / 3) / 3));
  CHECK(run.evaluated("right") == doctest::Approx(8.0 / 12));
}

TEST_CASE("metric values: latents are active whose posterior mean varies by more than the threshold") {
  const auto active = [](const std::string& threshold) {  // the values' variance is 0.04
    return measured("test_count = 6\nvalues = [0.2, 0.6]\n", "slopes = [0.0, 1.0, 0.4, -0.49, 0.51, -0.6]\n",
                    "\"active-latents\"\n" + threshold)
        .evaluated("of");
  };
  CHECK(active("") == 3);
  CHECK(active("threshold = 0.005\n") == 5);
  CHECK(active("threshold = 0.02\n") == 1);
}

TEST_CASE("metric values: bits per dimension are those of the density") {
  CHECK(measured(five, "", "\"bits-per-dimension\"\n").evaluated("of") ==
        doctest::Approx(-five_mean / 12 / std::log(2.0)).epsilon(1e-5));
}

TEST_CASE("metric values: where q is the posterior, the ELBO is log p(x), and so is one importance weight") {
  CHECK(measured(five, "", "\"elbo\"\n").evaluated("of") == doctest::Approx(five_mean).epsilon(1e-5));
  CHECK(measured(five, "", "\"log-likelihood\"\nsamples = 1\n").evaluated("of") ==
        doctest::Approx(five_mean).epsilon(1e-5));
}

TEST_CASE("metric values: where q is wider, the ELBO is below log p(x), and many importance weights come to it") {
  const std::string wide = "deviation = 2.0\n";
  const double divergence = 0.5 * (4 - 1) - std::log(2.0);  // KL(q || posterior)
  CHECK(measured(five, wide, "\"elbo\"\n").evaluated("of") == doctest::Approx(five_mean - divergence).epsilon(1e-5));

  // A weight over its mean has the variance 4 / sqrt(7) - 1. The logarithm of the mean of n is too small by half of
  // that over n, here 0.0006; were the eight that such batches draw at once drawn again and again, by 0.02.
  const std::string many = "test_count = 1500\nvalues = [0.2, 0.6, 1.0]\n";
  const double expected = (log_density(0.2) + log_density(0.6) + log_density(1.0)) / 3;
  const double found = measured(many, wide, "\"log-likelihood\"\nsamples = 403\n", "1024").evaluated("of");
  CHECK(std::abs(found - expected) < 0.004);
}
