// Runs that go wrong say where, and lose nothing.
#include "whole_run.hpp"

using namespace whole;

namespace {

template <typename F>
std::string message_of(const F& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a loss that is not finite stops the run, and says where it began") {
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("vae"), folder, watcher, 2, {"optimizer.learning_rate=1e20"});
  CHECK(outcome.status == runlog::Status::failed);
  CAPTURE(outcome.reason);
  CHECK(outcome.reason.starts_with(fmt::format(
      "step {} is not finite; nothing was updated by it. Where that began: the result of ", outcome.steps + 1)));
  // A plugin's places are relative to its folder.
  CHECK(outcome.reason.find("networks.hpp:") != std::string::npos);
  const runlog::Reader reader(outcome.log);
  CHECK(reader.status() == runlog::Status::failed);
  CHECK(reader.exit_reason() == outcome.reason);
  CHECK(reader.newest_checkpoint()->step == outcome.steps);
  CHECK(reader.metric("train", "loss").steps.size() == static_cast<size_t>(outcome.steps));
}

TEST_CASE("what cannot begin leaves no log") {
  const Folder folder;
  const auto attempt = [&](const std::vector<std::string>& overrides, const std::string& model = "vae") {
    return refusal(text_of(model), folder, overrides);
  };
  CHECK(attempt({"train.batch_size=500"})
            .find("train.batch_size: got 500, expected at most the 120 training samples of 'shapes'") !=
        std::string::npos);
  CHECK(attempt({"evaluate.metric=accuracy"}) ==
        "evaluate.metric: the model 'vae' has no metric 'accuracy', expected divergence, elbo, loss or reconstruction");
  CHECK(attempt({"log.activations=[\"autoencoder.encoder.9\"]"})
            .starts_with(
                "log.activations: the model has no layer 'autoencoder.encoder.9'; did you mean 'autoencoder.encoder."));
  CHECK(attempt({"dataset.range=[-1.0, 1.0]"}) ==
        "model 'vae': loss 'bce': loss.reconstruction: 'bce' needs images in [0, 1]; hint: set dataset.range = [0, 1], "
        "or use 'mse'");
  CHECK(attempt({"dataset.range=[0.0, 1.0]"}, "gan").find("model.output_activation: 'tanh' gives values in [-1, 1]") !=
        std::string::npos);
  CHECK(attempt({"optimizer.discriminater.learning_rate=1e-3"}, "gan").find("did you mean 'discriminator'?") !=
        std::string::npos);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("a finished run is not resumed, nor is what is no log") {
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("gan"), folder, watcher);
  training::RunOptions options;
  CHECK(message_of([&] { training::resume(outcome.log, registry(), options, watcher); }) ==
        outcome.log.string() + ": the run is finished; there is nothing to resume");
  CHECK(message_of([&] {
          training::resume(folder.path() / "none.h5", registry(), options, watcher);
        }).find("none.h5") != std::string::npos);
}
