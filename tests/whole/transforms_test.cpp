// [dataset.transform] in whole runs: what reaches the model, and that chance in the data decides no bit by accident.
#include "whole_run.hpp"

using namespace whole;

namespace {

const std::vector<std::string> everything{"dataset.transform.binarize=fresh", "dataset.transform.crop=9",
                                          "dataset.transform.flip=0.5", "dataset.transform.shift=1",
                                          "dataset.transform.noise=0.1"};

double last_training_loss(const std::vector<std::string>& overrides) {
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("vae"), folder, watcher, 2, overrides);
  REQUIRE(outcome.status == runlog::Status::finished);
  return runlog::Reader(outcome.log).metric("train", "loss").values.back();
}

}  // namespace

TEST_CASE("an interrupted run goes on with the same transformed images, on any number of threads") {
  const Folder folder;
  Watcher calm;
  const auto whole_run = run(text_of("vae"), folder, calm, 1, everything);
  REQUIRE(whole_run.status == runlog::Status::finished);
  for (const int64_t step : {1, 5, 8}) {  // in the middle of epochs of four steps, and between two
    CAPTURE(step);
    Watcher watcher;
    watcher.interrupt_after = step;
    const auto part = run(text_of("vae"), folder, watcher, 3, everything);
    CHECK(part.status == runlog::Status::interrupted);
    training::RunOptions options;
    options.threads = 2;
    options.out_directory = folder.path();
    const auto rest = training::resume(part.log, registry(), options, calm);
    CHECK(rest.status == runlog::Status::finished);
    check_same_run(whole_run.log, rest.log);
  }
}

TEST_CASE("the model sees the cropped size, black and white drawn anew in each epoch, and an evaluation that stays") {
  const Folder folder;
  Watcher watcher;
  // Nothing is learned, so what changes from epoch to epoch is the data.
  const auto outcome =
      run(text_of("vae"), folder, watcher, 2,
          {"dataset.transform.binarize=fresh", "optimizer.learning_rate=0.0", "model.batch_norm=false"});
  const runlog::Reader reader(outcome.log);
  const auto evaluated = reader.metric("eval", "loss").values;
  REQUIRE(evaluated.size() == 3);
  CHECK(evaluated[0] == evaluated[1]);
  const auto cropped = run(text_of("vae"), folder, watcher, 2, everything);
  CHECK(runlog::Reader(cropped.log).samples("generated", 0).height == 9);
  CHECK(last_training_loss({"dataset.transform.binarize=fresh"}) !=
        last_training_loss({"dataset.transform.binarize=fixed"}));
}

TEST_CASE("a crop that is larger than the images is told with its place") {
  const Folder folder;
  Watcher watcher;
  try {
    run(text_of("vae"), folder, watcher, 1, {"dataset.transform.crop=11"});
    FAIL("got a run, expected an error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::experiment);
    CHECK(
        std::string(error.what()) ==
        "<override \"dataset.transform.crop=11\">: dataset.transform.crop: got 11, expected at most 10: the images of "
        "'shapes' are 10x10");
  }
}
