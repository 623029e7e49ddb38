// A log is enough to make its run again, whatever the model, and the logs of both are compared to the last bit.
#include "compare/divergence.hpp"
#include "whole_run.hpp"

using namespace whole;

namespace {

training::RunOutcome again(const runlog::Reader& log, const Folder& folder, int64_t last_step) {
  Watcher watcher;
  training::RunOptions options;
  options.threads = 3;
  options.out_directory = folder.path();
  options.last_step = last_step;
  return training::run_again(log, {}, registry(), options, watcher);
}

}  // namespace

TEST_CASE("a run of every family is the same again from its log alone") {
  for (const Family& family : families()) {
    CAPTURE(family.name);
    const Folder folder;
    Watcher watcher;
    const auto first = run(text_of(family.name), folder, watcher, 1);
    REQUIRE(first.status == runlog::Status::finished);
    const runlog::Reader log(first.log);
    const auto second = again(log, folder, first.steps);
    const compare::Agreement whole = compare::agreement_of(log, runlog::Reader(second.log), {0, first.steps});
    CHECK_FALSE(whole.divergence);
    CHECK(whole.checkpoint);
    CHECK(whole.final_weights);
    CHECK(whole.best == log.best().has_value());
    int64_t weights = 0;
    const auto result = log.final_result();
    REQUIRE(result);
    for (const runlog::NamedTensor& parameter : result->weights.parameters) {
      weights += parameter.value.shape.elements();
    }
    CHECK(whole.values > 3 * weights);  // the newest checkpoint's, the final and the best ones, and more
  }
}

TEST_CASE("the first steps of a run are the same again, and those of another seed are not") {
  const Folder folder;
  Watcher watcher;
  const auto first = run(text_of("vae"), folder, watcher, 1);
  const runlog::Reader log(first.log);
  const auto second = again(log, folder, 5);
  CHECK(second.steps == 5);
  CHECK_FALSE(compare::agreement_of(log, runlog::Reader(second.log), {0, 5}).divergence);
  const auto beyond = compare::agreement_of(log, runlog::Reader(second.log), {0, 6}).divergence;
  REQUIRE(beyond);
  CHECK(beyond->step == 6);
  CHECK(beyond->what.starts_with("metrics/train/"));
  CHECK(beyond->first == "a row");
  CHECK(beyond->second == "none");
  const auto other = run(text_of("vae"), folder, watcher, 1, {"seed=12"});
  const auto parted = compare::agreement_of(log, runlog::Reader(other.log), {0, first.steps}).divergence;
  REQUIRE(parted);
  CHECK(parted->step == 1);
}
