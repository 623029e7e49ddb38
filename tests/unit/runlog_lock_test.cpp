#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "runlog_claims.hpp"

using namespace atelier::runlog;
using namespace std::chrono_literals;
using example::claim_like_ours, example::write_claim_like_ours, example::set_heartbeat, example::names_in,
    example::elsewhere;

TEST_CASE("a log has one writer") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  Writer log = Writer::create(path, example::description());
  log.flush();
  REQUIRE(holder_of(path));
  CHECK(holder_of(path)->process == getpid());
  const std::string message = example::message_of([&] { Writer::reopen(path, 0); });
  CHECK(message ==
        path.string() + ": is being written by process " + std::to_string(getpid()) + " on " + holder_of(path)->host);
  log.close();
  CHECK_FALSE(holder_of(path));
  CHECK_FALSE(std::filesystem::exists(folder / "log.h5.lock"));
  Writer::reopen(path, 0).close();
}

TEST_CASE("the lock of a process that was killed is stale") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  const pid_t child = fork();
  if (child == 0) {
    Writer log = Writer::create(path, example::description());
    example::write_steps(log, 0, 60);
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  CHECK(std::filesystem::exists(folder / "log.h5.lock"));
  CHECK_FALSE(holder_of(path));
  CHECK(Reader(path).newest_checkpoint()->step == 50);
  Writer log = Writer::reopen(path, 50);
  CHECK(holder_of(path)->process == getpid());
}

TEST_CASE("the lock of a process that was killed is stale before its parent has asked for its end") {
  const example::Folder folder;
  const pid_t child = fork();
  if (child == 0) {
    const Lock lock(folder / "a.h5");
    raise(SIGKILL);
  }
  siginfo_t ended{};
  waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
  CHECK_FALSE(holder_of(folder / "a.h5"));
  const Lock lock(folder / "a.h5");
  waitpid(child, nullptr, 0);
}

TEST_CASE("a lock is held by a fork that has it, too, when its process has ended") {
  const example::Folder folder;
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const Lock lock(folder / "a.h5");
    if (fork() == 0) {  // lives until the pipe's other end is closed
      close(ends[1]);
      char none = 0;
      [[maybe_unused]] const ssize_t got = read(ends[0], &none, 1);
      _exit(0);
    }
    raise(SIGKILL);
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  CHECK(holder_of(folder / "a.h5")->process == child);
  CHECK(example::message_of([&] { const Lock lock(folder / "a.h5"); }) != "no error");
  close(ends[1]);
  for (int i = 0; i < 500 && holder_of(folder / "a.h5"); ++i) {
    std::this_thread::sleep_for(20ms);
  }
  const Lock lock(folder / "a.h5");
}

TEST_CASE("a claim of this machine whose process has another start than the claim says is stale") {
  const example::Folder folder;
  write_claim_like_ours(folder, {{"started", "1"}});
  CHECK_FALSE(holder_of(folder / "a.h5"));
  const Lock lock(folder / "a.h5");
  CHECK(names_in(folder) == std::vector<std::string>{"a.h5.lock"});
}

TEST_CASE("a claim of another machine is held until its lease has run out by the file system's clock") {
  const example::Folder folder;
  write_claim_like_ours(folder, elsewhere);
  const auto holder = holder_of(folder / "a.h5");
  REQUIRE(holder);
  CHECK(holder->host == "node7");
  CHECK(holder->elsewhere);
  CHECK(example::message_of([&] { const Lock lock(folder / "a.h5"); }) ==
        (folder / "a.h5").string() + ": is being written by process 12 on node7");

  set_heartbeat(folder / "a.h5.lock", -2s);
  CHECK_FALSE(holder_of(folder / "a.h5"));
  const Lock lock(folder / "a.h5");
  CHECK_FALSE(holder_of(folder / "a.h5")->elsewhere);
  CHECK(names_in(folder) == std::vector<std::string>{"a.h5.lock"});
}

TEST_CASE("a lease that seems to have run out is held while its heartbeat is seen: the clock has jumped") {
  const example::Folder folder;
  write_claim_like_ours(folder, elsewhere);
  set_heartbeat(folder / "a.h5.lock", -1h);
  std::thread heart([&] {
    std::this_thread::sleep_for(150ms);
    set_heartbeat(folder / "a.h5.lock", -1h + 10s);
  });
  CHECK(example::message_of([&] { const Lock lock(folder / "a.h5"); }).find("process 12 on node7") !=
        std::string::npos);
  heart.join();
}

TEST_CASE("a lease that never seems to run out is over once no heartbeat was seen for as long") {
  const example::Folder folder;
  write_claim_like_ours(folder, elsewhere);
  set_heartbeat(folder / "a.h5.lock", 1h);
  CHECK(holder_of(folder / "a.h5"));
  CHECK(example::message_of([&] { const Lock lock(folder / "a.h5", [] { return false; }); }) != "no error");
  const Lock lock(folder / "a.h5", [] { return true; });
  CHECK(holder_of(folder / "a.h5")->process == getpid());
}

TEST_CASE("a lock file that is torn or not ours has a lease, too") {
  const example::Folder folder;
  const std::string whole = claim_like_ours(folder, {});
  for (const std::string& text : {std::string(), whole.substr(0, 9), whole.substr(0, whole.size() - 4),
                                  std::string(300, '\0'), std::string("12 node7\n")}) {
    CAPTURE(text);
    std::ofstream(folder / "a.h5.lock") << text;
    REQUIRE(holder_of(folder / "a.h5"));
    CHECK(holder_of(folder / "a.h5")->words() == "another process");
    CHECK(example::message_of([&] { const Lock lock(folder / "a.h5"); }) ==
          (folder / "a.h5").string() + ": is being written by another process");
    set_heartbeat(folder / "a.h5.lock", -2s);
    CHECK_FALSE(holder_of(folder / "a.h5"));
    const Lock lock(folder / "a.h5");
  }
  CHECK(names_in(folder).empty());
}

TEST_CASE("a lock that is lost is noticed before the log is written") {
  const example::Folder folder;
  Writer log = Writer::create(folder / "log.h5", example::description());
  example::write_steps(log, 0, 60);
  log.flush();
  const std::string before = example::bytes_of(folder / "log.h5");
  write_claim_like_ours(folder, elsewhere, "log.h5.lock");
  std::string message;
  for (int step = 61; message.empty() && step < 100; ++step) {
    std::this_thread::sleep_for(20ms);
    message = example::message_of([&] { log.flush(); });
  }
  CHECK(message == (folder / "log.h5").string() +
                       ": cannot be written: process 12 on node7 has taken it over meanwhile; what was logged up to "
                       "step 60 is kept");
  CHECK(std::filesystem::exists(folder / "log.h5.lock"));
  CHECK(example::bytes_of(folder / "log.h5") == before);
}

TEST_CASE("its holder renews a lock, and a fork of it leaves it alone") {
  const example::Folder folder;
  std::optional<Lock> lock(std::in_place, folder / "a.h5");
  const auto first = std::filesystem::last_write_time(folder / "a.h5.lock");
  const pid_t child = fork();
  if (child == 0) {
    lock.reset();
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  for (int i = 0; i < 500 && std::filesystem::last_write_time(folder / "a.h5.lock") == first; ++i) {
    std::this_thread::sleep_for(20ms);
  }
  CHECK(std::filesystem::last_write_time(folder / "a.h5.lock") > first);
  CHECK(lock->lost() == "");
  std::filesystem::remove(folder / "a.h5.lock");
  for (int i = 0; i < 500 && lock->lost().empty(); ++i) {
    std::this_thread::sleep_for(20ms);
  }
  CHECK(lock->lost() == "its lock file was removed");
}

TEST_CASE("a lease is said in seconds") {
  const example::Folder folder;
  for (const char* wrong : {"0", "1.5", "-3", "x", "", "86401"}) {
    setenv("ATELIER_LEASE", wrong, 1);
    CHECK(example::message_of([&] { const Lock lock(folder / "a.h5"); }) ==
          std::string("ATELIER_LEASE: got '") + wrong + "', expected seconds, from 1 to 86400");
  }
  setenv("ATELIER_LEASE", "1", 1);
}

TEST_CASE("where the system makes no lock it says why, and nothing is left") {
  const example::Folder folder;
  CHECK(example::message_of([&] { const Lock lock(folder / "none/a.h5"); }) ==
        (folder / "none/a.h5.lock").string() + ": cannot be made: No such file or directory");
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit none{0, limit.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &none);
  const std::string message = example::message_of([&] { const Lock lock(folder / "a.h5"); });
  setrlimit(RLIMIT_FSIZE, &limit);
  CHECK(message == (folder / "a.h5.lock").string() + ": cannot be written: File too large");
  CHECK(names_in(folder).empty());
}

TEST_CASE("only a lock file is taken for one: no link, no pipe, no file that has another name too") {
  const example::Folder folder;
  std::ofstream(folder / "precious") << "kept";
  std::filesystem::create_symlink(folder / "precious", folder / "link.h5.lock");
  std::filesystem::create_symlink("nowhere", folder / "dangling.h5.lock");
  std::filesystem::create_hard_link(folder / "precious", folder / "hard.h5.lock");
  std::filesystem::create_directory(folder / "directory.h5.lock");
  REQUIRE(mkfifo((folder / "pipe.h5.lock").c_str(), 0644) == 0);
  for (const char* name : {"link.h5", "dangling.h5", "hard.h5", "directory.h5", "pipe.h5"}) {
    CAPTURE(name);
    CHECK_FALSE(holder_of(folder / name));
    const std::string message = example::message_of([&] { Writer::create(folder / name, example::description()); });
    CHECK(message.starts_with((folder / name).string() + ".lock: "));
    CHECK_FALSE(std::filesystem::exists(folder / name));
  }
  CHECK(example::bytes_of(folder / "precious") == "kept");
}

TEST_CASE("a log has one lock, through links too") {
  const example::Folder folder;
  Writer log = Writer::create(folder / "log.h5", example::description());
  log.flush();
  std::filesystem::create_symlink("log.h5", folder / "link.h5");
  CHECK(holder_of(folder / "link.h5"));
  CHECK(example::message_of([&] { Writer::reopen(folder / "link.h5", 0); }).find("is being written by process") !=
        std::string::npos);
}

TEST_CASE("what a killed run left half made is replaced, and not what a link of its name leads to") {
  const example::Folder folder;
  std::ofstream(folder / "precious") << "kept";
  std::filesystem::create_symlink(folder / "precious", folder / "log.h5.new");
  Writer::create(folder / "log.h5", example::description()).close();
  CHECK(example::bytes_of(folder / "precious") == "kept");
  CHECK(Reader(folder / "log.h5").description().name == "gan-mnist");
}
