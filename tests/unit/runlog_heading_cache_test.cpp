// The cache of headings: when it is used, and that nothing depends on it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <set>

#include "runlog/heading_cache.hpp"
#include "runlog_example.hpp"

using namespace atelier::runlog;
namespace fs = std::filesystem;

namespace {

// A folder of logs, and a place for the cache that is in the environment as long as it lives.
class CachedLogs {
 public:
  CachedLogs() {
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    fs::create_directory(logs());
  }
  CachedLogs(const CachedLogs&) = delete;
  CachedLogs& operator=(const CachedLogs&) = delete;
  ~CachedLogs() { unsetenv("XDG_CACHE_HOME"); }

  [[nodiscard]] fs::path logs() const { return folder_ / "logs"; }
  fs::path add(const std::string& name, const std::string& id = "real") {
    const fs::path log = logs() / name;
    RunDescription run = example::description();
    run.run_id = id;
    Writer writer = Writer::create(log, run);
    example::write_foreign(writer);
    example::write_steps(writer, 0, 60);
    example::finish(writer, 60);
    settle(log);
    return log;
  }
  // As if it had been written a while ago.
  static void settle(const fs::path& log) {
    fs::last_write_time(log, fs::file_time_type::clock::now() - std::chrono::seconds(10));
  }
  // What the cache says of the log is not what the log says, so that who asks sees whom he is told by.
  void lie(const fs::path& log) const {
    HeadingCache cache(logs());
    Heading heading = read_headings({log}).front();
    heading.run_id = "lie";
    cache.keep(log, cache.stamp_of(log).value(), heading);
    cache.save();
  }
  [[nodiscard]] fs::path cache_file() const {
    fs::path found;
    for (const auto& file : fs::directory_iterator(folder_ / "cache" / "atelier")) {
      CHECK(found.empty());
      found = file.path();
    }
    return found;
  }

 private:
  example::Folder folder_{example::memory_folder()};
};

std::string id_of(const fs::path& log) {
  const std::vector<Heading> headings = read_headings({log});
  CHECK(headings.front().path == log);
  CHECK(headings.front().was_read);
  return headings.front().problem.empty() ? headings.front().run_id : "broken";
}

}  // namespace

TEST_CASE("a log that nobody has touched is not read again, by whatever path it is named") {
  CachedLogs work;
  const fs::path log = work.add("a.h5");
  const Heading read = read_headings({log}).front();
  const Heading again = read_headings({log}).front();
  CHECK(again.resolved == read.resolved);
  CHECK(again.metrics.size() == read.metrics.size());
  CHECK(again.metrics.back().smallest == read.metrics.back().smallest);
  CHECK(again.tags == read.tags);
  work.lie(log);
  CHECK(id_of(log) == "lie");
  CHECK(id_of(work.logs() / "." / "a.h5") == "lie");
  fs::create_directory_symlink(work.logs(), work.logs().string() + "-link");
  CHECK(id_of(work.logs().string() + "-link/a.h5") == "lie");
}

TEST_CASE("a log that was changed, moved or replaced is read") {
  CachedLogs work;
  const fs::path log = work.add("a.h5");
  SUBCASE("changed in place") {
    work.lie(log);
    Writer::reopen(log, 50).close();
    CachedLogs::settle(log);
  }
  SUBCASE("changed in place, of the same size, and its time set back") {
    work.lie(log);
    struct stat before {};
    stat(log.c_str(), &before);
    const int file = open(log.c_str(), O_RDWR);
    char byte = 0;
    CHECK(pread(file, &byte, 1, 0) == 1);
    CHECK(pwrite(file, &byte, 1, 0) == 1);
    const timespec times[2]{before.st_atim, before.st_mtim};
    futimens(file, times);
    close(file);
  }
  SUBCASE("another one in its place") {
    work.lie(log);
    const fs::path other = work.add("b.h5");
    fs::rename(other, log);
  }
  SUBCASE("with a journal beside it") {
    work.lie(log);
    std::ofstream(log.string() + ".journal") << "none";
  }
  SUBCASE("behind a link") {
    work.lie(log);
    const fs::path real = work.logs().parent_path() / "real.h5";
    fs::rename(log, real);
    fs::create_symlink(real, log);
  }
  CHECK(id_of(log) == "real");
}

TEST_CASE("a log that is being written, and one that was written just now, is not kept") {
  CachedLogs work;
  const fs::path log = work.add("a.h5");
  const auto is_kept = [&] {
    HeadingCache cache(work.logs());
    const std::optional<atelier::FileStamp> stamp = cache.stamp_of(log);
    if (stamp) {
      cache.keep(log, *stamp, read_headings({log}).front());
    }
    return stamp && cache.find(log, *stamp) != nullptr;
  };
  CHECK(is_kept());
  {
    Writer writer = Writer::reopen(log, 50);
    writer.flush();
    CachedLogs::settle(log);
    CHECK(!is_kept());
    writer.close();
  }
  CHECK(!is_kept());
  CachedLogs::settle(log);
  CHECK(is_kept());
}

TEST_CASE("a damaged cache is none") {
  CachedLogs work;
  const fs::path log = work.add("a.h5");
  work.lie(log);
  const fs::path file = work.cache_file();
  const std::string whole = example::bytes_of(file);
  REQUIRE(id_of(log) == "lie");
  const auto with = [&](const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
    return id_of(log);
  };
  for (size_t at = 0; at < whole.size(); at += at < 100 ? 1 : 97) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK_MESSAGE(with(changed) == "real", at);
    CHECK_MESSAGE(with(whole.substr(0, at)) == "real", at);
  }
  CHECK(with(whole + "more") == "real");
  CHECK(with(whole) == "lie");
  fs::remove(file);
  CHECK(id_of(log) == "real");
  CHECK(example::bytes_of(work.cache_file()).size() == whole.size() + 1);  // it is there again, with the right id
}

TEST_CASE("without a place for a cache, logs are read") {
  CachedLogs work;
  const fs::path log = work.add("a.h5");
  std::string place = log.string();
  SUBCASE("a file is in the way") {}
  SUBCASE("nothing can be made there") {
    place = "/proc";
  }
  SUBCASE("the path is none") {
    place = "not/absolute";
  }
  setenv("XDG_CACHE_HOME", place.c_str(), 1);
  const char* const home = std::getenv("HOME");
  const std::optional<std::string> was = home == nullptr ? std::nullopt : std::optional<std::string>(home);
  unsetenv("HOME");
  CHECK(id_of(log) == "real");
  CHECK(id_of(log) == "real");
  if (was) {
    setenv("HOME", was->c_str(), 1);
  }
}

TEST_CASE("entries of logs that are gone go, those of others stay") {
  CachedLogs work;
  const fs::path a = work.add("a.h5");
  const fs::path b = work.add("b.h5");
  const fs::path c = work.add("c.h5");
  work.lie(a);
  work.lie(b);
  fs::rename(b, b.string() + "-moved");
  CHECK(id_of(c) == "real");  // and saved
  fs::rename(b.string() + "-moved", b);
  CHECK(id_of(a) == "lie");
  CHECK(id_of(b) == "real");
}

TEST_CASE("processes that write the cache at once leave a whole one") {
  CachedLogs work;
  std::vector<fs::path> logs;
  for (int i = 0; i < 6; ++i) {
    logs.push_back(work.add(std::to_string(i) + ".h5", "id" + std::to_string(i)));
  }
  std::vector<pid_t> processes;
  for (int i = 0; i < 6; ++i) {
    processes.push_back(fork());
    if (processes.back() == 0) {
      for (int round = 0; round < 10; ++round) {
        HeadingCache cache(work.logs());
        const fs::path& log = logs[static_cast<size_t>(i + round) % logs.size()];
        cache.keep(log, *cache.stamp_of(log), read_headings({log}).front());
        cache.save();
      }
      _exit(0);
    }
  }
  for (const pid_t process : processes) {
    int status = 0;
    waitpid(process, &status, 0);
    CHECK(status == 0);
  }
  const std::string bytes = example::bytes_of(work.cache_file());  // and no file beside it
  CHECK(!bytes.empty());
  for (size_t i = 0; i < logs.size(); ++i) {
    CHECK(id_of(logs[i]) == "id" + std::to_string(i));
  }
}

TEST_CASE("what nobody has used for long goes, and nothing that is not ours") {
  CachedLogs work;
  const fs::path log = work.add("a.h5");
  work.lie(log);
  const fs::path folder = work.cache_file().parent_path();
  const auto place = [&](const char* name, int days) {
    std::ofstream(folder / name) << "x";
    fs::last_write_time(folder / name, fs::file_time_type::clock::now() - std::chrono::hours(24 * days));
  };
  place("0123456789abcdef.headings", 100);
  place("0123456789abcdee.headings.77", 100);
  place("0123456789abcded.headings", 10);
  place("other", 100);
  work.lie(log);
  std::set<std::string> left;
  for (const auto& file : fs::directory_iterator(folder)) {
    left.insert(file.path().filename());
  }
  CHECK(left.size() == 3);
  CHECK(left.contains("0123456789abcded.headings"));
  CHECK(left.contains("other"));
}
