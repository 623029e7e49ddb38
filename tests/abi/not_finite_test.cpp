// A number that is not finite ends a run before anything of it is kept, wherever it turns up.
#include <cmath>

#include "base/stop_request.hpp"
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

std::string goes_bad(const std::string& model, const std::string& optimizer = "", const std::string& train = "") {
  return "[model]\nuse = \"not-finite\"\n" + model + "[optimizer]\nuse = \"careless\"\n" + optimizer +
         "[train]\nsteps = 4\nbatch_size = 16\n" + train;
}

// Ends at step 4, the last one, with the state of step 3 in the newest checkpoint, from which it can go on.
void check_fails_at_step_4(const std::string& text, const std::string& culprit, const std::string& place = "") {
  TempFolder folder;
  const Run run = train(folder, make(text));
  CAPTURE(text);
  CHECK(run.outcome.status == runlog::Status::failed);
  CHECK_MESSAGE(run.outcome.reason.starts_with("step 4 is not finite; nothing was updated by it. Where that began: "),
                run.outcome.reason);
  CHECK_MESSAGE(contains(run.outcome.reason, culprit), run.outcome.reason);
  CHECK_MESSAGE(contains(run.outcome.reason, place), run.outcome.reason);
  const auto checkpoint = run.log().newest_checkpoint();
  REQUIRE(checkpoint.has_value());
  CHECK(checkpoint->step == 3);
  for (const auto* tensors : {&checkpoint->weights.parameters, &checkpoint->weights.state, &checkpoint->optimizer}) {
    for (const runlog::NamedTensor& tensor : *tensors) {
      for (int64_t i = 0; i < tensor.value.shape.elements(); ++i) {
        CHECK_MESSAGE(std::isfinite(tensor.value.storage.as<float>()[i]), tensor.name);
      }
    }
  }
  CHECK(run.train("loss").size() == 3);
}

std::string at(const std::string& place) {
  return "not_finite.cpp:" + std::to_string(line_of(NOT_FINITE, "// PLACE: " + place));
}

}  // namespace

TEST_CASE("numbers that stay finite train to the end") {
  TempFolder folder;
  for (const std::string place : {"nowhere", "masked"}) {
    const Run run = train(folder, make(goes_bad("place = \"" + place + "\"\n")));
    CHECK_MESSAGE(run.outcome.status == runlog::Status::finished, run.outcome.reason);
  }
}

TEST_CASE("a gradient that is not finite is found, whatever the optimizer makes of it") {
  check_fails_at_step_4(goes_bad("place = \"gradient\"\n"), "div/1 in the gradient of sqrt/1", at("gradient"));
}

TEST_CASE("a state tensor that is not finite is found") {
  check_fails_at_step_4(goes_bad("place = \"state\"\n"), "the result of div/1", at("state"));
}

TEST_CASE(
    "a norm beyond all numbers is found where gradients are clipped by it, and is nothing to stop for elsewhere") {
  check_fails_at_step_4(goes_bad("place = \"norm\"\n", "", "clip_norm = 1.0\n"), "the result of square/1");
  TempFolder folder;
  CHECK(train(folder, make(goes_bad("place = \"norm\"\n"))).outcome.status == runlog::Status::finished);
}

TEST_CASE("an update that is not finite is found, in the weights and in what the optimizer keeps") {
  check_fails_at_step_4(goes_bad("", "fault = \"update\"\n"), "the new value of 'g.number', of a finite gradient");
  check_fails_at_step_4(goes_bad("", "fault = \"slot\"\n"), "what the optimizer keeps beside 'g.number'");
}

TEST_CASE("an evaluation whose sums are not finite fails the run, and names the operation") {
  const std::string message = failure(goes_bad("place = \"evaluation\"\n"));
  CHECK_MESSAGE(contains(message, "a result is not finite"), message);
  CHECK_MESSAGE(contains(message, "log/1"), message);
  CHECK_MESSAGE(contains(message, at("evaluation")), message);
}

TEST_CASE("images that are not finite are not drawn") {
  const std::string message = failure(goes_bad("place = \"sample\"\n"));
  CHECK_MESSAGE(contains(message, "sampling: a result is not finite"), message);
}

TEST_CASE("a step that goes bad after an evaluation was interrupted leaves a log that goes on, with one row of each") {
  class StopsInEvaluation final : public Listener {
   public:
    void evaluating(std::string_view, int64_t done, int64_t) override { stop.asked = stop.asked || done == 5; }
    StopRequest stop;
  };
  TempFolder folder;
  const experiment::Experiment experiment =
      make(goes_bad("place = \"gradient\"\n") + "[evaluate]\nevery = 0.25\nbatch_size = 1\n");
  StopsInEvaluation listener;
  training::RunOptions run_options = options(folder);
  run_options.stop = &listener.stop;
  const training::RunOutcome interrupted = training::run(experiment, registry(), run_options, listener);
  CHECK(interrupted.status == runlog::Status::interrupted);
  CHECK(interrupted.reason == "interrupted after step 1, in [evaluate]");
  for (int turn = 0; turn < 2; ++turn) {
    Listener again;
    const training::RunOutcome failed = training::resume(interrupted.log, registry(), options(folder), again);
    CHECK(failed.status == runlog::Status::failed);
    CHECK_MESSAGE(failed.reason.starts_with("step 4 is not finite; "), failed.reason);
    const runlog::Reader log(interrupted.log);
    CHECK(log.newest_checkpoint()->step == 3);
    CHECK(log.metric("eval", "loss").steps == std::vector<int64_t>{1, 2, 3});
  }
}

TEST_CASE("a checkpoint keeps no weights of a step of which a part has run") {
  for (const auto& [place, kept] : {std::pair("failure", 3), {"failure after a read", 0}}) {
    TempFolder folder;
    const Run run = train(folder, make(goes_bad("place = \"" + std::string(place) + "\"\n")));
    CHECK(run.outcome.status == runlog::Status::failed);
    CHECK_MESSAGE(contains(run.outcome.reason, "this loss is not liked"), run.outcome.reason);
    CHECK(run.log().newest_checkpoint()->step == kept);
  }
}
