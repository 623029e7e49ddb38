// [start]: runs that begin with another run's weights, and groups that stay as they are.
#include "whole_run.hpp"

using namespace whole;

namespace {

// Whether these are the only tensors of `after` that are as they were: those whose names begin with `prefix`.
void check_kept(const std::vector<runlog::NamedTensor>& before, const std::vector<runlog::NamedTensor>& after,
                const std::string& prefix) {
  int kept = 0;
  REQUIRE(before.size() == after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    CAPTURE(before[i].name);
    CHECK(same_bits(before[i].value, after[i].value) == before[i].name.starts_with(prefix));
    kept += before[i].name.starts_with(prefix) ? 1 : 0;
  }
  CHECK(kept > 0);
}

runlog::Weights final_weights(const fs::path& log) {
  return std::move(*runlog::Reader(log).final_result()).weights;
}

}  // namespace

TEST_CASE("a run may start from another's weights, with groups frozen") {
  const Folder folder;
  Watcher watcher;
  const auto first = run(text_of("gan"), folder, watcher);
  const auto second =
      run(text_of("gan"), folder, watcher, 2, {"name=second", "start.from=tiny-gan", "start.freeze=[\"generator\"]"});
  REQUIRE(second.status == runlog::Status::finished);
  check_kept(final_weights(first.log).parameters, final_weights(second.log).parameters, "generator.");
}

TEST_CASE("a frozen group keeps its state too, also where it alone was taken: running statistics, a codebook") {
  const auto check_frozen = [](const std::string& family, const std::string& group, const std::string& taken) {
    CAPTURE(family);
    const Folder folder;
    Watcher watcher;
    const auto first = run(text_of(family), folder, watcher, 2, {"train.epochs=1"});
    const auto second = run(text_of(family), folder, watcher, 2,
                            {"name=second", "train.epochs=1", "start.from=tiny-" + family,
                             fmt::format("start.groups=[{}]", taken), fmt::format("start.freeze=[\"{}\"]", group)});
    REQUIRE(second.status == runlog::Status::finished);
    check_kept(final_weights(first.log).parameters, final_weights(second.log).parameters, group + ".");
    check_kept(final_weights(first.log).state, final_weights(second.log).state, group + ".");
  };
  check_frozen("dcgan", "generator", "\"generator\"");
  check_frozen("vq-vae", "autoencoder", "");
}

TEST_CASE("a loss does not clip the weights of a frozen critic") {
  const Folder folder;
  Watcher watcher;
  const auto first = run(text_of("gan"), folder, watcher);
  const auto second = run(
      text_of("gan"), folder, watcher, 2,
      {"name=second", "loss.adversarial.use=wasserstein", "start.from=tiny-gan", "start.freeze=[\"discriminator\"]"});
  REQUIRE(second.status == runlog::Status::finished);
  check_kept(final_weights(first.log).parameters, final_weights(second.log).parameters, "discriminator.");
}

TEST_CASE("a start that cannot be is told before anything is trained") {
  const Folder folder;
  Watcher watcher;
  run(text_of("gan"), folder, watcher, 2, {"train.epochs=1"});
  const auto attempt = [&](std::vector<std::string> overrides, const std::string& model = "gan") {
    overrides.emplace_back("name=second");
    return refusal(text_of(model), folder, overrides);
  };
  CHECK(attempt({"start.from=none"}) ==
        fmt::format(
            "<override \"start.from=none\">: start.from: 'none': expected a log, a folder with logs, or in '{0}' an "
            "experiment or a run's id; hint: it has to be run first: atelier run FILE.toml --out {0}",
            folder.path().string()));
  CHECK(attempt({"start.from=tiny-gan"}, "vae") ==
        "<override \"start.from=tiny-gan\">: start.from: 'tiny-gan' has no weights for "
        "'autoencoder.encoder.0.weight', expected (30, 100); hint: it is a run of the model 'gan', and this is 'vae'");
  CHECK(attempt({"start.from=tiny-gan", "model.latent=7"}) ==
        "<override \"start.from=tiny-gan\">: start.from: 'tiny-gan' has (20, 6) for 'generator.0.weight', expected "
        "(20, 7)");
  CHECK(attempt({"start.from=tiny-gan", "start.groups=[\"generater\"]", "start.freeze=[\"generator\", \"critic\"]"}) ==
        "<override \"start.groups=[\"generater\"]\">: start.groups[0]: got the unknown parameter group 'generater', "
        "expected 'generator' or 'discriminator'; did you mean 'generator'?\n"
        "<override \"start.freeze=[\"generator\", \"critic\"]\">: start.freeze[1]: got the unknown parameter group "
        "'critic', expected 'generator' or 'discriminator'");
  CHECK(attempt({"start.from=tiny-gan", "start.freeze=[\"discriminator\", \"generator\"]"}) ==
        "<override \"start.freeze=[\"discriminator\", \"generator\"]\">: start.freeze: got every parameter group of "
        "the model, expected at least one that is left to train");
  CHECK_FALSE(fs::exists(folder.path() / "second"));
}
