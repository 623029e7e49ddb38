// The moving average of the weights: what it is, who uses it, and that it survives interruptions.
#include "execute/average.hpp"

#include "whole_run.hpp"

using namespace whole;

namespace {

const std::vector<std::string> averaged{"train.average=0.9"};

const tensor::Tensor& named(const std::vector<runlog::NamedTensor>& list, const std::string& name) {
  const auto found = std::ranges::find(list, name, &runlog::NamedTensor::name);
  REQUIRE_MESSAGE(found != list.end(), name);
  return found->value;
}

}  // namespace

TEST_CASE("the final weights are the moving average of all steps' weights") {
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("gan", "weights = 1"), folder, watcher, 2, averaged);
  REQUIRE(outcome.status == runlog::Status::finished);
  const auto untrained = run(text_of("gan"), folder, watcher, 2, {"optimizer.learning_rate=0.0"});
  const runlog::Reader reader(outcome.log);
  const auto initial = runlog::Reader(untrained.log).final_result();
  const auto final_result = reader.final_result();
  const auto checkpoint = reader.newest_checkpoint();
  const int64_t steps = final_result->step;
  REQUIRE(steps == 15);
  for (const runlog::NamedTensor& parameter : final_result->weights.parameters) {
    CAPTURE(parameter.name);
    const int64_t elements = parameter.value.shape.elements();
    const auto* start = named(initial->weights.parameters, parameter.name).storage.as<float>();
    std::vector<float> expected(start, start + elements);
    for (int64_t step = 1; step <= steps; ++step) {
      const tensor::Tensor weights = reader.tensor("weights." + parameter.name, static_cast<size_t>(step - 1));
      const auto share = static_cast<float>(execute::average_share(0.9, step));
      for (int64_t i = 0; i < elements; ++i) {
        expected[static_cast<size_t>(i)] += share * (weights.storage.as<float>()[i] - expected[static_cast<size_t>(i)]);
      }
    }
    CHECK(std::memcmp(expected.data(), parameter.value.storage.data(), parameter.value.bytes()) == 0);
    // The checkpoint has both: the average, and the weights that training goes on with.
    CHECK(same_bits(named(checkpoint->optimizer, parameter.name + ".average"), parameter.value));
    CHECK(same_bits(named(checkpoint->weights.parameters, parameter.name),
                    reader.tensor("weights." + parameter.name, static_cast<size_t>(steps - 1))));
  }
}

TEST_CASE("averages change what is evaluated and sampled, and nothing of the training") {
  const Folder folder;
  Watcher watcher;
  const auto plain = run(text_of("vae"), folder, watcher);
  const auto with_average = run(text_of("vae"), folder, watcher, 2, averaged);
  const runlog::Reader a(plain.log), b(with_average.log);
  CHECK(a.metric("train", "loss").values == b.metric("train", "loss").values);
  check_same_weights(a.newest_checkpoint()->weights, b.newest_checkpoint()->weights);
  CHECK(a.metric("eval", "loss").values != b.metric("eval", "loss").values);
  CHECK(a.samples("generated", 0).pixels != b.samples("generated", 0).pixels);
  training::RunOptions options;
  const auto sample = [&](inference::WeightsOf weights) {
    return sampled(with_average.log, options, 10, 3, weights).pixels;
  };
  CHECK(sample(inference::WeightsOf::checkpoint) == sample(inference::WeightsOf::final));
}

TEST_CASE("an interrupted run goes on with its averages, on any number of threads") {
  const Folder folder;
  Watcher calm;
  const auto whole_run = run(text_of("gan"), folder, calm, 1, averaged);
  for (const int64_t step : {1, 7}) {
    CAPTURE(step);
    Watcher watcher;
    watcher.interrupt_after = step;
    const auto part = run(text_of("gan"), folder, watcher, 3, averaged);
    training::RunOptions options;
    options.threads = 2;
    options.out_directory = folder.path();
    const auto rest = training::resume(part.log, registry(), options, calm);
    CHECK(rest.status == runlog::Status::finished);
    check_same_run(whole_run.log, rest.log);
  }
}

TEST_CASE("averages begin at the weights that a run starts from; frozen groups have none") {
  const Folder folder;
  Watcher watcher;
  const auto first = run(text_of("gan"), folder, watcher);
  const auto second = run(text_of("gan"), folder, watcher, 2,
                          {"name=second", "start.from=tiny-gan", "start.freeze=[\"generator\"]", "train.average=0.9",
                           "optimizer.learning_rate=0.0"});
  REQUIRE(second.status == runlog::Status::finished);
  const runlog::Reader reader(second.log);
  const auto before = runlog::Reader(first.log).final_result();
  const auto after = reader.final_result();
  for (const runlog::NamedTensor& parameter : before->weights.parameters) {
    CHECK_MESSAGE(same_bits(named(after->weights.parameters, parameter.name), parameter.value), parameter.name);
  }
  const auto checkpoint = reader.newest_checkpoint();
  REQUIRE(!checkpoint->optimizer.empty());
  for (const runlog::NamedTensor& slot : checkpoint->optimizer) {
    CHECK(slot.name.starts_with("discriminator."));
  }
}
