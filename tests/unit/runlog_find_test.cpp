#include <doctest/doctest.h>

#include "runlog/creation_time.hpp"
#include "runlog/find.hpp"
#include "runlog/headings.hpp"
#include "runlog_example.hpp"

using namespace atelier::runlog;
namespace fs = std::filesystem;

namespace {

// A folder of runs, and what is said while one is looked for.
class FolderOfRuns {
 public:
  fs::path add(const std::string& path, const std::string& id, const std::string& created,
               Status status = Status::finished) {
    const fs::path log = folder_ / path;
    fs::create_directories(log.parent_path());
    RunDescription run = example::description();
    run.run_id = id;
    run.name = log.parent_path().filename().string();
    run.created_utc = created;
    Writer writer = Writer::create(log, run);
    writer.flush();
    if (status == Status::running) {
      live_.push_back(std::move(writer));
      return log;
    }
    writer.set_status(status, "");
    writer.close();
    return log;
  }
  // Leaves what runs as it is.
  void kill() { live_.clear(); }
  void add_text(const std::string& path) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << "no log\n";
  }

  [[nodiscard]] fs::path path(const std::string& name) const { return folder_ / name; }
  // Relative to the folder, as are the paths in what was said.
  std::string find(const std::string& word, Wanted wanted = Wanted::any) {
    return shown([&] { return find_log(word, wanted, places()).string(); });
  }
  std::string find_all(const std::vector<std::string>& words, OfName of_name = OfName::newest) {
    return shown([&] {
      std::string all;
      for (const fs::path& log : find_logs(words, of_name, places())) {
        all += (all.empty() ? "" : " ") + log.string();
      }
      return all;
    });
  }
  std::string said() { return relative(std::exchange(said_, "")); }

 private:
  Places places() {
    return {folder_ / "runs", folder_ / "", [this](std::string_view line) { said_ += std::string(line) + "\n"; }};
  }
  template <typename Action>
  std::string shown(Action&& action) {
    std::string result;
    const std::string message = example::message_of([&] { result = action(); });
    return relative(message == "no error" ? result : message);
  }
  [[nodiscard]] std::string relative(std::string text) const {
    const std::string prefix = (folder_ / "").string();
    for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

  example::Folder folder_;
  std::vector<Writer> live_;
  std::string said_;
};

}  // namespace

TEST_CASE("times of runs: microseconds, and with or without a fraction they sort by time") {
  const std::string now = utc_now();
  CHECK(now.size() == std::string("2026-01-31T12:00:00.123456Z").size());
  CHECK(now <= utc_now());
  CHECK(whole_seconds("2026-01-31T12:00:00.123456Z") == "2026-01-31T12:00:00Z");
  CHECK(whole_seconds("2026-01-31T12:00:00Z") == "2026-01-31T12:00:00Z");
  CHECK(whole_seconds("") == "");
  const std::vector<std::string> times{"",
                                       "2026-01-31T12:00:00Z",
                                       "2026-01-31T12:00:00.000001Z",
                                       "2026-01-31T12:00:00.1Z",
                                       "2026-01-31T12:00:00.12Z",
                                       "2026-01-31T12:00:01Z"};
  for (size_t i = 0; i + 1 < times.size(); ++i) {
    CHECK_MESSAGE(sortable(times[i]) < sortable(times[i + 1]), times[i + 1]);
  }
  CHECK(sortable("2026-01-31T12:00:00.100Z") == sortable("2026-01-31T12:00:00.1Z"));
  CHECK(sortable("2026-01-31T12:00:00.0Z") == sortable("2026-01-31T12:00:00Z"));
}

TEST_CASE("the newest run is the one that began last, whatever its file is called") {
  FolderOfRuns at;
  at.add("runs/vae/z-renamed.h5", "aaaa0001", "2026-01-31T12:00:00.5Z");
  at.add("runs/vae/a.h5", "aaaa0002", "2026-01-31T12:00:00.75Z");
  at.add("runs/vae/old/b.h5", "aaaa0003", "2026-01-31T12:00:00Z");
  CHECK(at.find("vae") == "runs/vae/a.h5");
  CHECK(at.find("runs/vae") == "runs/vae/a.h5");
  CHECK(at.find_all({"vae"}) == "runs/vae/a.h5");
  CHECK(at.find_all({"vae@all"}) == "runs/vae/z-renamed.h5 runs/vae/a.h5 runs/vae/old/b.h5");
  CHECK(at.find_all({"vae@*"}) == at.find_all({"vae@all"}));
  CHECK(at.find_all({"vae"}, OfName::all) == at.find_all({"vae@all"}));
  CHECK(at.find_all({"vae", "runs/vae/a.h5", "aaaa0002"}) == "runs/vae/a.h5");
  CHECK(at.said() == "");
}

TEST_CASE("the logs below a folder") {
  FolderOfRuns at;
  at.add("runs/vae/b.h5", "aaaa0001", "2026-01-31T12:00:01Z");
  at.add("runs/vae/a.h5", "aaaa0002", "2026-01-31T12:00:02Z", Status::failed);
  at.add("runs/gan/c.h5", "aaaa0003", "2026-01-31T12:00:03Z");
  at.add_text("runs/vae/c.h5");
  at.add_text("runs/vae/notes.txt");
  const std::vector<Heading> logs = logs_below(at.path("runs"));
  REQUIRE(logs.size() == 4);
  CHECK(logs[0].run_id == "aaaa0003");
  CHECK(logs[0].name == "gan");
  CHECK(logs[1].path == at.path("runs/vae/c.h5"));
  CHECK(logs[1].problem == at.path("runs/vae/c.h5").string() + ": cannot be read: it is not an HDF5 file");
  CHECK(logs[2].run_id == "aaaa0001");
  CHECK(logs[3].run_id == "aaaa0002");
  CHECK(logs[3].status == Status::failed);
  CHECK(example::message_of([&] { logs_below(at.path("none")); }) ==
        at.path("none").string() + ": cannot be read: No such file or directory");
}

TEST_CASE("runs of one instant: the larger id, and it is said") {
  FolderOfRuns at;
  at.add("runs/vae/a.h5", "bbbb0000", "2026-01-31T12:00:00Z");
  at.add("runs/vae/b.h5", "aaaa0000", "2026-01-31T12:00:00Z");
  CHECK(at.find("vae") == "runs/vae/a.h5");
  CHECK(at.said() == "runs/vae/a.h5: taken for its id or path; runs/vae/b.h5 began in the same instant\n");
}

TEST_CASE("what is wanted of an experiment: any, a finished, a resumable run") {
  FolderOfRuns at;
  const fs::path finished = at.add("runs/vae/1.h5", "aaaa0001", "2026-01-31T12:00:01Z");
  const fs::path interrupted = at.add("runs/vae/2.h5", "aaaa0002", "2026-01-31T12:00:02Z", Status::interrupted);
  const fs::path killed = at.add("runs/vae/3.h5", "aaaa0003", "2026-01-31T12:00:03Z", Status::running);
  at.kill();
  at.add("runs/vae/4.h5", "aaaa0004", "2026-01-31T12:00:04Z", Status::running);
  CHECK(at.find("vae") == "runs/vae/4.h5");
  CHECK(at.said() == "");
  CHECK(at.find("vae", Wanted::finished) == "runs/vae/1.h5");
  CHECK(at.said() == "runs/vae/1.h5: taken, as the newest, runs/vae/4.h5, is running\n");
  CHECK(at.find("vae", Wanted::resumable) == "runs/vae/3.h5");
  CHECK(at.said() == "runs/vae/3.h5: taken, as the newest, runs/vae/4.h5, is running\n");
  fs::remove(killed);
  CHECK(at.find("vae", Wanted::resumable) == "runs/vae/2.h5");
  fs::remove(finished);
  fs::remove(interrupted);
  CHECK(at.find("vae", Wanted::finished) ==
        "the experiment 'vae' in 'runs': has no run that is finished; the newest, runs/vae/4.h5, is running");
  CHECK(at.find("vae", Wanted::resumable) ==
        "the experiment 'vae' in 'runs': has no run that could be resumed; the newest, runs/vae/4.h5, is running");
  at.kill();
  CHECK(at.find("vae", Wanted::finished) ==
        "the experiment 'vae' in 'runs': has no run that is finished; the newest, runs/vae/4.h5, is killed; "
        "hint: atelier resume runs/vae/4.h5");
  CHECK(at.find("runs/vae/4.h5", Wanted::finished) == "runs/vae/4.h5");  // as it is
  CHECK(at.find("aaaa0004", Wanted::finished) == "runs/vae/4.h5");
}

TEST_CASE("files and folders that are no logs hide no run; those that are can be told from it") {
  FolderOfRuns at;
  at.add("runs/vae/1.h5", "aaaa0001", "2026-01-31T12:00:01Z");
  at.add_text("vae/picture.png");
  CHECK(at.find("vae") == "runs/vae/1.h5");
  CHECK(at.find("vae/") == "vae/: has no logs, expected *.h5 files");
  fs::remove_all(at.path("vae"));
  at.add_text("vae");
  CHECK(at.find("vae") == "runs/vae/1.h5");
  fs::remove(at.path("vae"));
  at.add("vae/2.h5", "aaaa0002", "2026-01-31T12:00:02Z");
  CHECK(at.find("vae") ==
        "'vae': can mean the folder 'vae' or the experiment 'vae' in 'runs'; hint: write 'vae' or "
        "'runs/vae'");
  CHECK(at.find("vae@all") == "runs/vae/1.h5");
  CHECK(at.find("vae/2.h5") == "vae/2.h5");
  CHECK(at.find("runs") == "runs/vae/1.h5");
}

TEST_CASE("a run is found by its id, or by the beginning of it that no other has") {
  FolderOfRuns at;
  at.add("runs/vae/1.h5", "c0ffee01", "2026-01-31T12:00:01Z");
  at.add("runs/gan/2.h5", "c0ffee02", "2026-01-31T12:00:02Z");
  at.add("runs/gan/3.h5", "c0de0000", "2026-01-31T12:00:03Z", Status::failed);
  CHECK(at.find("c0ffee01") == "runs/vae/1.h5");
  CHECK(at.find("c0de") == "runs/gan/3.h5");
  CHECK(at.find("c0ff") ==
        "'c0ff': can mean the run c0ffee02 (runs/gan/2.h5) or the run c0ffee01 (runs/vae/1.h5); "
        "hint: write 'runs/gan/2.h5' or 'runs/vae/1.h5'");
  CHECK(at.find("c0f") == "'c0f': expected a log, a folder with logs, or in 'runs' an experiment or a run's id");
  at.add("runs/c0de/4.h5", "aaaa0000", "2026-01-31T12:00:04Z");
  CHECK(at.find("c0de") ==
        "'c0de': can mean the experiment 'c0de' in 'runs' or the run c0de0000 (runs/gan/3.h5); "
        "hint: write 'runs/c0de' or 'runs/gan/3.h5'");
  CHECK(at.find_all({"c0ffee02", "vae"}) == "runs/gan/2.h5 runs/vae/1.h5");
}

TEST_CASE("a pattern stands for the paths or the names that it matches") {
  FolderOfRuns at;
  at.add("runs/vae/1.h5", "aaaa0001", "2026-01-31T12:00:01Z");
  at.add("runs/vae/2.h5", "aaaa0002", "2026-01-31T12:00:02Z");
  at.add("runs/vae-gan/3.h5", "aaaa0003", "2026-01-31T12:00:03Z");
  at.add_text("vae.toml");
  at.add_text("vae-pictures/1.png");
  CHECK(at.find_all({"vae*"}) == "runs/vae/2.h5 runs/vae-gan/3.h5");
  CHECK(at.find_all({"vae*@all"}) == "runs/vae/1.h5 runs/vae/2.h5 runs/vae-gan/3.h5");
  CHECK(at.find_all({"runs/vae/*"}) == "runs/vae/1.h5 runs/vae/2.h5");
  CHECK(at.find_all({"runs/*/[13].h5"}) == "runs/vae-gan/3.h5 runs/vae/1.h5");
  CHECK(at.find("vae-*") == "runs/vae-gan/3.h5");
  CHECK(at.find("vae*") ==
        "'vae*': means 2 where one run is expected: the experiment 'vae' in 'runs', "
        "the experiment 'vae-gan' in 'runs'");
  CHECK(at.find("vae@all") == "'vae@all': means 2 where one run is expected: runs/vae/1.h5, runs/vae/2.h5");
  CHECK(at.find("x*") == "'x*': matches no log, and no experiment in 'runs'");
}

TEST_CASE("a log that cannot be read is passed over, and it is said") {
  FolderOfRuns at;
  at.add_text("runs/vae/9.h5");
  CHECK(at.find("vae") ==
        "the experiment 'vae' in 'runs': none of its logs can be read; the first: runs/vae/9.h5: "
        "cannot be read: it is not an HDF5 file");
  at.add("runs/vae/1.h5", "aaaa0001", "2026-01-31T12:00:01Z");
  CHECK(at.find("vae") == "runs/vae/1.h5");
  CHECK(at.said() == "passed over: runs/vae/9.h5: cannot be read: it is not an HDF5 file\n");
  CHECK(at.find("aaaa") == "runs/vae/1.h5");
  CHECK(at.find_all({"vae@all"}) == "runs/vae/9.h5 runs/vae/1.h5");
  CHECK(at.find("runs/vae/9.h5") == "runs/vae/9.h5");  // its reader says what is wrong with it
}

TEST_CASE("what was never run") {
  FolderOfRuns at;
  CHECK(at.find("vae") == "'vae': expected a log, a folder with logs, or in 'runs' an experiment or a run's id");
  at.add("runs/vae/1.h5", "aaaa0001", "2026-01-31T12:00:01Z");
  CHECK(at.find("vea") ==
        "'vea': expected a log, a folder with logs, or in 'runs' an experiment or a run's id; "
        "did you mean 'vae'?");
  CHECK(at.find("vea@all").ends_with("; did you mean 'vae'?"));
  CHECK(at.find("none.h5") == "none.h5: no such file");
  at.add("runs/vae.h5/2.h5", "aaaa0002", "2026-01-31T12:00:01Z");  // an experiment may be called so
  CHECK(at.find("vae.h5") == "runs/vae.h5/2.h5");
  CHECK(at.find("") == "'': expected a log, a folder with logs, or in 'runs' an experiment or a run's id");
}
