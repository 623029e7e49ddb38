#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

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
  run.samples = {{"samples", 4, 2, 2, 1}};
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
  CHECK(run.best.metric == "eval/loss");
  CHECK(run.best.value == 8.0 / 40);
  CHECK(run.best.step == 40);
  REQUIRE(run.find("train/loss") != nullptr);
  CHECK(run.find("train/loss")->values.size() == 20);  // rows without a value are left out
  CHECK(run.find("train/loss")->steps.front() == 2);
  CHECK(run.find("eval/loss")->largest() == 8.0 / 10);
  CHECK(run.find("eval/accuracy") == nullptr);
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
  CHECK(compare::to_text(compare::compare({run}), {}).find("all settings are the same") != std::string::npos);
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
  runs.push_back(compare::read_run(
      write_log(folder.path / "b.h5", description("000b", 20, "min"), 4, runlog::Status::interrupted)));
  runs.push_back(compare::read_run(folder.path / "missing.h5"));
  const compare::Comparison both = compare::compare(runs);
  REQUIRE(both.runs.size() == 2);
  CHECK(both.broken.size() == 1);
  CHECK(both.labels == std::vector<std::string>{"000a", "000b"});
  REQUIRE(both.differences.size() == 1);
  CHECK(both.differences[0].key == "model.latent");
  CHECK(both.differences[0].values == std::vector<std::string>{"10", "20"});
  CHECK(both.metric == "eval/loss");
  REQUIRE(both.results.front().name == "eval/loss last");
  CHECK(!both.results.front().is_best(0));
  CHECK(both.results.front().is_best(1));

  const std::string text = compare::to_text(both, {});
  CHECK(text.find("model.latent    10    20\n") != std::string::npos);
  CHECK(text.find("* 0.1") != std::string::npos);
  CHECK(text.find("missing.h5") != std::string::npos);
  CHECK(compare::to_csv(both).starts_with("run,name,status,path,model.latent,eval/loss last,eval/loss best,"));
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
    CHECK(!result.goal);
    CHECK(!result.is_best(0));
    CHECK(!result.is_best(1));
  }
}

TEST_CASE("a metric is chosen by its name, with or without its cadence") {
  const Folder folder;
  const std::vector<compare::Run> runs{
      compare::read_run(write_log(folder.path / "a.h5", description("000a", 10, "min"), 8, runlog::Status::finished))};
  CHECK(compare::compare(runs, "elbo").metric == "eval/elbo");
  CHECK(compare::compare(runs, "train/loss").metric == "train/loss");
  CHECK_THROWS_WITH_AS(compare::compare(runs, "eval/los"),
                       "metric 'eval/los': no run has it, expected eval/loss, eval/elbo or train/loss; did you mean "
                       "'eval/loss'?",
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
  const std::string text = compare::to_text(compare::compare(runs), {60, false});
  const std::string results = text.substr(text.find("settings that differ"));
  size_t start = 0;
  while (start < results.size()) {
    const size_t end = results.find('\n', start);
    CHECK(terminal::columns_of(results.substr(start, end - start)) <= 60);
    start = end + 1;
  }
}

TEST_CASE("logs are found in folders below, sorted, and other files are left alone") {
  const Folder folder;
  write_log(folder.path / "vae" / "b.h5", description("000b", 10, "min"), 8, runlog::Status::finished);
  write_log(folder.path / "vae" / "a.h5", description("000a", 10, "min"), 8, runlog::Status::finished);
  std::ofstream(folder.path / "notes.txt") << "x";
  const auto logs = compare::find_logs(folder.path);
  REQUIRE(logs.size() == 2);
  CHECK(logs[0] == folder.path / "vae" / "a.h5");
  CHECK_THROWS_WITH_AS(compare::find_logs(folder.path / "none"),
                       (folder.path / "none: cannot be read: No such file or directory").c_str(), Error);

  const std::string csv = compare::listing_csv({compare::read_run(logs[0])});
  CHECK(csv.find("vae,000a,finished,2026-01-31T12:00:00Z,7,a größer,40,eval/loss,0.2,40,") != std::string::npos);
}

TEST_CASE("one run's text names everything that is in the log") {
  const Folder folder;
  const fs::path log = write_log(folder.path / "a.h5", description("ab12", 20, "min"), 8, runlog::Status::finished);
  const std::string text = compare::to_text(compare::read_run(log), compare::read_details(log), {});
  for (const char* part :
       {"vae  ab12  finished", "a, größer", "latent = 20", "workstation", "eval/loss", "█",
        "best eval/loss: 0.2 at step 40 (smaller is better)", "/samples/samples/preview", "checkpoint none"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
}
