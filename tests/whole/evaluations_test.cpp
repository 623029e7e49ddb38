// What an evaluation gives: numbers of the weights and the data, whose direction says which weights are the best.
#include <cmath>

#include "whole_run.hpp"

using namespace whole;

namespace {

using Overrides = std::vector<std::string>;

fs::path trained(const std::string& family, const Folder& folder, Overrides overrides) {
  Watcher watcher;
  overrides.emplace_back("train.epochs=2");
  const auto outcome = run(text_of(family), folder, watcher, 2, overrides);
  REQUIRE_MESSAGE(outcome.status == runlog::Status::finished, outcome.reason);
  return outcome.log;
}

std::map<std::string, double> evaluated(const fs::path& log, int64_t batch_size, Overrides overrides) {
  overrides.push_back(fmt::format("evaluate.batch_size={}", batch_size));
  return inference::evaluate(log, registry(), training::RunOptions{}, overrides, "test", inference::WeightsOf::final)
      .metrics;
}

// Metrics that the families' models can be measured by.
Overrides metrics_of(const std::string& family) {
  if (family == "vae" || family == "iwae") {
    return {"metric.bound.use=elbo", "metric.active.use=active-latents", "metric.likelihood.use=log-likelihood",
            "metric.likelihood.samples=200"};
  }
  if (family == "pixelcnn" || family == "vq-vae" || family == "diffusion" || family == "realnvp") {
    return {"metric.bits.use=bits-per-dimension"};
  }
  if (family == "cnn" || family == "gru") {
    return {"metric.right.use=accuracy", "metric.confusion.use=confusion-matrix"};
  }
  return family == "segmentation" ? Overrides{"metric.iou.use=intersection-over-union"} : Overrides{};
}

}  // namespace

TEST_CASE("no number of an evaluation depends on the size of its batches") {
  for (const Family& family : families()) {
    CAPTURE(family.name);
    const Folder folder;
    // A discriminator that compares the images of a batch gives another judgement in another batch.
    const Overrides alone =
        family.name == "conditional-gan" ? Overrides{"model.minibatch_discrimination=0"} : Overrides{};
    const fs::path log = trained(family.name, folder, alone);
    const auto whole = evaluated(log, 1000, metrics_of(family.name));
    for (const int64_t batch_size : {7, 64}) {
      CAPTURE(batch_size);
      const auto parts = evaluated(log, batch_size, metrics_of(family.name));
      REQUIRE(parts.size() == whole.size());
      for (const auto& [name, value] : whole) {
        CAPTURE(name);
        CHECK(std::abs(parts.at(name) - value) <= 2e-5 * (1 + std::abs(value)));
      }
    }
  }
}

TEST_CASE("the best weights are those of the best value of the metric that the experiment names") {
  const Folder folder;
  for (const auto& [metric, larger] : {std::pair("accuracy", true), {"loss", false}, {"right", true}}) {
    CAPTURE(metric);
    const fs::path log = trained("cnn", folder,
                                 {std::string("evaluate.metric=") + metric, "metric.right.use=accuracy",
                                  "evaluate.every=0.25", "optimizer.learning_rate=1e-2"});
    const runlog::Reader reader(log);
    const std::vector<double> values = reader.metric("eval", metric).values;
    REQUIRE(values.size() > 4);
    CHECK(values.front() != values.back());
    CHECK(reader.best()->value == (larger ? std::ranges::max(values) : std::ranges::min(values)));
  }
}

TEST_CASE("a log says what its evaluations are of, and what their numbers mean") {
  const Folder folder;
  const auto column = [](const runlog::Reader& reader, const std::string& cadence, const std::string& name) {
    const auto& cadences = reader.description().cadences;
    const auto group = std::ranges::find(cadences, cadence, &runlog::Cadence::name);
    REQUIRE(group != cadences.end());
    return std::pair(group->split, *std::ranges::find(group->metrics, name, &runlog::MetricColumn::name));
  };
  const runlog::Reader vae(trained("vae", folder, {}));
  CHECK(column(vae, "eval", "elbo").first == "validation");
  CHECK(column(vae, "test", "elbo").first == "test");
  CHECK(column(vae, "eval", "elbo").second.better == "larger");
  CHECK(column(vae, "eval", "elbo").second.units == "nats");  // those of its reconstruction loss
  CHECK(!column(vae, "eval", "elbo").second.help.empty());
  const runlog::Reader whole(trained("vae", folder, {"dataset.validation=0.0"}));
  CHECK(column(whole, "eval", "loss").first == "test");
}

TEST_CASE("a game keeps no best weights unless a metric of quality is named") {
  const Folder folder;
  const fs::path log = trained("gan", folder, {});
  CHECK(!runlog::Reader(log).best());
  CHECK_THROWS_WITH_AS(
      sampled(log, training::RunOptions{}, 2, 1, inference::WeightsOf::best),
      (log.string() + ": keeps no best weights: of 'loss', its evaluate.metric, neither larger nor smaller values are "
                      "better; hint: leave out --weights for the final ones, or train with a metric of quality in "
                      "evaluate.metric")
          .c_str(),
      Error);
  CHECK(refusal(text_of("gan"), folder, {"train.early_stopping.patience=2"})
            .starts_with("train.early_stopping: of 'loss' neither larger nor smaller values are better"));

  const fs::path judge = trained("cnn", folder, {"dataset.range=[-1.0, 1.0]"});
  const fs::path judged = trained("gan", folder,
                                  {"metric.classes.use=class-histogram", "metric.classes.from=" + judge.string(),
                                   "metric.classes.images=50", "evaluate.metric=classes.divergence"});
  const runlog::Reader reader(judged);
  const std::vector<double> values = reader.metric("eval", "classes.divergence").values;
  CHECK(reader.best()->value == std::ranges::min(values));
}

TEST_CASE("best weights are not asked for before there are any") {
  const Folder folder;
  Watcher watcher;
  watcher.interrupt_after = 1;
  const auto outcome = run(text_of("vae"), folder, watcher, 2);
  REQUIRE(outcome.status == runlog::Status::interrupted);
  CHECK_THROWS_WITH_AS(
      sampled(outcome.log, training::RunOptions{}, 2, 1, inference::WeightsOf::best),
      (outcome.log.string() +
       ": has no best weights yet, as no evaluation has given a finite 'loss'; hint: --weights checkpoint")
          .c_str(),
      Error);
  CHECK(sampled(outcome.log, training::RunOptions{}, 2, 1, inference::WeightsOf::final).count == 2);
}

TEST_CASE("an explicit goal that contradicts the metric is followed, and said") {
  const Folder folder;
  Watcher watcher;
  const auto outcome =
      run(text_of("cnn"), folder, watcher, 2, {"train.epochs=2", "evaluate.metric=accuracy", "evaluate.goal=min"});
  REQUIRE(outcome.status == runlog::Status::finished);
  const runlog::Reader reader(outcome.log);
  CHECK(reader.best()->value == std::ranges::min(reader.metric("eval", "accuracy").values));
  REQUIRE(watcher.messages.size() == 1);
  CHECK(watcher.messages.front().starts_with("evaluate.goal: of 'accuracy' smaller values are better, says"));
}
