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

TEST_CASE("a last batch of an epoch that is too small is refused before training, where the run gets there") {
  const Folder folder;
  Watcher watcher;
  const std::vector<std::string> seven{"train.batch_size=7"};  // 120 = 17 * 7 + 1
  const std::string message = refusal(text_of("vae"), folder, seven);
  CHECK_MESSAGE(message.starts_with("train.batch_size: the last batch of an epoch has 1 of 7 samples"), message);
  CHECK_MESSAGE(message.find("batch_norm") != std::string::npos, message);
  const std::string compared = refusal(text_of("conditional-gan"), folder, {"train.batch_size=149"});
  CHECK_MESSAGE(compared.find("model.minibatch_discrimination: ") != std::string::npos, compared);
  CHECK(fs::is_empty(folder.path()));
  std::string five_steps = text_of("vae");
  five_steps.replace(five_steps.find("epochs = 3"), 10, "steps = 5");
  const auto short_of_it = run(five_steps, folder, watcher, 2, seven);
  CHECK(short_of_it.status == runlog::Status::finished);
}

TEST_CASE("a codebook takes what places a small batch has") {
  const Folder folder;
  Watcher watcher;
  // 9 places an image: 13 * 9 + 3 images, whose 27 places are fewer than the codes
  const auto outcome = run(text_of("vq-vae"), folder, watcher, 2, {"train.batch_size=13", "model.codes=32"});
  CHECK_MESSAGE(outcome.status == runlog::Status::finished, outcome.reason);
}

TEST_CASE("steps that cannot be counted are refused") {
  const Folder folder;
  CHECK(refusal(text_of("gan"), folder, {"train.epochs=9000000000000000000"})
            .starts_with("train.epochs: got 9000000000000000000, which is more than "));
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
