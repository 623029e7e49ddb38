// The promise of docs/architecture.md, "Equal bits": the same experiment, the same bits, whatever ran beside it or
// happened to it.
#include "kernels/bfloat16.hpp"
#include "log_contents.hpp"
#include "whole_run.hpp"

using namespace whole;

namespace {

// Byte for byte, but for what tells when and where they ran.
void check_same_contents(const fs::path& first, const fs::path& second) {
  const std::map<std::string, std::string> a = contents_of(first);
  const std::map<std::string, std::string> b = contents_of(second);
  CHECK(a.size() == b.size());
  for (const auto& entry : a) {
    const auto other = b.find(entry.first);
    CHECK_MESSAGE((other != b.end() && other->second == entry.second), entry.first);
  }
}

}  // namespace

TEST_CASE("the number of threads decides no bit") {
  for (const Family& family : families()) {
    CAPTURE(family.name);
    const Folder folder;
    Watcher watcher;
    const auto one = run(text_of(family.name), folder, watcher, 1);
    REQUIRE(one.status == runlog::Status::finished);
    for (const int threads : {2, 3, 8}) {
      CAPTURE(threads);
      const auto more = run(text_of(family.name), folder, watcher, threads);
      REQUIRE(more.status == runlog::Status::finished);
      check_same_contents(one.log, more.log);
    }
  }
}

TEST_CASE("neither threads nor an interruption decide a bit where products read bfloat16") {
  std::vector<std::string> precisions{"emulated-bf16"};
  if (!kernels::bfloat16_instructions().empty()) {
    precisions.emplace_back("bf16");
  }
  for (const std::string& precision : precisions) {
    const std::vector<std::string> set{"train.precision=" + precision};
    for (const char* model : {"dcgan", "vae", "penalized-dcgan", "cnn", "lstm"}) {
      CAPTURE(precision);
      CAPTURE(model);
      const Folder folder;
      Watcher watcher;
      const auto one = run(text_of(model), folder, watcher, 1, set);
      REQUIRE(one.status == runlog::Status::finished);
      for (const int threads : {2, 3}) {
        const auto more = run(text_of(model), folder, watcher, threads, set);
        REQUIRE(more.status == runlog::Status::finished);
        check_same_contents(one.log, more.log);
      }
      Watcher impatient;
      impatient.interrupt_after = 4;
      const auto part = run(text_of(model), folder, impatient, 2, set);
      REQUIRE(part.status == runlog::Status::interrupted);
      training::RunOptions options;
      options.threads = 1;
      options.out_directory = folder.path();
      check_same_run(one.log, training::resume(part.log, registry(), options, watcher).log);
      // It is another run than float32's, and near it.
      const auto plain = run(text_of(model), folder, watcher);
      const auto losses = [](const fs::path& log) {
        const runlog::Reader reader(log);
        const std::string loss = reader.description().cadences.front().metrics.front().name;
        return reader.metric("train", loss).values;
      };
      const std::vector<double> exact = losses(plain.log);
      const std::vector<double> reduced = losses(one.log);
      CHECK(exact != reduced);
      CHECK(reduced.front() == doctest::Approx(exact.front()).epsilon(0.02));
    }
  }
}

TEST_CASE("neither threads nor an interruption decide a bit where batches are cut into shards") {
  for (const Family& family : families()) {
    for (const char* shards : {"2", "8"}) {
      if (shards[0] == '8' && family.name != "gan" && family.name != "vae" && family.name != "penalized-dcgan" &&
          family.name != "cnn") {
        continue;
      }
      CAPTURE(family.name);
      CAPTURE(shards);
      const std::vector<std::string> set{std::string("train.shards=") + shards};
      const Folder folder;
      Watcher watcher;
      const auto one = run(text_of(family.name), folder, watcher, 1, set);
      REQUIRE(one.status == runlog::Status::finished);
      for (const int threads : {2, 3}) {
        const auto more = run(text_of(family.name), folder, watcher, threads, set);
        REQUIRE(more.status == runlog::Status::finished);
        check_same_contents(one.log, more.log);
      }
      Watcher impatient;
      impatient.interrupt_after = 4;
      const auto part = run(text_of(family.name), folder, impatient, 2, set);
      REQUIRE(part.status == runlog::Status::interrupted);
      training::RunOptions options;
      options.threads = 1;
      options.out_directory = folder.path();
      check_same_run(one.log, training::resume(part.log, registry(), options, watcher).log);
    }
  }
}

TEST_CASE(
    "a batch in shards is near the whole one where no layer looks over the batch, and with normalization in sync") {
  const auto losses = [](const fs::path& log) {
    const runlog::Reader reader(log);
    const std::string loss = reader.description().cadences.front().metrics.front().name;
    return reader.metric("train", loss).values;
  };
  const auto first_of = [&](const char* model, std::vector<std::string> set) {
    const Folder folder;
    Watcher watcher;
    set.insert(set.end(), {"train.epochs=1", "dataset.validation=0.0", "dataset.count=160"});
    return losses(run(text_of(model), folder, watcher, 2, set).log);
  };
  for (const char* model : {"cnn", "vae"}) {
    CAPTURE(model);
    const std::vector<std::string> plain{"model.batch_norm=false"};
    const std::vector<double> whole = first_of(model, plain);
    const std::vector<double> pieces = first_of(model, {"model.batch_norm=false", "train.shards=4"});
    REQUIRE(whole.size() == pieces.size());
    for (size_t i = 0; i < whole.size(); ++i) {
      CHECK(pieces[i] == doctest::Approx(whole[i]).epsilon(1e-4));
    }
    const std::vector<double> in_sync = first_of(model, {"model.sync_batch_norm=true", "train.shards=4"});
    const std::vector<double> normalized = first_of(model, {"model.sync_batch_norm=true"});
    const std::vector<double> apart = first_of(model, {"train.shards=4"});
    for (size_t i = 0; i < normalized.size(); ++i) {
      CHECK(in_sync[i] == doctest::Approx(normalized[i]).epsilon(1e-3));
    }
    CHECK(std::abs(apart[0] - normalized[0]) > 10 * std::abs(in_sync[0] - normalized[0]));
  }
}

TEST_CASE("a profiled step is like any other") {
  for (const char* model : {"gan", "vae"}) {
    CAPTURE(model);
    const Folder folder;
    Watcher watcher;
    training::RunOptions options;
    options.threads = 2;
    options.out_directory = folder.path();
    const auto plain = training::run(parse(text_of(model)), registry(), options, watcher);
    CHECK(!plain.profile);
    options.profile = true;
    const auto profiled = training::run(parse(text_of(model)), registry(), options, watcher);
    REQUIRE(profiled.profile);
    CHECK(profiled.profile->step == 10);
    check_same_contents(plain.log, profiled.log);
  }
}

TEST_CASE("what is logged decides no bit") {
  for (const char* model : {"gan", "vae"}) {
    CAPTURE(model);
    const Folder folder;
    Watcher watcher;
    const std::string layer = std::string(model) == "gan" ? "discriminator.0" : "encoder.0";
    const auto none = run(text_of(model), folder, watcher);
    const auto all =
        run(text_of(model, "gradient_norms = 1\nweights = 1\ngradients = 1\nactivations_every = 1\nactivations = [\"" +
                               (std::string(model) == "gan" ? layer : "autoencoder." + layer) + "\"]"),
            folder, watcher);
    REQUIRE(all.status == runlog::Status::finished);
    check_same_run(none.log, all.log);
    const runlog::Reader reader(all.log);
    CHECK(reader.description().tensors.size() > 4);
    for (const runlog::TensorSeries& series : reader.description().tensors) {
      CHECK_MESSAGE(!reader.tensor_steps(series.name).empty(), series.name);
    }
  }
}

TEST_CASE("an interrupted and resumed run is the run that was not interrupted") {
  for (const char* model : {"gan", "vae", "character-rnn", "signal-vae", "diffusion", "realnvp"}) {
    for (const int64_t step : {1, 4, 7}) {
      CAPTURE(model);
      CAPTURE(step);
      const Folder folder;
      Watcher calm;
      const auto whole_run = run(text_of(model), folder, calm);
      Watcher watcher;
      watcher.interrupt_after = step;
      const auto part = run(text_of(model), folder, watcher);
      CHECK(part.status == runlog::Status::interrupted);
      CHECK(part.steps == step);
      training::RunOptions options;
      options.threads = 1;
      options.out_directory = folder.path();
      const auto rest = training::resume(part.log, registry(), options, calm);
      CHECK(rest.status == runlog::Status::finished);
      check_same_run(whole_run.log, rest.log);
    }
  }
}

TEST_CASE("a sampled image depends on the seed and its index alone") {
  const Folder folder;
  Watcher watcher;
  const auto outcome = run(text_of("vae"), folder, watcher);
  training::RunOptions options;
  const auto many = sampled(outcome.log, options, 100, 5, inference::WeightsOf::final);
  const auto few = sampled(outcome.log, options, 7, 5, inference::WeightsOf::final);
  CHECK(std::equal(few.pixels.begin(), few.pixels.end(), many.pixels.begin()));
  const auto other = sampled(outcome.log, options, 7, 6, inference::WeightsOf::final);
  CHECK(few.pixels != other.pixels);
}
