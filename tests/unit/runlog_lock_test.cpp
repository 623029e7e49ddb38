#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>

#include "runlog/locks.hpp"
#include "runlog_example.hpp"

using namespace atelier::runlog;

TEST_CASE("a log has one writer") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  Writer log = Writer::create(path, example::description());
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

TEST_CASE("a process on another host counts as alive, one whose id was used again does not") {
  const example::Folder folder;
  std::ofstream(folder / "a.h5.lock") << "1 5 elsewhere\n";
  REQUIRE(holder_of(folder / "a.h5"));
  CHECK(holder_of(folder / "a.h5")->host == "elsewhere");
  Lock lock(folder / "b.h5");
  const std::string host = holder_of(folder / "b.h5")->host;
  std::ofstream(folder / "c.h5.lock") << getpid() << " 5 " << host << "\n";
  CHECK_FALSE(holder_of(folder / "c.h5"));
}
