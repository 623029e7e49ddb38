// What whole runs do: they learn, count and stop.
#include <algorithm>
#include <cmath>

#include "whole_run.hpp"

using namespace whole;

TEST_CASE("a run learns, and its log says what happened") {
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("vae"), folder, watcher, 2, {"train.epochs=30"});
  REQUIRE(outcome.status == runlog::Status::finished);
  const runlog::Reader reader(outcome.log);
  const auto loss = reader.metric("eval", "loss");
  CHECK(loss.values.size() == 30);  // once an epoch
  CHECK(loss.values.back() < 0.8 * loss.values.front());
  CHECK(reader.metric("test", "loss").values.size() == 1);  // the test split is kept for the end
  // 120 training samples in batches of 32: three and a smaller one.
  CHECK(outcome.steps == 120);
  CHECK(reader.metric("train", "loss").epochs.back() == doctest::Approx(30.0));
  CHECK(reader.metric("train", "learning_rate.autoencoder").values.back() == doctest::Approx(2e-3));
  CHECK(reader.metric("train", "gradient_norm.autoencoder").values.back() > 0);
  CHECK(reader.final_result()->summary.at("steps") == 120);
  CHECK(reader.description().directory == fs::temp_directory_path());
  CHECK(reader.description().provenance.plugins.size() >= 4);
  CHECK(reader.description().provenance.fingerprint.find("instruction_set=") != std::string::npos);
  CHECK(reader.best()->value == *std::min_element(loss.values.begin(), loss.values.end()));
}

TEST_CASE("schedules, clipping and optimizers by group reach the updates") {
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("gan"), folder, watcher, 2,
                           {"schedule.use=cosine", "schedule.warmup=4", "train.clip_norm=1e-3",
                            "optimizer.generator.use=sgd", "optimizer.generator.learning_rate=0.5", "log.weights=1"});
  REQUIRE(outcome.status == runlog::Status::finished);
  const runlog::Reader reader(outcome.log);
  const auto rates = reader.metric("train", "learning_rate.generator");
  CHECK(rates.values[0] == doctest::Approx(0.5 / 4));
  CHECK(rates.values[3] == doctest::Approx(0.5));
  CHECK(rates.values.back() == doctest::Approx(0.0).epsilon(1e-9));
  // Plain descent: the length of a step is the rate times the clipped norm.
  double squared = 0;
  for (const runlog::TensorSeries& series : reader.description().tensors) {
    if (series.name.starts_with("weights.generator.")) {
      const tensor::Tensor before = reader.tensor(series.name, 4);
      const tensor::Tensor after = reader.tensor(series.name, 5);
      for (int64_t i = 0; i < before.shape.elements(); ++i) {
        const double moved = after.storage.as<float>()[i] - before.storage.as<float>()[i];
        squared += moved * moved;
      }
    }
  }
  CHECK(reader.metric("train", "gradient_norm.generator").values[5] > 1e-3);
  CHECK(std::sqrt(squared) == doctest::Approx(rates.values[5] * 1e-3).epsilon(0.01));
}

TEST_CASE("early stopping looks at the validation split") {
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("vae"), folder, watcher, 1,
                           {"train.epochs=50", "train.early_stopping.patience=2", "optimizer.learning_rate=0.0"});
  CHECK(outcome.status == runlog::Status::finished);
  CHECK(outcome.reason.find("stopped early after 2 evaluations without improvement of 'loss'") != std::string::npos);
  CHECK(outcome.steps == 12);
}
