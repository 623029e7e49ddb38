// [train] delay: which gradient moves the weights when, and that those that wait outlive an interruption.
#include "whole_run.hpp"

using namespace whole;

namespace {

std::vector<float> values(const tensor::Tensor& tensor) {
  const auto* first = tensor.storage.as<float>();
  return {first, first + tensor.shape.elements()};
}

std::vector<float> row(const runlog::Reader& log, const std::string& name, int64_t step) {
  return values(log.tensor(name, static_cast<size_t>(step - 1)));
}

}  // namespace

TEST_CASE("a gradient moves the weights so many updates later, and the first updates move nothing") {
  constexpr int64_t delay = 3;
  constexpr float rate = 0.05F;
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("vae", "weights = 1\ngradients = 1"), folder, watcher, 2,
                           {"optimizer.use=sgd", "optimizer.learning_rate=0.05", "train.delay=3"});
  REQUIRE(outcome.status == runlog::Status::finished);
  const runlog::Reader log(outcome.log);
  const auto final_result = log.final_result();
  REQUIRE(final_result->step > 3 * delay);
  for (const runlog::NamedTensor& parameter : final_result->weights.parameters) {
    CAPTURE(parameter.name);
    for (int64_t step = 2; step <= final_result->step; ++step) {
      CAPTURE(step);
      std::vector<float> expected = row(log, "weights." + parameter.name, step - 1);
      if (step > delay) {
        const std::vector<float> gradient = row(log, "gradients." + parameter.name, step - delay);
        for (size_t i = 0; i < expected.size(); ++i) {
          expected[i] -= rate * gradient[i];
        }
      }
      const std::vector<float> seen = row(log, "weights." + parameter.name, step);
      for (size_t i = 0; i < expected.size(); ++i) {
        REQUIRE(seen[i] == doctest::Approx(expected[i]).epsilon(1e-6));
      }
    }
  }
  const runlog::MetricSeries rates = log.metric("train", "learning_rate.autoencoder");
  for (size_t i = 0; i < rates.values.size(); ++i) {
    CHECK(rates.values[i] == (static_cast<int64_t>(i) < delay ? 0 : doctest::Approx(rate)));
  }
}

TEST_CASE("an optimizer counts from the first update that moves something") {
  // Adam's first update is of the rate's size in each element, whatever the gradient; one that counted from the run's
  // beginning would make a smaller one.
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("gan", "weights = 1"), folder, watcher, 1, {"train.delay=5"});
  REQUIRE(outcome.status == runlog::Status::finished);
  const runlog::Reader log(outcome.log);
  const std::string name = "weights." + log.final_result()->weights.parameters.front().name;
  const std::vector<float> before = row(log, name, 5), after = row(log, name, 6);
  float largest = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    largest = std::max(largest, std::abs(after[i] - before[i]));
  }
  CHECK(row(log, name, 1) == before);
  CHECK(largest == doctest::Approx(2e-3).epsilon(1e-3));
}

TEST_CASE("gradients that wait outlive an interruption, on any number of threads, in shards and with averages") {
  for (const char* family : {"gan", "vae"}) {
    CAPTURE(family);
    const std::vector<std::string> set{"train.delay=4", "train.shards=2", "train.average=0.9"};
    const Folder folder;
    Watcher watcher;
    const auto whole = run(text_of(family), folder, watcher, 1, set);
    REQUIRE(whole.status == runlog::Status::finished);
    check_same_run(whole.log, run(text_of(family), folder, watcher, 3, set).log);
    for (const int64_t after : {2, 7}) {  // while nothing has moved yet, and then
      Watcher impatient;
      impatient.interrupt_after = after;
      const auto part = run(text_of(family), folder, impatient, 2, set);
      REQUIRE(part.status == runlog::Status::interrupted);
      training::RunOptions options;
      options.out_directory = folder.path();
      check_same_run(whole.log, training::resume(part.log, registry(), options, watcher).log);
    }
  }
}

TEST_CASE("an optimizer that makes its own updates is refused, in one line that says what serves") {
  const Folder folder;
  CHECK(refusal(text_of("vae"), folder, {"optimizer.use=lamb", "train.delay=1"}) ==
        "<override \"train.delay=1\">: train.delay: got 1 for the group 'autoencoder', expected 0, as the optimizer "
        "'lamb' "
        "makes its own updates of whole parameters; hint: one that goes element by element, as sgd or adam");
}
