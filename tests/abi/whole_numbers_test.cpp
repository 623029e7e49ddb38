// int64 state of models and optimizers, through checkpoints, final weights, sampling and other runs.
#include "equal_logs.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

experiment::Experiment experiment_of(const std::string& more = "") {
  return make(
      "[model]\nuse = \"whole-numbers\"\n[optimizer]\nuse = \"largest-before\"\nlearning_rate = 0.5\n"
      "[train]\nsteps = 14\nbatch_size = 16\n[evaluate]\nevery = 0.5\n[sample]\nevery = 0.5\ncount = 4\n"
      "[log]\nevery = 1\nweights = 1\n" +
      more);
}

const tensor::Tensor& named(const std::vector<runlog::NamedTensor>& tensors, const std::string& name) {
  const auto found = std::ranges::find(tensors, name, &runlog::NamedTensor::name);
  REQUIRE(found != tensors.end());
  return found->value;
}

std::vector<int64_t> integers(const tensor::Tensor& tensor) {
  REQUIRE(tensor.dtype == tensor::DType::i64);
  return {tensor.storage.as<int64_t>(), tensor.storage.as<int64_t>() + tensor.shape.elements()};
}

}  // namespace

TEST_CASE("int64 state goes on to the bit where a run is resumed, and is in its final weights") {
  const TempFolder folder;
  const Run whole = train(folder, experiment_of());
  REQUIRE_MESSAGE(whole.outcome.status == runlog::Status::finished, whole.outcome.reason);
  for (const int64_t step : {3, 9}) {
    Interrupter interrupter;
    interrupter.at_step = step;
    const training::RunOutcome part = run_until(folder, experiment_of(), interrupter);
    REQUIRE(part.status == runlog::Status::interrupted);
    {
      const runlog::Reader log(part.log);
      const std::vector<int64_t> recent = integers(named(log.newest_checkpoint()->weights.state, "recent"));
      CHECK(std::ranges::any_of(recent, [](int64_t label) { return label != 0; }));
      CHECK(integers(named(log.newest_checkpoint()->optimizer, "network.0.weight.largest")).front() > 0);
    }
    CHECK(resume(folder, part.log).status == runlog::Status::finished);
    check_equal_logs(whole.outcome.log, part.log);
  }
  const std::vector<int64_t> large{(int64_t{1} << 40) + 1, (int64_t{1} << 40) + 1};
  CHECK(integers(named(whole.log().final_result()->weights.state, "large")) == large);
}

TEST_CASE("samples of a log are made with its int64 state") {
  const TempFolder folder;
  const Run run = train(folder, experiment_of());
  const runlog::Reader log = run.log();
  const int64_t last = std::ssize(log.sample_steps("generated")) - 1;
  const pictures::ImageStack again = sampled(run.outcome.log, options(folder), 4, 0, inference::WeightsOf::final);
  CHECK(again.pixels == log.samples("generated", last).pixels);
  CHECK(again.pixels != log.samples("generated", 0).pixels);
}

TEST_CASE("a run that starts from another one's weights takes its int64 state too") {
  const TempFolder folder;
  const Run first = train(folder, experiment_of());
  const Run second = train(folder, experiment_of("[start]\nfrom = \"" + first.outcome.log.string() + "\"\n"));
  REQUIRE_MESSAGE(second.outcome.status == runlog::Status::finished, second.outcome.reason);
  CHECK(second.train("loss").front() != first.train("loss").front());
}
