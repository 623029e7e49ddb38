// A read in the middle of a training step runs what was recorded, and changes nothing else.
#include "equal_logs.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

// Five steps an epoch, the last of them smaller; an evaluation, images, weights and a checkpoint after every step.
experiment::Experiment cuts(const std::string& read, const std::string& log = "") {
  return make("[dataset]\nuse = \"breakable\"\n[model]\nuse = \"cuts\"\nread = \"" + read +
              "\"\n[train]\nsteps = 12\nbatch_size = 30\n[evaluate]\nevery = 0.2\n[sample]\nevery = 0.2\ncount = "
              "4\n[checkpoint]\nevery = 1e-9\n[log]\nevery = 1\nweights = 1\ngradients = 1\n" +
              log);
}

}  // namespace

TEST_CASE("a step that reads after an update leaves nothing of the next step in what is logged of it") {
  const TempFolder folder;
  const Run plain = train(folder, cuts("never"));
  REQUIRE(plain.outcome.status == runlog::Status::finished);
  for (const std::string read : {"after an update", "after an update from step 3"}) {
    CAPTURE(read);
    const Run reading = train(folder, cuts(read));
    REQUIRE_MESSAGE(reading.outcome.status == runlog::Status::finished, reading.outcome.reason);
    check_equal_logs(plain.outcome.log, reading.outcome.log);
    CHECK(reading.train("seen") == reading.train("first_loss"));
    CHECK(reading.messages.size() == 1);  // that reading costs
  }
}

TEST_CASE("a run that reads after an update keeps the checkpoint of its last step, and is resumed from it") {
  const TempFolder folder;
  const Run plain = train(folder, cuts("never"));
  for (const std::string read : {"after an update", "after an update from step 3"}) {
    for (const int64_t step : {1, 2, 3, 7}) {
      CAPTURE(read);
      CAPTURE(step);
      Interrupter interrupter;
      interrupter.at_step = step;
      const training::RunOutcome part = run_until(folder, cuts(read), interrupter);
      CHECK(part.status == runlog::Status::interrupted);
      CHECK(part.steps == step);
      const auto checkpoint = runlog::Reader(part.log).newest_checkpoint();
      CHECK(checkpoint->step == step);
      check_weights_of_step(*checkpoint, plain.log());
      CHECK(resume(folder, part.log).status == runlog::Status::finished);
      check_equal_logs(plain.outcome.log, part.log);
    }
  }
}

TEST_CASE("a step that reads its images gets those of its own batch") {
  const TempFolder folder;
  for (const int threads : {1, 3}) {
    training::RunOptions run_options = options(folder);
    run_options.threads = threads;
    Listener listener;
    const training::RunOutcome outcome = training::run(cuts("images"), registry(), run_options, listener);
    REQUIRE_MESSAGE(outcome.status == runlog::Status::finished, outcome.reason);
    const runlog::Reader log(outcome.log);
    const std::vector<double> read = log.metric("train", "read").values;
    const std::vector<double> means = log.metric("train", "mean").values;
    REQUIRE(read.size() == 12);
    for (size_t i = 0; i < read.size(); ++i) {
      CHECK_MESSAGE(read[i] == doctest::Approx(means[i]).epsilon(1e-6), i);
    }
    const Run plain = train(folder, cuts("never"));
    check_equal_metrics(plain.log(), log);
  }
}

TEST_CASE("what is logged or named before a read is found") {
  const TempFolder folder;
  const std::string activations = "activations_every = 1\nactivations = [\"first\", \"second\"]\n";
  const Run reading = train(folder, cuts("before the updates", activations));
  REQUIRE_MESSAGE(reading.outcome.status == runlog::Status::finished, reading.outcome.reason);
  const Run plain = train(folder, cuts("never", activations));
  for (const char* name : {"mean", "first_loss", "read", "seen", "loss"}) {
    CHECK_MESSAGE(reading.train(name).size() == 12, name);
  }
  CHECK(reading.train("read") == reading.train("first_loss"));
  CHECK(reading.log().tensor_steps("activations.first").size() == 10);  // all steps but those with a smaller batch
  check_equal_logs(plain.outcome.log, reading.outcome.log);
}
