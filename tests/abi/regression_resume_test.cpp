// Runs that end at awkward moments, and go on as if they had not.
#include <fstream>
#include <iterator>

#include "equal_logs.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

experiment::Experiment breakable(const TempFolder& folder, const std::vector<std::string>& overrides = {}) {
  return make("[dataset]\nuse = \"breakable\"\nbroken_by = \"" + (folder.path() / "broken").string() +
                  "\"\n[model]\nuse = \"cuts\"\n[train]\nsteps = 12\nbatch_size = 30\n[evaluate]\nevery = 0.2\n[log]\n"
                  "every = 1\nweights = 1\n",
              overrides);
}

void break_sample(const TempFolder& folder, const std::string& which) {
  std::ofstream(folder.path() / "broken") << which;
}
void repair(const TempFolder& folder) {
  fs::remove(folder.path() / "broken");
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void check_no_nan(const runlog::Reader& log) {
  const std::optional<runlog::FinalResult> final_result = log.final_result();
  REQUIRE(final_result.has_value());
  for (const auto& [name, value] : final_result->summary) {
    CHECK_MESSAGE(std::isfinite(value), name);
  }
}

const std::vector<std::string> stops_early = {"optimizer.learning_rate=0.0", "train.early_stopping.patience=3",
                                              "train.steps=100", "dataset.validation=0.2"};

}  // namespace

TEST_CASE("a broken sample ends the run with its name, after a whole step") {
  for (const int64_t sample : {5, 40, 77, 127}) {
    CAPTURE(sample);
    const TempFolder folder;
    const Run whole = train(folder, breakable(folder));
    REQUIRE(whole.outcome.status == runlog::Status::finished);
    Interrupter watcher;
    watcher.on_progress = [&](int64_t step) {
      if (step == 2) {
        break_sample(folder, "train " + std::to_string(sample));
      }
    };
    const training::RunOutcome part = run_until(folder, breakable(folder), watcher);
    CHECK(part.status == runlog::Status::failed);
    CHECK_MESSAGE(contains(part.reason, fmt::format("dataset 'breakable', training sample {}: ", sample)), part.reason);
    CHECK_MESSAGE(contains(part.reason, "this sample is broken"), part.reason);
    {
      const runlog::Reader log(part.log);
      CHECK(log.newest_checkpoint()->step == part.steps);
      CHECK(log.metric("train", "loss").steps.back() == part.steps);
      CHECK(log.metric("eval", "loss").steps.back() == part.steps);
      check_weights_of_step(*log.newest_checkpoint(), whole.log());
    }
    repair(folder);
    CHECK(resume(folder, part.log).status == runlog::Status::finished);
    check_equal_logs(whole.outcome.log, part.log);
  }
}

TEST_CASE("a run interrupted while it stops early has stopped early") {
  const TempFolder folder;
  const Run whole = train(folder, breakable(folder, stops_early));
  REQUIRE(whole.outcome.status == runlog::Status::finished);
  REQUIRE(whole.outcome.steps < 100);
  for (const int64_t before : {0, 1}) {
    CAPTURE(before);
    Interrupter interrupter;
    interrupter.at_evaluation = whole.outcome.steps - before;
    training::RunOutcome part = run_until(folder, breakable(folder, stops_early), interrupter);
    if (part.status == runlog::Status::interrupted) {
      part = resume(folder, part.log);
    }
    CHECK(part.status == runlog::Status::finished);
    CHECK(part.steps == whole.outcome.steps);
    CHECK(part.reason == whole.outcome.reason);
    check_equal_logs(whole.outcome.log, part.log);
  }
}

TEST_CASE("a run that failed after it had stopped early does not train on") {
  const TempFolder folder;
  const Run whole = train(folder, breakable(folder, stops_early));
  break_sample(folder, "test 20");  // the test split is read at the very end, after the last checkpoint
  const Run part = train(folder, breakable(folder, stops_early));
  CHECK(part.outcome.status == runlog::Status::failed);
  CHECK_MESSAGE(contains(part.outcome.reason, "sample 20"), part.outcome.reason);
  repair(folder);
  const training::RunOutcome rest = resume(folder, part.outcome.log);
  CHECK(rest.status == runlog::Status::finished);
  CHECK(rest.steps == whole.outcome.steps);
  check_equal_logs(whole.outcome.log, rest.log);
}

TEST_CASE("a run that failed between its last step and its end has a whole summary when it is resumed") {
  for (const std::string validation : {"dataset.validation=0.0", "dataset.validation=0.2"}) {
    CAPTURE(validation);
    const TempFolder folder;
    const Run whole = train(folder, breakable(folder, {validation}));
    Interrupter watcher;
    watcher.on_progress = [&](int64_t step) {
      if (step == 12) {  // its evaluation reads the test split where there is no validation split
        break_sample(folder, "test 20");
      }
    };
    const training::RunOutcome part = run_until(folder, breakable(folder, {validation}), watcher);
    CHECK(part.status == runlog::Status::failed);
    CHECK(part.steps == 12);
    repair(folder);
    const training::RunOutcome rest = resume(folder, part.log);
    CHECK(rest.status == runlog::Status::finished);
    const runlog::Reader log(rest.log);
    check_no_nan(log);
    CHECK(log.final_result()->summary == whole.log().final_result()->summary);
    CHECK(rest.metrics == whole.outcome.metrics);
  }
}

TEST_CASE("an evaluation that failed is made again when the run is resumed") {
  const TempFolder folder;
  const Run whole = train(folder, breakable(folder));
  Interrupter watcher;
  watcher.on_progress = [&](int64_t step) {
    if (step == 6) {
      break_sample(folder, "test 20");
    }
  };
  const training::RunOutcome part = run_until(folder, breakable(folder), watcher);
  CHECK(part.status == runlog::Status::failed);
  CHECK_MESSAGE(contains(part.reason, "sample 20"), part.reason);
  repair(folder);
  CHECK(resume(folder, part.log).status == runlog::Status::finished);
  check_equal_logs(whole.outcome.log, part.log);
}

TEST_CASE("a resume with a plugin whose weights have other shapes leaves the log as it was") {
  const TempFolder folder;
  const plugin::Registry changed({fs::path(HOUSE_PLUGINS), fs::path(BROKEN_PLUGINS) / "cuts_changed.so"});
  const Run whole = train(folder, breakable(folder));
  Interrupter interrupter;
  interrupter.at_step = 4;
  const training::RunOutcome part = run_until(folder, breakable(folder), interrupter);
  REQUIRE(part.status == runlog::Status::interrupted);
  const std::string before = bytes_of(part.log);
  Listener listener;
  training::RunOptions any_plugin = options(folder);
  const std::string refusal = message_of([&] { training::resume(part.log, changed, any_plugin, listener); });
  CHECK_MESSAGE(contains(refusal, "what the run is made from has changed: plugin "), refusal);
  CHECK(bytes_of(part.log) == before);
  any_plugin.allow_changes = true;
  const std::string message = message_of([&] { training::resume(part.log, changed, any_plugin, listener); });
  CHECK_MESSAGE(contains(message, "first.weight"), message);
  CHECK_MESSAGE(contains(message, "(3, 16)"), message);
  CHECK_MESSAGE(contains(message, "(5, 16)"), message);
  CHECK(bytes_of(part.log) == before);
  CHECK(runlog::Reader(part.log).status() == runlog::Status::interrupted);
  CHECK(resume(folder, part.log).status == runlog::Status::finished);
  check_equal_logs(whole.outcome.log, part.log);
}

TEST_CASE("a schedule goes on where it was, for a group that is updated five times in each step") {
  const experiment::Experiment experiment = make(
      "[dataset]\nuse = \"breakable\"\n[model]\nuse = \"five-critics\"\n[train]\nsteps = 12\nbatch_size = 16\n"
      "[optimizer]\nuse = \"adam\"\nlearning_rate = 0.1\n[schedule]\nuse = \"cosine\"\nwarmup = 3\n[log]\nevery = "
      "1\nweights = 1\n");
  const TempFolder folder;
  const Run whole = train(folder, experiment);
  for (const int64_t step : {2, 7}) {
    Interrupter watcher;
    watcher.at_step = step;
    const training::RunOutcome part = run_until(folder, experiment, watcher);
    REQUIRE(part.status == runlog::Status::interrupted);
    CHECK(resume(folder, part.log).status == runlog::Status::finished);
    check_equal_logs(whole.outcome.log, part.log);
  }
}
