#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <tuple>

#include "base/error.hpp"
#include "compare/comparison.hpp"
#include "compare/json.hpp"
#include "compare/listing.hpp"
#include "compare/run.hpp"
#include "runlog/writer.hpp"

using namespace atelier;
using compare::State;

namespace {

namespace fs = std::filesystem;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "compare-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

runlog::RunDescription description(const std::string& id, int latent, const std::string& goal) {
  runlog::RunDescription run;
  run.run_id = id;
  run.name = "vae";
  run.seed = 7;
  run.tags = {"a", "größer"};
  run.created_utc = "2026-01-31T12:00:00Z";
  run.resolved =
      fmt::format("name = \"vae\"\n[model]\nuse = \"vae\"\nlatent = {}\n[evaluate]\nmetric = \"loss\"\ngoal = \"{}\"\n",
                  latent, goal);
  run.source = run.resolved;
  run.provenance.host = "workstation";
  run.provenance.threads = 2;
  run.provenance.dataset = "shapes";
  run.cadences = {{"train", {{"loss", ""}}}, {"eval", {{"loss", ""}, {"elbo", ""}}}};
  run.samples = {{"samples", 4, {1, 2, 2}}};
  run.parameters = {{"w", {2}}};
  run.best_metric = "eval/loss";
  run.summary = {"loss"};
  return run;
}

// Training rows of every step, an evaluation every ten whose loss is `scale` / step.
void write_rows(runlog::Writer& log, double scale, int64_t last) {
  for (int64_t step = 1; step <= last; ++step) {
    const auto t = static_cast<double>(step);
    log.append("train", step, t / 10, std::vector<double>{step % 2 == 0 ? scale / t : nan}, t, 640);
    if (step % 10 == 0) {
      log.append("eval", step, t / 10, std::vector<double>{scale / t, -scale}, t, 0);
    }
  }
}

fs::path write_log(const fs::path& path, const runlog::RunDescription& run, double scale, runlog::Status status) {
  fs::create_directories(path.parent_path());
  runlog::Writer log = runlog::Writer::create(path, run);
  write_rows(log, scale, 40);
  log.set_status(status, status == runlog::Status::failed ? "the loss is not finite" : "");
  log.close();
  return path;
}

std::string text_of(const compare::Comparison& comparison, const terminal::Layout& layout = {}) {
  return compare::sections_text(compare::sections_of(comparison, false), layout);
}

std::vector<std::string> what_differs(const compare::Result& result) {
  std::vector<std::string> names;
  for (const compare::Unlikeness& one : result.unlike) {
    names.push_back(one.what);
  }
  return names;
}

// As a process that ends without closing its log leaves it.
fs::path write_killed_log(const fs::path& path) {
  const pid_t child = fork();
  if (child == 0) {
    runlog::Writer log = runlog::Writer::create(path, description("dead", 20, "min"));
    write_rows(log, 1, 10);
    log.flush();
    _exit(0);
  }
  while (fs::exists(fs::path("/proc") / std::to_string(child))) {
    waitpid(child, nullptr, 0);
  }
  return path;
}

}  // namespace

TEST_CASE("a finished run is read with its settings, metrics, best value and timing") {
  const Folder folder;
  const auto run =
      compare::read_run(write_log(folder.path / "a.h5", description("ab12", 20, "min"), 8, runlog::Status::finished));
  CHECK(run.state == State::finished);
  CHECK(run.problem.empty());
  CHECK(run.run_id == "ab12");
  CHECK(run.name == "vae");
  CHECK(run.seed == 7);
  CHECK(run.settings.at("model.latent") == "20");
  CHECK(run.steps == 40);
  CHECK(run.seconds == 40);
  CHECK(run.samples_per_second == 640);
  CHECK(run.best.metric == "test/loss");
  CHECK(run.best.value == 8.0 / 40);
  CHECK(run.best.step == 40);
  REQUIRE(run.find("train/loss") != nullptr);
  CHECK(run.find("train/loss")->values.size() == 20);  // rows without a value are left out
  CHECK(run.find("train/loss")->steps.front() == 2);
  CHECK(run.find("test/loss")->largest() == 8.0 / 10);
  CHECK(run.find("test/accuracy") == nullptr);
}

TEST_CASE("with the goal 'max' the best value is the largest") {
  const Folder folder;
  const auto run =
      compare::read_run(write_log(folder.path / "a.h5", description("ab12", 20, "max"), 8, runlog::Status::finished));
  CHECK(run.best.value == 8.0 / 10);
  CHECK(run.best.step == 10);
}

TEST_CASE("a run without a row is no problem") {
  const Folder folder;
  runlog::Writer::create(folder.path / "a.h5", description("ab12", 20, "min")).close();
  const auto run = compare::read_run(folder.path / "a.h5");
  CHECK(run.state == State::killed);  // "running", and nobody writes it
  CHECK(run.steps == 0);
  CHECK(std::isnan(run.best.value));
  CHECK(text_of(compare::compare({run})).find("all settings are the same") != std::string::npos);
  CHECK(compare::to_json({run}).find("\"best\": null") != std::string::npos);
}

TEST_CASE("running, killed, failed and broken logs are told apart") {
  const Folder folder;
  runlog::Writer writer = runlog::Writer::create(folder.path / "running.h5", description("0001", 20, "min"));
  write_rows(writer, 1, 10);
  writer.flush();
  CHECK(compare::read_run(folder.path / "running.h5").state == State::running);
  writer.close();

  CHECK(compare::read_run(write_killed_log(folder.path / "killed.h5")).state == State::killed);

  const auto failed = compare::read_run(
      write_log(folder.path / "failed.h5", description("0002", 20, "min"), 1, runlog::Status::failed));
  CHECK(failed.state == State::failed);
  CHECK(failed.problem == "the loss is not finite");

  std::ofstream(folder.path / "text.h5") << "no log\n";
  const auto broken = compare::read_run(folder.path / "text.h5");
  CHECK(broken.state == State::broken);
  CHECK(broken.problem.find("text.h5") != std::string::npos);
  CHECK(broken.run_id.empty());
  CHECK(compare::read_run(folder.path / "missing.h5").state == State::broken);
}

TEST_CASE("a comparison has the settings that differ and marks the best result") {
  const Folder folder;
  std::vector<compare::Run> runs;
  runs.push_back(
      compare::read_run(write_log(folder.path / "a.h5", description("000a", 10, "min"), 8, runlog::Status::finished)));
  runs.push_back(
      compare::read_run(write_log(folder.path / "b.h5", description("000b", 20, "min"), 4, runlog::Status::finished)));
  runs.push_back(compare::read_run(folder.path / "missing.h5"));
  const compare::Comparison both = compare::compare(runs);
  REQUIRE(both.runs.size() == 2);
  CHECK(both.broken.size() == 1);
  CHECK(both.labels == std::vector<std::string>{"000a", "000b"});
  REQUIRE(both.differences.size() == 1);
  CHECK(both.differences[0].key == "model.latent");
  CHECK(both.differences[0].values == std::vector<std::string>{"10", "20"});
  CHECK(both.metric == "test/loss");
  REQUIRE(both.results.front().name == "test/loss last");
  CHECK(!both.results.front().is_best(0));
  CHECK(both.results.front().is_best(1));

  const std::string text = text_of(both);
  CHECK(text.find("model.latent    10    20\n") != std::string::npos);
  CHECK(text.find("* 0.1") != std::string::npos);
  CHECK(text.find("missing.h5") != std::string::npos);
  CHECK(compare::to_csv(both).starts_with("run,name,status,path,model.latent,test/loss last,test/loss best,"));
}

TEST_CASE("a run that has not finished is marked, and is never the best") {
  const Folder folder;
  std::vector<compare::Run> runs;
  for (const auto& [id, scale, status] : {std::tuple("000a", 8.0, runlog::Status::finished),
                                          {"000b", 6.0, runlog::Status::finished},
                                          {"000c", 4.0, runlog::Status::failed},
                                          {"000d", 2.0, runlog::Status::interrupted}}) {
    runs.push_back(compare::read_run(
        write_log(folder.path / (std::string(id) + ".h5"), description(id, 10, "min"), scale, status)));
  }
  const compare::Comparison all = compare::compare(runs);
  CHECK(all.results.front().is_best(1));
  for (const size_t other : {0, 2, 3}) {
    CHECK(!all.results.front().is_best(other));
  }
  const std::string text = text_of(all);
  CHECK_MESSAGE(text.find("000c (failed)") != std::string::npos, text);
  CHECK_MESSAGE(text.find("000d (interrupted)") != std::string::npos, text);
  // One finished run is not the best of anything.
  const compare::Comparison one = compare::compare({runs[0], runs[2]});
  CHECK(!one.results.front().is_best(0));
}

TEST_CASE("none is the best where the runs differ in what is measured") {
  const Folder folder;
  // Two runs of which the second has other settings and provenance; what they are said to differ in.
  const auto difference = [&](const std::string& more, const std::string& sha256, const std::string& judge) {
    std::vector<compare::Run> runs;
    for (const bool second : {false, true}) {
      runlog::RunDescription run = description(second ? "000b" : "000a", 10, "min");
      run.resolved = "name = \"vae\"\nseed = 7\n[evaluate]\nmetric = \"loss\"\n" +
                     (second && !more.empty() ? more : "[model]\nuse = \"vae\"\n");
      run.cadences[1].metrics[0].better = "smaller";
      run.provenance.dataset_sha256 = second ? sha256 : "11";
      run.foreign = {{"judge", second ? judge : "22", "name = \"judge\"\n", {}}};
      runs.push_back(compare::read_run(
          write_log(folder.path / (run.run_id + ".h5"), run, second ? 4 : 8, runlog::Status::finished)));
      fs::remove(runs.back().path);
    }
    const compare::Comparison both = compare::compare(runs);
    REQUIRE(both.results.front().name.ends_with("/loss last"));
    CHECK(both.results.front().is_best(1) == both.results.front().unlike.empty());
    const std::string text = text_of(both);
    const bool said = text.find("is not shown side by side: it was not measured with the same") != std::string::npos;
    CHECK_MESSAGE(said != both.results.front().unlike.empty(), text);
    return what_differs(both.results.front());
  };
  using Differences = std::vector<std::string>;
  const std::string vae = "[model]\nuse = \"vae\"\n";
  CHECK(difference("", "11", "22").empty());
  CHECK(difference(vae + "latent = 30\n[train]\nepochs = 9\n", "11", "22").empty());
  CHECK(difference(vae + "[dataset.transform]\nflip = 0.5\n", "11", "22").empty());  // seen by training alone
  CHECK(difference("[model]\nuse = \"gan\"\n", "11", "22") == Differences{"model.use"});
  CHECK(difference(vae + "[loss.reconstruction]\nuse = \"mse\"\n", "11", "22") ==
        Differences{"loss.reconstruction.use"});
  CHECK(difference(vae + "[dataset]\nuse = \"mnist\"\n", "11", "22") == Differences{"dataset.use"});
  CHECK(difference("", "12", "22") == Differences{"data sha256"});
  CHECK(difference("", "11", "23") == Differences{"run judge"});
  CHECK(difference(vae + "[metric.loss]\nuse = \"elbo\"\n", "11", "22") ==
        Differences{"metric.loss.use", "model.use", "run judge"});
}

TEST_CASE("evaluations are called after the split that they are of") {
  const Folder folder;
  const auto names = [&](const std::string& validation, const std::string& eval_split) {
    runlog::RunDescription run = description("000a", 10, "min");
    run.resolved = "name = \"vae\"\n[dataset]\nvalidation = " + validation + "\n[evaluate]\nmetric = \"loss\"\n";
    run.cadences[1].split = eval_split;
    run.cadences[1].metrics[0].better = "smaller";
    const compare::Run read = compare::read_run(write_log(folder.path / "a.h5", run, 8, runlog::Status::finished));
    fs::remove(read.path);
    return read.best.metric;
  };
  CHECK(names("0.0", "test") == "test/loss");
  CHECK(names("0.2", "validation") == "validation/loss");
  CHECK(names("0.0", "") == "test/loss");  // of a log that does not say it
  CHECK(names("0.2", "") == "validation/loss");
}

TEST_CASE("two validation splits are of different images where the runs' seeds differ") {
  const Folder folder;
  std::vector<compare::Run> runs;
  for (const std::string seed : {"1", "2"}) {
    runlog::RunDescription run = description("000" + seed, 10, "min");
    run.resolved = "name = \"vae\"\nseed = " + seed + "\n[dataset]\nvalidation = 0.2\n[evaluate]\nmetric = \"loss\"\n";
    run.cadences[1].split = "validation";
    run.cadences[1].metrics[0].better = "smaller";
    run.cadences.push_back({"test", {{"loss", "", "smaller"}}, "test"});
    const fs::path path = folder.path / (seed + ".h5");
    {
      runlog::Writer log = runlog::Writer::create(path, run);
      write_rows(log, seed == "1" ? 8 : 4, 40);
      log.append("test", 40, 4, std::vector<double>{seed == "1" ? 3.0 : 5.0}, 40, 0);
      log.set_status(runlog::Status::finished, "");
      log.close();
    }
    runs.push_back(compare::read_run(path));
  }
  const compare::Comparison both = compare::compare(runs);
  const auto row = [&](const std::string& name) {
    return *std::ranges::find(both.results, name, &compare::Result::name);
  };
  CHECK(what_differs(row("validation/loss last")) == std::vector<std::string>{"split"});
  CHECK(!row("validation/loss last").is_best(1));
  CHECK(row("test/loss last").is_best(0));
}

TEST_CASE("a number of which neither larger nor smaller values are better has no best") {
  const Folder folder;
  runlog::RunDescription run = description("000a", 10, "min");
  run.resolved = "name = \"gan\"\n[evaluate]\nmetric = \"loss\"\n";
  run.cadences[1].metrics[0].better = "neither";
  run.best_metric = "";
  const fs::path log = write_log(folder.path / "a.h5", run, 8, runlog::Status::finished);
  const compare::Run read = compare::read_run(log);
  CHECK(std::isnan(read.best.value));
  CHECK(compare::to_json({read}).find("\"best\": null") != std::string::npos);
  CHECK(compare::listing_text({read}, {}).find("loss") == std::string::npos);
  const std::string text = compare::to_text(read, compare::read_details(log), {});
  CHECK_MESSAGE(text.find("no best: of test/loss neither larger nor smaller values are better") != std::string::npos,
                text);
}

TEST_CASE("metrics without a known goal are never marked") {
  const Folder folder;
  std::vector<compare::Run> runs;
  runs.push_back(
      compare::read_run(write_log(folder.path / "a.h5", description("000a", 10, "min"), 8, runlog::Status::finished)));
  runs.push_back(
      compare::read_run(write_log(folder.path / "b.h5", description("000a", 10, "max"), 4, runlog::Status::finished)));
  const compare::Comparison both = compare::compare(runs);
  CHECK(both.labels == std::vector<std::string>{"000a", "000a#2"});
  for (const auto& result : both.results) {
    CHECK(!has_better(result.better));
    CHECK(!result.is_best(0));
    CHECK(!result.is_best(1));
  }
}

TEST_CASE("a metric is chosen by its name, with or without its cadence") {
  const Folder folder;
  const std::vector<compare::Run> runs{
      compare::read_run(write_log(folder.path / "a.h5", description("000a", 10, "min"), 8, runlog::Status::finished))};
  CHECK(compare::compare(runs, "elbo").metric == "test/elbo");
  CHECK(compare::compare(runs, "train/loss").metric == "train/loss");
  CHECK(compare::compare(runs, "eval/elbo").metric == "test/elbo");  // as it is called in the log
  CHECK_THROWS_WITH_AS(compare::compare(runs, "test/los"),
                       "metric 'test/los': no run has it, expected test/loss, test/elbo or train/loss; did you mean "
                       "'test/loss'?",
                       Error);
}

TEST_CASE("many runs fold to the width of the terminal") {
  const Folder folder;
  std::vector<compare::Run> runs;
  for (int i = 0; i < 12; ++i) {
    const std::string id = fmt::format("{:04}", i);
    runs.push_back(compare::read_run(
        write_log(folder.path / (id + ".h5"), description(id, i, "min"), i, runlog::Status::finished)));
  }
  const std::string text = text_of(compare::compare(runs), {60, false});
  const std::string results = text.substr(text.find("settings that differ"));
  size_t start = 0;
  while (start < results.size()) {
    const size_t end = results.find('\n', start);
    CHECK(terminal::columns_of(results.substr(start, end - start)) <= 60);
    start = end + 1;
  }
}

TEST_CASE("a listing as comma-separated values") {
  const Folder folder;
  const fs::path log = folder.path / "vae" / "a.h5";
  write_log(log, description("000a", 10, "min"), 8, runlog::Status::finished);
  const std::string csv = compare::listing_csv(compare::summaries_of(runlog::read_headings({log})));
  CHECK(csv.find("vae,000a,finished,2026-01-31T12:00:00Z,7,\"[\"\"a\"\",\"\"größer\"\"]\",40,test/loss,0.2,40,") !=
        std::string::npos);
}

TEST_CASE("one run's text names everything that is in the log") {
  const Folder folder;
  const fs::path log = write_log(folder.path / "a.h5", description("ab12", 20, "min"), 8, runlog::Status::finished);
  const std::string text = compare::to_text(compare::read_run(log), compare::read_details(log), {});
  for (const char* part :
       {"vae  ab12  finished", "a, größer", "latent = 20", "workstation", "test/loss", "█",
        "best test/loss: 0.2 at step 40 (smaller is better)", "/samples/samples/preview", "checkpoint none"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE("a summary says what the whole log says") {
  const Folder folder;
  const double no_value = std::numeric_limits<double>::quiet_NaN();
  std::vector<fs::path> logs;
  for (const auto& [id, goal, status] : {std::tuple("000a", "min", runlog::Status::finished),
                                         {"000b", "max", runlog::Status::failed},
                                         {"000c", "min", runlog::Status::interrupted}}) {
    logs.push_back(write_log(folder.path / (std::string(id) + ".h5"), description(id, 10, goal), 8, status));
  }
  runlog::Writer long_one = runlog::Writer::create(folder.path / "long.h5", description("000d", 10, "max"));
  write_rows(long_one, -3, 2000);
  long_one.append("train", 3001, 300, std::vector<double>{no_value}, 3001, 100);
  for (int64_t step = 3002; step < 5000; ++step) {  // whole blocks of rows without a value
    long_one.append("train", step, 300, std::vector<double>{no_value}, 3001, 100);
  }
  long_one.flush();
  logs.push_back(folder.path / "long.h5");
  runlog::Writer empty = runlog::Writer::create(folder.path / "empty.h5", description("000e", 10, "max"));
  empty.flush();
  logs.push_back(folder.path / "empty.h5");
  std::ofstream(folder.path / "text.h5") << "no log\n";
  logs.push_back(folder.path / "text.h5");

  const std::vector<compare::RunSummary> summaries = compare::summaries_of(runlog::read_headings(logs));
  REQUIRE(summaries.size() == logs.size());
  for (size_t i = 0; i < logs.size(); ++i) {
    CAPTURE(logs[i]);
    const compare::RunSummary& ours = summaries[i];
    const compare::Run run = compare::read_run(logs[i]);
    CHECK(compare::to_json(std::vector{ours}) == compare::to_json({run}));
    CHECK(ours.settings == run.settings);
    REQUIRE(ours.finals.size() == run.metrics.size());
    for (size_t k = 0; k < ours.finals.size(); ++k) {
      const compare::Final& final = ours.finals[k];
      const compare::Series& series = run.metrics[k];
      CHECK(final.full_name() == series.full_name());
      CHECK(final.direction == series.better);
      const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
      CHECK(same(final.last, series.last()));
      CHECK(same(final.smallest, final.cadence == "eval" ? series.smallest() : no_value));
      CHECK(same(final.largest, final.cadence == "eval" ? series.largest() : no_value));
    }
  }
}
