#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "runlog_example.hpp"

using namespace atelier;
using namespace atelier::runlog;

namespace {

bool holds(const std::vector<NamedTensor>& arrays, const std::vector<ArrayView>& expected) {
  return std::equal(arrays.begin(), arrays.end(), expected.begin(), expected.end(),
                    [](const NamedTensor& array, const ArrayView& view) {
                      return array.name == view.name && array.value.dtype == view.dtype &&
                             array.value.bytes() == view.values.size() &&
                             (view.values.empty() ||  // whose data is null, which memcmp may not be given
                              std::memcmp(array.value.storage.data(), view.values.data(), array.value.bytes()) == 0);
                    });
}

}  // namespace

TEST_CASE("a description is read back as it was given") {
  const example::Folder folder;
  const RunDescription given = example::description();
  Writer::create(folder / "log.h5", given).close();
  const Reader reader(folder / "log.h5");
  const RunDescription& read = reader.description();

  CHECK(read.run_id == given.run_id);
  CHECK(read.name == given.name);
  CHECK(read.seed == given.seed);
  CHECK(read.tags == given.tags);
  CHECK(read.created_utc == given.created_utc);
  CHECK(read.source == given.source);
  CHECK(read.resolved == given.resolved);
  CHECK(read.overrides.empty());
  CHECK(read.directory == given.directory);
  CHECK(read.provenance.fingerprint == given.provenance.fingerprint);
  CHECK(read.provenance.threads == 2);
  REQUIRE(read.provenance.plugins.size() == 2);
  CHECK(read.provenance.plugins[1].name == "adam");
  CHECK(read.provenance.plugins[1].sha256 == "cd34");
  CHECK(read.provenance.dataset_sha256 == "ef56");
  CHECK(read.provenance.start_run_id == "77aa");
  CHECK(read.provenance.changes.empty());
  CHECK(read.provenance.source_revision == "0123abc");

  REQUIRE(read.cadences.size() == 2);
  CHECK(read.cadences[0].name == "train");
  REQUIRE(read.cadences[0].metrics.size() == 4);
  CHECK(read.cadences[0].metrics[0].name == "loss.generator");
  CHECK(read.cadences[0].metrics[3].units == "s");
  REQUIRE(read.samples.size() == given.samples.size());
  for (size_t i = 0; i < given.samples.size(); ++i) {
    CAPTURE(given.samples[i].name);
    CHECK(read.samples[i].name == given.samples[i].name);
    CHECK(read.samples[i].count == given.samples[i].count);
    CHECK(read.samples[i].dims == given.samples[i].dims);
    CHECK(read.samples[i].kind == given.samples[i].kind);
    CHECK(read.samples[i].field == given.samples[i].field);
  }
  REQUIRE(read.tensors.size() == 3);
  CHECK(read.tensors[0].axes == std::vector<std::string>{"unit", "input"});
  CHECK(read.tensors[1].shape.rank() == 0);
  CHECK(read.tensors[2].axes.front() == "axis_1");
  REQUIRE(read.foreign.size() == 1);
  CHECK(read.foreign[0].name == "cnn-mnist");
  CHECK(read.foreign[0].run_id == "9c1e");
  CHECK(read.foreign[0].resolved == given.foreign[0].resolved);
  REQUIRE(read.foreign[0].weights.size() == 2);
  CHECK(read.foreign[0].weights[0].name == "0.weight");
  CHECK(read.foreign[0].weights[0].shape == tensor::Shape{2, 3});
  CHECK(read.foreign[0].weights[1].shape.rank() == 0);
  REQUIRE(read.parameters.size() == 3);
  CHECK(read.parameters[0].name == "generator.0.weight");
  CHECK(read.parameters[0].shape == tensor::Shape{3, 4});
  CHECK(read.state[0].dtype == tensor::DType::f32);
  CHECK(read.state[2].dtype == tensor::DType::i64);
  CHECK(read.optimizer[2].dtype == tensor::DType::i64);
  CHECK(read.counters == given.counters);
  CHECK(read.numbers == given.numbers);
  CHECK(read.best_metric == "eval/loss");
  CHECK(read.summary == given.summary);
  CHECK(reader.status() == Status::running);
}

TEST_CASE("what the data say of themselves is read back as it was given") {
  const example::Folder folder;
  Writer::create(folder / "log.h5", example::description()).close();
  const catalog::DataSpec given = example::data();
  const catalog::DataSpec read = Reader(folder / "log.h5").description().data;
  CHECK(read.train_count == 60000);
  CHECK(read.test_count == 10000);
  REQUIRE(read.fields.size() == given.fields.size());
  for (size_t i = 0; i < given.fields.size(); ++i) {
    const catalog::FieldSpec& a = read.fields[i];
    const catalog::FieldSpec& b = given.fields[i];
    CAPTURE(b.name);
    CHECK(a.name == b.name);
    CHECK(a.kind == b.kind);
    CHECK(a.dtype == b.dtype);
    CHECK(a.as_bytes == b.as_bytes);
    CHECK(a.dims == b.dims);
    CHECK(a.classes == b.classes);
    CHECK(a.low == b.low);
    CHECK(a.high == b.high);
    CHECK(a.class_names == b.class_names);
    CHECK(a.channel_names == b.channel_names);
    CHECK(a.rate == b.rate);
    CHECK(a.length_field == b.length_field);
  }
}

TEST_CASE("an empty description makes a log") {
  const example::Folder folder;
  Writer::create(folder / "log.h5", {}).close();
  const Reader reader(folder / "log.h5");
  CHECK(reader.description().tags.empty());
  CHECK(reader.description().provenance.plugins.empty());
  CHECK(reader.description().directory.empty());
  CHECK(reader.description().foreign.empty());
  CHECK_FALSE(reader.newest_checkpoint());
  CHECK_FALSE(reader.best());
  CHECK_FALSE(reader.final_result());
}

TEST_CASE("what a run writes is read back") {
  const example::Folder folder;
  {
    Writer log = Writer::create(folder / "log.h5", example::description());
    example::write_steps(log, 0, 1200);
    example::finish(log, 1200);
  }
  const Reader reader(folder / "log.h5");
  CHECK(reader.status() == Status::finished);

  const MetricSeries loss = reader.metric("train", "loss-critic");
  REQUIRE(loss.steps.size() == 1200);
  CHECK(loss.steps[1199] == 1200);
  CHECK(loss.epochs[0] == doctest::Approx(0.01));
  CHECK(std::isnan(loss.values[0]));
  CHECK(loss.values[1199] == 1.0 / 1200);
  CHECK(reader.metric("eval", "loss").steps == std::vector<int64_t>{50,  100, 150, 200,  250,  300,  350,  400,
                                                                    450, 500, 550, 600,  650,  700,  750,  800,
                                                                    850, 900, 950, 1000, 1050, 1100, 1150, 1200});
  CHECK(reader.timing("train").wall_seconds[1199] == doctest::Approx(1.2));

  CHECK(reader.sample_steps("grey").size() == 12);
  const Images images = reader.samples("colour", 11);
  CHECK(images.step == 1200);
  CHECK(images.pixels == example::pixels(1200, 360));
  const Images films = reader.samples("films", 0);
  CHECK(films.frames == 3);
  CHECK(films.height == 2);
  CHECK(films.pixels == example::pixels(100, 48));
  CHECK(reader.samples("bands", 0).channels == 4);
  CHECK(reader.sample_texts("verses", 11) == example::texts(1200));
  const tensor::Tensor tokens = reader.sample_values("verses", 2);
  CHECK(tokens.dtype == tensor::DType::i64);
  CHECK(tokens.shape == tensor::Shape{3, 4});
  CHECK(tokens.storage.as<int64_t>()[11] == 300);
  CHECK(reader.sample_values("chords", 1).shape == tensor::Shape{2, 2, 5});
  CHECK(reader.sample_values("chords", 1).storage.as<float>()[19] == 200);
  CHECK(reader.sample_values("rows", 11).storage.as<float>()[5] == -1200);

  CHECK(reader.tensor_steps("scale").size() == 12);
  CHECK(reader.tensor("critic.2", 3).shape == tensor::Shape{2, 3});
  CHECK(reader.tensor("critic.2", 3).storage.as<float>()[5] == 400);
  CHECK(reader.tensor("scale", 0).storage.as<float>()[0] == 100);

  const example::Values values(1200);
  const std::optional<Checkpoint> checkpoint = reader.newest_checkpoint();
  REQUIRE(checkpoint);
  CHECK(checkpoint->step == 1200);
  CHECK(checkpoint->sequence == 1);  // the only one that a finished log has
  CHECK(holds(checkpoint->weights.parameters, values.weights().parameters));
  CHECK(holds(checkpoint->weights.state, values.weights().state));
  CHECK(holds(checkpoint->optimizer, values.optimizer()));
  CHECK(checkpoint->trainer.counters.at("updates.generator") == 1200);
  CHECK(checkpoint->trainer.numbers.at("best_value") == 1.0 / 1200);
  REQUIRE(reader.best());
  CHECK(reader.best()->value == 1.0 / 1200);
  REQUIRE(reader.final_result());
  CHECK(reader.final_result()->step == 1200);
  CHECK(reader.final_result()->summary.at("loss") == 0.5);
  CHECK(holds(reader.final_result()->weights.parameters, values.weights().parameters));
}

TEST_CASE("a reader follows a log that is being written") {
  const example::Folder folder;
  Writer log = Writer::create(folder / "log.h5", example::description());
  CHECK_FALSE(std::filesystem::exists(folder / "log.h5"));
  log.flush();
  CHECK(Reader(folder / "log.h5").metric("train", "wait").steps.empty());
  example::write_steps(log, 0, 7);
  log.flush();
  CHECK(Reader(folder / "log.h5").metric("train", "wait").steps.size() == 7);
  example::write_steps(log, 7, 60);
  CHECK(Reader(folder / "log.h5").newest_checkpoint()->step == 50);
}

TEST_CASE("names that a log cannot keep are refused") {
  const example::Folder folder;
  const auto refused = [&](auto&& change) {
    RunDescription run = example::description();
    change(run);
    std::string message = example::message_of([&] { Writer::create(folder / "log.h5", run); });
    CHECK_FALSE(std::filesystem::exists(folder / "log.h5"));
    return message;
  };
  CHECK(refused([](RunDescription& run) { run.cadences[0].metrics[0].name = "loss/generator"; }) ==
        "metrics of train: got the name 'loss/generator', expected one that is not empty and has no '/'");
  CHECK(refused([](RunDescription& run) { run.cadences[0].metrics[0].name = "epoch"; }) ==
        "metrics of train: the name 'epoch' is taken by the log itself");
  CHECK(refused([](RunDescription& run) { run.parameters[1].name = run.parameters[0].name; }) ==
        "parameters: the name 'generator.0.weight' is given twice");
  CHECK(refused([](RunDescription& run) {
          run.samples[0].dims = {4, 3};
        }).find("expected (C, H, W)") != std::string::npos);
  CHECK(refused([](RunDescription& run) { run.tensors[0].axes.pop_back(); }) ==
        "tensors: 'critic.2': got 1 names of axes, expected 2, as its shape is (2, 3)");
  CHECK(refused([](RunDescription& run) { run.foreign[0].weights[1].name = "0.weight"; }) ==
        "weights of the foreign run cnn-mnist: the name '0.weight' is given twice");
  CHECK(refused([](RunDescription& run) { run.state[0].name = ""; }).starts_with("state: got the name ''"));
}

TEST_CASE("what was not declared is refused, and harms nothing") {
  const example::Folder folder;
  Writer log = Writer::create(folder / "log.h5", example::description());
  example::write_steps(log, 0, 50);
  CHECK(example::message_of([&] { log.append("test", 51, 0, {}, 0, 0); }) ==
        "run log: cadence 'test' was not declared");
  CHECK(example::message_of([&] { log.append("eval", 51, 0, {}, 0, 0); }) == "run log: eval: got 0 values, expected 1");
  CHECK(example::message_of([&] { log.append("eval", 50, 0, std::vector<double>{1}, 0, 0); }) ==
        "run log: eval: got step 50, expected one after 50");
  CHECK(example::message_of([&] {
          log.write_final(50, example::Values(50).weights(), {{"steps", 1}});
        }) == "run log: final/summary: 'loss' is missing");
  const example::Values values(60);
  CHECK(example::message_of([&] {
          const std::vector<ArrayView> slots = values.optimizer();
          log.write_checkpoint({60, values.weights(), {slots[1], slots[0], slots[2]}, {}});
        }) ==
        "run log: checkpoint/optimizer: array 0: got 'generator.0.weight.v' of 12 float32, expected "
        "'generator.0.weight.m' of 12 float32");
  CHECK(example::message_of([&] {
          WeightsView weights = values.weights();
          const std::vector<float> rounded(2);
          weights.state.back() = {"seen", rounded};
          log.write_best(60, 1, weights);
        }) == "run log: best/state: array 2: got 'seen' of 2 float32, expected 'seen' of 2 int64");
  CHECK(example::message_of([&] { log.append_samples("verses", 60, std::vector<float>(12)); }) ==
        "run log: verses: got values of another kind, expected samples of the kind 'tokens'");
  CHECK(example::message_of([&] { log.append_samples("verses", 60, std::vector<int64_t>(12), {"one"}); }) ==
        "run log: verses: got 1 values, expected 3");
  log.close();
  CHECK(Reader(folder / "log.h5").newest_checkpoint()->step == 50);
}
