// Several ranks compute one run: the bits are those of one process. Here the ranks are threads; tests/ranks has
// processes.
#include "../unit/thread_ranks.hpp"
#include "log_contents.hpp"
#include "whole_run.hpp"

using namespace whole;
using atelier::test::as_ranks;
using atelier::test::ThreadRanks;

namespace {

training::RunOptions options_of(Ranks& ranks, const Folder& folder, Watcher& watcher, int threads) {
  training::RunOptions options;
  options.threads = threads;
  options.out_directory = folder.path();
  options.stop = &watcher.stop;
  options.ranks = &ranks;
  return options;
}

// The first one's outcome; each has the threads that its number says.
training::RunOutcome run_as(int count, const std::string& text, const Folder& folder, Watcher& watcher,
                            const std::vector<std::string>& set) {
  training::RunOutcome first;
  as_ranks(count, [&](ThreadRanks& ranks) {
    Watcher quiet;
    Watcher& own = ranks.is_first() ? watcher : quiet;
    const auto outcome =
        training::run(parse(text, set), registry(), options_of(ranks, folder, own, 1 + ranks.rank() % 2), own);
    if (outcome.status == runlog::Status::failed && outcome.reason != "rank 0 has ended") {
      throw Error(ErrorKind::internal, "{}", outcome.reason);
    }
    if (ranks.is_first()) {
      first = outcome;
      if (outcome.status == runlog::Status::interrupted) {
        ranks.end();  // in the middle of an evaluation, perhaps, which the others wait for
      }
    }
  });
  return first;
}

training::RunOutcome resume_as(int count, const fs::path& log, const Folder& folder) {
  training::RunOutcome first;
  as_ranks(count, [&](ThreadRanks& ranks) {
    Watcher watcher;
    const auto outcome = training::resume(log, registry(), options_of(ranks, folder, watcher, 1), watcher);
    if (outcome.status == runlog::Status::failed && outcome.reason != "rank 0 has ended") {
      throw Error(ErrorKind::internal, "{}", outcome.reason);
    }
    if (ranks.is_first()) {
      first = outcome;
      if (outcome.status == runlog::Status::interrupted) {
        ranks.end();  // in the middle of an evaluation, perhaps, which the others wait for
      }
    }
  });
  return first;
}

}  // namespace

TEST_CASE("the number of ranks decides no bit") {
  for (const Family& family : families()) {
    const bool is_thorough =
        family.name == "gan" || family.name == "vae" || family.name == "penalized-dcgan" || family.name == "cnn";
    const std::vector<std::string> set{"train.shards=8"};
    CAPTURE(family.name);
    const Folder folder;
    Watcher watcher;
    const auto one = run(text_of(family.name), folder, watcher, 2, set);
    REQUIRE(one.status == runlog::Status::finished);
    for (const int count : is_thorough ? std::vector{2, 8} : std::vector{2}) {
      CAPTURE(count);
      const auto several = run_as(count, text_of(family.name), folder, watcher, set);
      REQUIRE_MESSAGE(several.status == runlog::Status::finished, several.reason);
      check_same_run(one.log, several.log);
    }
  }
}

TEST_CASE("ranks whose shards are no subtree compute the same bits") {
  for (const char* model : {"vae", "cnn"}) {
    for (const int shards : {3, 6, 12}) {
      CAPTURE(model);
      CAPTURE(shards);
      const std::vector<std::string> set{fmt::format("train.shards={}", shards), "train.batch_size=48"};
      const Folder folder;
      Watcher watcher;
      const auto one = run(text_of(model), folder, watcher, 1, set);
      REQUIRE(one.status == runlog::Status::finished);
      for (const int count : {2, 3, 4}) {
        if (shards % count == 0) {
          CAPTURE(count);
          check_same_run(one.log, run_as(count, text_of(model), folder, watcher, set).log);
        }
      }
    }
  }
}

TEST_CASE("normalization in sync, norms, clipping, averages and what is kept of layers are of the whole batch") {
  const std::vector<std::string> set{"train.shards=8", "train.clip_norm=0.5", "train.average=0.9"};
  const std::string logged = "gradient_norms = 1\nweights = 3\ngradients = 3\nactivations_every = 2\nactivations = [\"";
  for (const char* model : {"cnn", "vae", "gan", "penalized-dcgan"}) {
    CAPTURE(model);
    std::vector<std::string> all = set;
    const std::string name = model;
    if (name != "penalized-dcgan") {
      all.emplace_back("model.sync_batch_norm=true");
    }
    const std::string layer = name == "gan" || name == "penalized-dcgan" ? "discriminator.0"
                              : name == "vae"                            ? "autoencoder.encoder.0"
                                                                         : "";
    const std::string rest = layer.empty() ? "" : logged + layer + "\"]";
    const Folder folder;
    Watcher watcher;
    const auto one = run(text_of(model, rest), folder, watcher, 2, all);
    REQUIRE_MESSAGE(one.status == runlog::Status::finished, one.reason);
    for (const int count : {2, 8}) {
      CAPTURE(count);
      const auto several = run_as(count, text_of(model, rest), folder, watcher, all);
      REQUIRE_MESSAGE(several.status == runlog::Status::finished, several.reason);
      check_same_run(one.log, several.log);
      const std::map<std::string, std::string> a = contents_of(one.log);
      const std::map<std::string, std::string> b = contents_of(several.log);
      for (const auto& entry : a) {
        if (entry.first.find("tensors") != std::string::npos) {
          const auto other = b.find(entry.first);
          CHECK_MESSAGE((other != b.end() && other->second == entry.second), entry.first);
        }
      }
    }
  }
}

TEST_CASE("a run goes on with another number of ranks than it began with") {
  for (const char* model : {"gan", "vae"}) {
    CAPTURE(model);
    const std::vector<std::string> set{"train.shards=8"};
    const Folder folder;
    Watcher watcher;
    const auto whole_run = run(text_of(model), folder, watcher, 1, set);
    const auto counts = {std::pair(2, 4), std::pair(4, 1), std::pair(1, 8)};
    for (const auto& count : counts) {
      CAPTURE(count.first);
      CAPTURE(count.second);
      Watcher impatient;
      impatient.interrupt_after = 4;
      const auto part = run_as(count.first, text_of(model), folder, impatient, set);
      CHECK(part.status == runlog::Status::interrupted);
      const auto rest = resume_as(count.second, part.log, folder);
      REQUIRE_MESSAGE(rest.status == runlog::Status::finished, rest.reason);
      check_same_run(whole_run.log, rest.log);
    }
  }
}

TEST_CASE("shards that the ranks do not divide are refused") {
  const Folder folder;
  Watcher watcher;
  CHECK_THROWS_WITH_AS(
      run_as(3, text_of("cnn"), folder, watcher, {"train.shards=4"}),
      "<override \"train.shards=4\">: train.shards: got 4 shards, expected a multiple of 3, as many processes train "
      "together; hint: train.shards=3 is another experiment, whose bits are the same for each divisor of 3",
      Error);
}
