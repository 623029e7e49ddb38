#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>

#include "runlog/locks.hpp"
#include "runlog_example.hpp"

using namespace atelier::runlog;

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

TEST_CASE("a lock that nobody holds is stale, whatever process of whatever host its file names") {
  const example::Folder folder;
  for (const char* text : {"1 elsewhere\n", "not a holder", ""}) {
    std::ofstream(folder / "a.h5.lock") << text;
    CHECK_FALSE(holder_of(folder / "a.h5"));
    const Lock lock(folder / "a.h5");
    CHECK(holder_of(folder / "a.h5")->process == getpid());
  }
  CHECK_FALSE(std::filesystem::exists(folder / "a.h5.lock"));
}

TEST_CASE("a lock that is held is held, whatever its file says") {
  const example::Folder folder;
  const std::string path = folder / "a.h5.lock";
  const int other = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  REQUIRE(flock(other, LOCK_EX) == 0);
  CHECK(holder_of(folder / "a.h5"));
  CHECK(example::message_of([&] { const Lock lock(folder / "a.h5"); }) ==
        (folder / "a.h5").string() + ": is being written by another process");
  close(other);
  CHECK_FALSE(holder_of(folder / "a.h5"));
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
