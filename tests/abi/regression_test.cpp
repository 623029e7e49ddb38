// Schedules of groups that are updated several times a step, optimizers that throw, classes of one name in two plugins.
#include "equal_logs.hpp"
#include "plugin/dataset.hpp"
#include "plugin/model.hpp"

using namespace atelier;
using namespace atelier::abi_test;

TEST_CASE("a cosine schedule ends with the run, however often a group is updated in a step") {
  constexpr int64_t steps = 20;
  const Run run = train(
      "[dataset]\nuse = \"breakable\"\n[model]\nuse = \"five-critics\"\n[train]\nsteps = 20\nbatch_size = 16\n"
      "[optimizer]\nuse = \"sgd\"\nlearning_rate = 0.1\n[schedule]\nuse = \"cosine\"\nfloor = 0.1\n");
  for (const std::string group : {"critic", "generator"}) {
    CAPTURE(group);
    const std::vector<double> rates = run.train("learning_rate." + group);
    REQUIRE(rates.size() == steps);
    CHECK(rates.front() > 0.095);
    CHECK(rates[steps / 2] > 0.04);
    CHECK(rates[steps / 2] < 0.07);
    for (size_t i = 1; i < rates.size(); ++i) {
      CHECK_MESSAGE(rates[i] < rates[i - 1], i);
    }
    CHECK(rates[steps - 2] > 0.0101);
    CHECK(rates.back() == doctest::Approx(0.01));
  }
}

TEST_CASE("a schedule counts training steps, also for a group that is updated five times in each") {
  const std::string text =
      "[dataset]\nuse = \"breakable\"\n[model]\nuse = \"five-critics\"\n[train]\nsteps = 20\nbatch_size = 16\n"
      "[optimizer]\nuse = \"sgd\"\nlearning_rate = 0.1\n[log]\nevery = 1\nweights = 1\n";
  for (const auto& [rest, schedule] :
       {std::pair<std::string, experiment::LearningRateSchedule>(
            "use = \"constant\"\nwarmup = 8\n", {experiment::LearningRateSchedule::Use::constant, 8, 1, 0, 0}),
        {"use = \"step\"\nevery = 6\nfactor = 0.5\n", {experiment::LearningRateSchedule::Use::step, 0, 6, 0.5, 0}},
        {"use = \"cosine\"\nwarmup = 3\nfloor = 0.1\n",
         {experiment::LearningRateSchedule::Use::cosine, 3, 1, 0, 0.1}}}) {
    CAPTURE(rest);
    const Run run = train(text + "[schedule]\n" + rest);
    for (const std::string group : {"critic", "generator"}) {
      CAPTURE(group);
      const std::vector<double> rates = run.train("learning_rate." + group);
      REQUIRE(rates.size() == 20);
      for (int64_t step = 1; step <= 20; ++step) {
        CHECK(rates[static_cast<size_t>(step - 1)] == 0.1 * factor(schedule, step, 20));
      }
    }
  }
  // All five updates of the first step have the full rate, and none of the later ones has any.
  const Run whole = train(text);
  const Run first = train(text + "[schedule]\nuse = \"step\"\nevery = 1\nfactor = 1e-30\n");
  const auto weights = [](const Run& run, size_t step) {
    const tensor::Tensor values = run.log().tensor("weights.critic.weight", step);
    const auto* data = values.storage.as<float>();
    return std::vector<float>(data, data + values.shape.elements());
  };
  CHECK(weights(first, 0) == weights(whole, 0));
  CHECK(weights(first, 19) == weights(first, 0));
  CHECK(weights(whole, 19) != weights(whole, 0));
}

namespace {

experiment::Experiment throwing(const std::string& where, int64_t at) {
  return make(
      fmt::format("[dataset]\nuse = \"breakable\"\n[model]\nuse = \"cuts\"\n[optimizer]\nuse = \"thrower\"\n"
                  "learning_rate = 0.1\nthrows_in = \"{}\"\nat = {}\n[train]\nsteps = 6\nbatch_size = 30\n"
                  "[log]\nevery = 1\nweights = 1\n",
                  where, at));
}

}  // namespace

TEST_CASE("an optimizer that throws ends the run with its name and its words") {
  const TempFolder folder;
  const Run calm = train(folder, throwing("", 3));
  REQUIRE(calm.outcome.status == runlog::Status::finished);
  for (const std::string where : {"begin_update", "update"}) {
    for (const int64_t at : {2, 4, 6}) {
      CAPTURE(where);
      CAPTURE(at);
      const Run run = train(folder, throwing(where, at));
      CHECK(run.outcome.status == runlog::Status::failed);
      const std::string words = where == "update" ? "no update, please" : "no beginning, please";
      CHECK_MESSAGE(contains(run.outcome.reason, "optimizer 'thrower'"), run.outcome.reason);
      CHECK_MESSAGE(contains(run.outcome.reason, words), run.outcome.reason);
      CHECK(run.log().status() == runlog::Status::failed);
      CHECK(run.outcome.steps == at - 1);
      // Nothing of the step that failed is kept.
      const auto checkpoint = run.log().newest_checkpoint();
      REQUIRE(checkpoint.has_value());
      CHECK(checkpoint->step < at);
      if (checkpoint->step > 0) {
        check_weights_of_step(*checkpoint, calm.log());
      }
    }
  }
}

TEST_CASE("an optimizer that throws at its first update leaves a log that says so") {
  const TempFolder folder;
  for (const std::string where : {"begin_update", "update"}) {
    CAPTURE(where);
    std::string reason;
    const std::string thrown = message_of([&] { reason = train(folder, throwing(where, 1)).outcome.reason; });
    const std::string message = reason.empty() ? thrown : reason;
    CHECK_MESSAGE(contains(message, "optimizer 'thrower'"), message);
    CHECK_MESSAGE(contains(message, "please"), message);
  }
}

TEST_CASE("classes of one name in two plugins built without hidden symbols keep to themselves") {
  const fs::path folder = BROKEN_PLUGINS;
  const plugin::Registry loaded({folder / "namesake_one.so", folder / "namesake_two.so"});
  const auto summary = [&](catalog::Kind kind, const char* name) { return loaded.get(kind, name).description.summary; };
  CHECK(summary(catalog::Kind::dataset, "data-one") == "data-one");
  CHECK(summary(catalog::Kind::dataset, "data-two") == "data-two");
  CHECK(summary(catalog::Kind::optimizer, "rule-one") == "rule-one");
  CHECK(summary(catalog::Kind::optimizer, "rule-two") == "rule-two");
  for (const auto& [name, count] : {std::pair("data-one", 1), {"data-two", 2}}) {
    const plugin::Dataset data(loaded, {name, {}, {}}, fs::temp_directory_path(), {});
    CHECK_MESSAGE(data.spec().train_count == count, name);
  }
  for (const auto& [name, slots, scalar] : {std::tuple("rule-one", 0, 1.0), {"rule-two", 2, 2.0}}) {
    training::Optimizer rule(loaded, {name, {{"learning_rate", 0.5}}});
    CHECK_MESSAGE(rule.slots().size() == static_cast<size_t>(slots), name);
    double scalars[record::UpdateRule::max_scalars] = {};
    rule.begin_update(1, 0.5, scalars);
    CHECK_MESSAGE(scalars[0] == scalar, name);
  }
}
