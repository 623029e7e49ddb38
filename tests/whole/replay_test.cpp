// Any step of a run can be made again from a checkpoint that stays, and what is looked at is what the run had then.
#include <fmt/ranges.h>

#include <random>

#include "training/looks.hpp"
#include "whole_run.hpp"

using namespace whole;

namespace {

std::map<std::string, std::vector<float>> looks_at(const runlog::Reader& log, const runlog::Checkpoint* from,
                                                   int64_t step, const Folder& folder,
                                                   std::map<std::string, double>& numbers) {
  std::map<std::string, std::vector<float>> seen;
  const training::Look take = [&](const std::string& name, const tensor::Tensor& value) {
    if (value.dtype == tensor::DType::f32) {
      const float* const first = value.storage.as<float>();
      seen[name] = {first, first + value.shape.elements()};
    } else if (value.dtype == tensor::DType::f64) {
      numbers[name] = *value.storage.as<double>();
    }
  };
  Watcher watcher;
  training::RunOptions options;
  options.threads = 3;
  options.out_directory = folder.path();
  options.last_step = step;
  training::Stretch stretch;
  stretch.from = from;
  stretch.steps_only = true;
  stretch.look = take;
  const training::RunOutcome outcome = training::run_again(log, stretch, registry(), options, watcher);
  CHECK(outcome.steps == step);
  training::look_at(*runlog::Reader(outcome.log).newest_checkpoint(), take);
  return seen;
}

std::vector<float> logged(const runlog::Reader& log, const std::string& name, int64_t step) {
  const std::vector<int64_t> steps = log.tensor_steps(name);
  const auto row = std::ranges::find(steps, step);
  REQUIRE(row != steps.end());
  const tensor::Tensor value = log.tensor(name, row - steps.begin());
  const float* const first = value.storage.as<float>();
  return {first, first + value.shape.elements()};
}

}  // namespace

TEST_CASE("what a step is seen to have when it is made again is what the run logged of it") {
  std::mt19937 random(20);
  for (const auto& one : {std::pair("vae", std::vector{"autoencoder.encoder.0"}),
                          {"gan", {"discriminator.0", "discriminator.0#2", "generator.1"}},
                          {"convolutional-vae", {"autoencoder.encoder.0"}}}) {
    const char* const family = one.first;
    const std::vector<const char*>& layers = one.second;
    CAPTURE(family);
    const Folder folder;
    Watcher watcher;
    const auto first = run(text_of(family), folder, watcher, 1,
                           {"checkpoint.keep=4", "log.weights=1", "log.gradients=1", "log.activations_every=1",
                            "log.every=1", fmt::format("log.activations=[\"{}\"]", fmt::join(layers, "\", \""))});
    REQUIRE(first.status == runlog::Status::finished);
    const runlog::Reader log(first.log);
    const std::vector<int64_t> kept = log.kept_steps();
    // But for the ragged last batches of epochs.
    const std::vector<int64_t> steps = log.tensor_steps(fmt::format("activations.{}", layers.front()));
    for (int look = 0; look < 10; ++look) {
      const int64_t step = steps[random() % steps.size()];
      CAPTURE(step);
      const int64_t before = *std::prev(std::ranges::lower_bound(kept, step));
      const runlog::Checkpoint from = log.kept_checkpoint(before);
      std::map<std::string, double> numbers;
      const auto seen = looks_at(log, &from, step, folder, numbers);
      for (const char* layer : layers) {
        const std::string activations = fmt::format("activations.{}", layer);
        CHECK(seen.at(activations) == logged(log, activations, step));
      }
      for (const runlog::MetricColumn& column : log.description().cadences.front().metrics) {
        const runlog::MetricSeries metric = log.metric("train", column.name);
        const auto row = std::ranges::find(metric.steps, step) - metric.steps.begin();
        CAPTURE(column.name);
        CHECK(numbers.at("train." + column.name) == metric.values[static_cast<size_t>(row)]);
      }
      for (const runlog::Entry& parameter : log.description().parameters) {
        CHECK(seen.at("weights." + parameter.name) == logged(log, "weights." + parameter.name, step));
        CHECK(seen.at("gradients." + parameter.name) == logged(log, "gradients." + parameter.name, step));
      }
    }
  }
}

TEST_CASE("a stretch of a run is made again without its evaluations, and what is looked at changes nothing") {
  const Folder folder;
  Watcher watcher;
  const auto first = run(text_of("vae"), folder, watcher, 1);
  const runlog::Reader log(first.log);
  Watcher quiet;
  training::RunOptions options;
  options.out_directory = folder.path();
  options.last_step = first.steps;
  training::Stretch stretch;
  stretch.steps_only = true;
  stretch.look = [](const std::string&, const tensor::Tensor&) {};
  const auto again = training::run_again(log, stretch, registry(), options, quiet);
  CHECK(again.status == runlog::Status::interrupted);
  const runlog::Reader second(again.log);
  CHECK(second.metric("eval", "loss").steps.empty());
  CHECK_FALSE(second.final_result());
  const auto a = log.newest_checkpoint();
  const auto b = second.newest_checkpoint();
  REQUIRE(a);
  REQUIRE(b);
  for (size_t i = 0; i < a->weights.parameters.size(); ++i) {
    const tensor::Tensor& value = a->weights.parameters[i].value;
    CHECK(std::equal(value.storage.data(), value.storage.data() + value.bytes(),
                     b->weights.parameters[i].value.storage.data()));
  }
}
