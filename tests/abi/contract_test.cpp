// What the contract has for few: operations of plugins, optimizers that record, metrics of several passes, versions.
#include <cmath>

#include "equal_logs.hpp"
#include "plugin/dataset.hpp"
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

const fs::path source = fs::path(FAULTS).parent_path() / "contract.cpp";

std::string sparse(const std::string& operation, const std::string& more = "") {
  return "[model]\nuse = \"sparse\"\noperation = \"" + operation + "\"\n" + more;
}

training::RunOutcome run_with_threads(const TempFolder& folder, const std::string& text, int threads) {
  Listener listener;
  training::RunOptions chosen = options(folder);
  chosen.threads = threads;
  return training::run(make(text), registry(), chosen, listener);
}

}  // namespace

TEST_CASE("an operation of a plugin trains as the same one made of the host's does") {
  for (const std::string factor : {"1.0", "0.7"}) {
    Bench own(make(sparse("own", "factor = " + factor + "\n")));
    Bench composed(make(sparse("composed", "factor = " + factor + "\n")));
    for (int step = 0; step < 5; ++step) {
      const double loss = own.step().entries.front().value;
      CHECK(loss == doctest::Approx(composed.step().entries.front().value).epsilon(1e-6));
      CHECK(loss > 0);
    }
    for (const char* name : {"all.image", "all.threshold"}) {
      const std::vector<float> a = own.values(name), b = composed.values(name);
      for (size_t i = 0; i < a.size(); ++i) {
        CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-5));
      }
    }
    CHECK(own.values("all.threshold")[9] != 0.1F);  // which learns by its summed gradient
  }
}

TEST_CASE("an operation of a plugin gives equal bits on any number of threads") {
  const TempFolder one, three;
  check_equal_logs(run_with_threads(one, sparse("own"), 1).log, run_with_threads(three, sparse("own"), 3).log);
}

TEST_CASE("what goes wrong in an operation of a plugin is said in its words") {
  const std::string failed = failure(sparse("fragile"));
  CHECK_MESSAGE(contains(failed, "operation 'fragile/1', forward: too bright"), failed);
  const std::string shape = failure(sparse("wrong shape"));
  CHECK_MESSAGE(contains(shape, fmt::format("contract.cpp:{}: soft_threshold: expected x (B, N) and a threshold (N)",
                                            line_of(source, "// SHAPE: of one axis"))),
                shape);
  const std::string twice = failure(sparse("twice"));
  CHECK_MESSAGE(contains(twice, "has no gradient"), twice);
}

TEST_CASE("parameters begin from values") {
  Bench bench(make(sparse("own")));
  CHECK(bench.values("all.image")[0] == -0.25F);
  CHECK(bench.values("all.image")[32] == 0.25F);
}

TEST_CASE("bytes are reals from low to high for the model") {
  const plugin::Dataset bytes(registry(), {"bytes", {}, {}}, {}, {});
  CHECK(bytes.spec().fields[0].dtype == tensor::DType::f32);
  float image[6] = {};
  int64_t label = 0;
  void* const fields[] = {image, &label};
  for (const int64_t index : {0, 51, 255}) {
    bytes.read(plugin::Split::train, index, fields);
    for (const float value : image) {
      CHECK(value == doctest::Approx(static_cast<double>(index) / 255));
    }
  }
}

TEST_CASE("a metric goes over training data, then over the evaluated split beside what is generated") {
  const std::string text =
      "[dataset]\nuse = \"bytes\"\n[model]\nuse = \"grey-images\"\n[metric.d]\nuse = \"distances\"\n";
  // Training images are 0 to 255 of 255, the mean 0.5; the first ten test images 0 to 9.
  const auto expected = [](double generated) {
    double sum = 0, largest = 0;
    for (int i = 0; i < 10; ++i) {
      const double difference = i / 255.0 - 0.5 + generated, distance = 6 * difference * difference;
      sum += distance / 10;
      largest = std::max(largest, distance);
    }
    return std::pair(sum, largest);
  };
  const Run plain = train(text);
  CHECK(plain.evaluated("d.mean") == doctest::Approx(expected(0).first).epsilon(1e-5));
  CHECK(plain.evaluated("d.largest") == doctest::Approx(expected(0).second).epsilon(1e-5));
  const Run beside = train(text + "generated = true\n");
  CHECK(beside.evaluated("d.mean") == doctest::Approx(expected(0.25).first).epsilon(1e-5));
  CHECK(train(text + "generated = true\n", {"evaluate.batch_size=3"}).evaluated("d.mean") ==
        doctest::Approx(beside.evaluated("d.mean")));
}

TEST_CASE("an experiment takes the newest version of a component, and a log the one that it had") {
  const std::string text =
      "name = \"x\"\n[dataset]\nuse = \"shapes\"\n[optimizer]\nuse = \"adam\"\n[train]\nsteps = 1\n[model]\nuse = ";
  const auto chosen = [&](const std::string& use, const std::vector<catalog::Description>& catalog) {
    return experiment::parse(text + "\"" + use + "\"\n", "x.toml", {}, {}, catalog).model.use;
  };
  CHECK(chosen("sparse", registry().descriptions()) == "sparse@2");
  CHECK(chosen("sparse@1", registry().descriptions()) == "sparse");
  CHECK(chosen("sparse@2", registry().descriptions()) == "sparse@2");
  CHECK(chosen("sparse", registry().descriptions_of_logs()) == "sparse");
  CHECK(chosen("sparse@2", registry().descriptions_of_logs()) == "sparse@2");
  CHECK(contains(message_of([&] { chosen("sparse@3", registry().descriptions()); }), "got 'sparse@3'"));
}

TEST_CASE("optimizers that record learn, whatever group norms, clipping and averages are asked for") {
  for (const std::string use : {"lamb", "muon", "sam", "adafactor"}) {
    CAPTURE(use);
    const std::string text = "[optimizer]\nuse = \"" + use + "\"\n[model]\nuse = \"vae\"\nhidden = [8]\nlatent = 2\n";
    const std::vector<std::string> more = {"train.steps=60", "train.clip_norm=1.0", "train.average=0.9",
                                           "optimizer.learning_rate=0.02"};
    const std::vector<double> loss = train(text, more).train("loss");
    CHECK(mean_of(loss, 50, 10) < 0.95 * mean_of(loss, 0, 10));
  }
}

TEST_CASE("a run whose optimizer records goes on where it stopped, to the same bits") {
  for (const std::string use : {"lamb", "sam"}) {
    CAPTURE(use);
    const std::string text =
        "[optimizer]\nuse = \"" + use + "\"\nlearning_rate = 0.02\n[model]\nuse = \"vae\"\nhidden = [8]\nlatent = 2\n";
    const TempFolder folder;
    const Run whole = train(folder, make(text));
    REQUIRE(whole.outcome.status == runlog::Status::finished);
    Interrupter interrupter;
    interrupter.at_step = 11;
    const training::RunOutcome part = run_until(folder, make(text), interrupter);
    REQUIRE(part.status == runlog::Status::interrupted);
    CHECK(resume(folder, part.log).status == runlog::Status::finished);
    check_equal_logs(whole.outcome.log, part.log);
  }
}
