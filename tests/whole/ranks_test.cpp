// Several ranks compute one run: the bits are those of one process. Here the ranks are threads; tests/ranks has
// processes.
#include "../unit/thread_ranks.hpp"
#include "log_contents.hpp"
#include "training/equal_ranks.hpp"
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

// The first one's outcome of what each does with its options; each has the threads that its number says.
template <typename Train>
training::RunOutcome first_of(int count, const Folder& folder, Watcher& watcher, const Train& train) {
  training::RunOutcome first;
  as_ranks(count, [&](ThreadRanks& ranks) {
    Watcher quiet;
    Watcher& own = ranks.is_first() ? watcher : quiet;
    const training::RunOutcome outcome = train(options_of(ranks, folder, own, 1 + ranks.rank() % 2), own);
    if (outcome.status == runlog::Status::failed) {
      throw Error(ErrorKind::internal, "{}", outcome.reason);
    }
    if (ranks.is_first()) {
      first = outcome;
    }
  });
  return first;
}

training::RunOutcome run_as(int count, const std::string& text, const Folder& folder, Watcher& watcher,
                            const std::vector<std::string>& set) {
  return first_of(count, folder, watcher, [&](const training::RunOptions& options, Watcher& own) {
    return training::run(parse(text, set), registry(), options, own);
  });
}

training::RunOutcome resume_as(int count, const fs::path& log, const Folder& folder) {
  Watcher watcher;
  return first_of(count, folder, watcher, [&](const training::RunOptions& options, Watcher& own) {
    return training::resume(log, registry(), options, own);
  });
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

TEST_CASE("evaluations and samples are shared out, and have the bits of one process") {
  const std::vector<std::string> few{"train.shards=6", "train.batch_size=30", "evaluate.batch_size=7",
                                     "sample.count=300"};
  for (const std::string model : {"vae", "cnn", "dcgan", "lstm"}) {
    std::vector<std::string> set = few;
    if (model == "vae") {  // passes over data and over what is generated, and some at the end alone
      set.insert(set.end(), {"metric.likelihood.use=log-likelihood", "metric.likelihood.samples=50",
                             "metric.active.use=active-latents", "metric.active.when=end"});
    } else if (model == "cnn") {
      set.insert(set.end(), {"metric.right.use=accuracy", "metric.confusion.use=confusion-matrix"});
    }
    CAPTURE(model);
    const Folder folder;
    Watcher watcher;
    const auto one = run(text_of(model), folder, watcher, 2, set);
    REQUIRE_MESSAGE(one.status == runlog::Status::finished, one.reason);
    for (const int count : {2, 3}) {
      CAPTURE(count);
      const auto several = run_as(count, text_of(model), folder, watcher, set);
      REQUIRE_MESSAGE(several.status == runlog::Status::finished, several.reason);
      check_same_run(one.log, several.log);
      CHECK(several.metrics == one.metrics);
    }
  }
}

TEST_CASE("all ranks end an evaluation that one of them is asked to end, and go on with it later") {
  struct Impatient : Watcher {
    void evaluating(std::string_view table, int64_t done, int64_t) override {
      stop.asked = stop.asked || (table == "evaluate" && done > 0);
    }
  };
  const std::vector<std::string> set{"train.shards=6", "train.batch_size=30", "evaluate.batch_size=7"};
  const Folder folder;
  Watcher watcher;
  const auto whole_run = run(text_of("vae"), folder, watcher, 1, set);
  std::array<training::RunOutcome, 3> outcomes;
  as_ranks(3, [&](ThreadRanks& ranks) {
    Impatient asked;
    Watcher not_asked;
    Watcher& own = ranks.rank() == 2 ? asked : not_asked;
    outcomes[static_cast<size_t>(ranks.rank())] =
        training::run(parse(text_of("vae"), set), registry(), options_of(ranks, folder, own, 1), own);
  });
  for (const training::RunOutcome& outcome : outcomes) {
    CHECK(outcome.status == runlog::Status::interrupted);
    CHECK_MESSAGE(outcome.reason.ends_with(", in [evaluate]"), outcome.reason);
  }
  check_same_run(whole_run.log, resume_as(2, outcomes[0].log, folder).log);
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

TEST_CASE("what is decided between steps, all ranks decide alike") {
  const std::vector<std::string> set{"train.shards=6",
                                     "train.batch_size=30",
                                     "train.epochs=50",
                                     "train.early_stopping.patience=2",
                                     "optimizer.learning_rate=0.0",
                                     "evaluate.every=0.3",
                                     "checkpoint.every=1e-9",
                                     "checkpoint.keep=7"};
  const Folder folder;
  Watcher watcher;
  const auto one = run(text_of("vae"), folder, watcher, 1, set);
  REQUIRE(one.reason.starts_with("stopped early after 2 evaluations"));
  const auto several = run_as(3, text_of("vae"), folder, watcher, set);
  CHECK(several.reason == one.reason);
  check_same_run(one.log, several.log);
}

TEST_CASE("a step that is not finite ends all ranks, and one process finds out where that began") {
  const Folder folder;
  Watcher watcher;
  const std::vector<std::string> set{"train.shards=8", "optimizer.learning_rate=1e20"};
  const auto one = run(text_of("vae"), folder, watcher, 1, set);
  REQUIRE(one.status == runlog::Status::failed);
  const std::string begins = fmt::format("step {} is not finite; nothing was updated by it", one.steps + 1);
  std::vector<training::RunOutcome> outcomes(4);
  as_ranks(4, [&](ThreadRanks& ranks) {
    Watcher own;
    outcomes[static_cast<size_t>(ranks.rank())] =
        training::run(parse(text_of("vae"), set), registry(), options_of(ranks, folder, own, 1), own);
  });
  for (const training::RunOutcome& outcome : outcomes) {
    CHECK(outcome.status == runlog::Status::failed);
    CHECK(outcome.steps == one.steps);
    CHECK_MESSAGE(outcome.reason.starts_with(begins + "; hint: atelier resume"), outcome.reason);
  }
  CHECK(runlog::Reader(outcomes[0].log).exit_reason() == outcomes[0].reason);
  training::RunOptions alone;
  alone.threads = 1;
  const auto again = training::resume(outcomes[0].log, registry(), alone, watcher);
  CHECK(again.reason == one.reason);
}

TEST_CASE("what fails in one rank alone ends the run with a checkpoint that another number goes on from") {
  struct Failing : Watcher {
    void progress(const training::Progress& progress) override {
      if (progress.step == 5) {
        throw Error(ErrorKind::data, "no more of it");
      }
    }
  };
  const std::vector<std::string> set{"train.shards=8", "checkpoint.every=1e-9"};
  for (const int failing : {0, 2}) {
    CAPTURE(failing);
    const Folder folder;
    Watcher watcher;
    const auto whole_run = run(text_of("vae"), folder, watcher, 1, set);
    training::RunOutcome first;
    as_ranks(4, [&](ThreadRanks& ranks) {
      Failing fails;
      Watcher works;
      Watcher& own = ranks.rank() == failing ? fails : works;
      const auto outcome =
          training::run(parse(text_of("vae"), set), registry(), options_of(ranks, folder, own, 1), own);
      if (ranks.is_first()) {
        first = outcome;
      }
      if (ranks.rank() == failing) {
        ranks.end(ranks.is_first() ? "rank 0 has ended" : "rank 2: " + outcome.reason);
      }
    });
    CHECK(first.status == runlog::Status::failed);
    CHECK_MESSAGE(first.reason.starts_with(failing == 0 ? "no more of it" : "rank 2: no more of it"), first.reason);
    CHECK(runlog::Reader(first.log).status() == runlog::Status::failed);
    check_same_run(whole_run.log, resume_as(2, first.log, folder).log);
  }
}

TEST_CASE("ranks that begin at other checkpoints are refused") {
  as_ranks(2, [&](ThreadRanks& ranks) {
    runlog::RunDescription description;
    description.provenance.host = ranks.is_first() ? "here" : "there";
    runlog::Checkpoint checkpoint;
    checkpoint.sequence = 3;
    checkpoint.step = 40;
    CHECK_NOTHROW(training::expect_equal_ranks(ranks, description, &checkpoint));
    description.provenance.host = ranks.is_first() ? "here" : "there";
    checkpoint.step -= ranks.rank();
    if (ranks.is_first()) {
      CHECK_THROWS_WITH_AS(
          training::expect_equal_ranks(ranks, description, &checkpoint),
          "rank 1 on 'there': its checkpoint is step 39 (number 3), and that of rank 0 on 'here' step 40 (number 3); "
          "expected the same on all, or they would not compute the same run; hint: the same files, program and plugins "
          "everywhere, and processors of one kind",
          Error);
      ranks.end("rank 0 has ended");
    } else {
      CHECK_THROWS_WITH_AS(training::expect_equal_ranks(ranks, description, &checkpoint), "rank 0 has ended", Error);
    }
  });
}
