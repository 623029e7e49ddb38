#include <doctest/doctest.h>

#include "runlog/path.hpp"
#include "runlog_example.hpp"

using namespace atelier::runlog;

TEST_CASE("a log is named by time, id and seed, and none is ever overwritten") {
  const example::Folder folder;
  const auto path = [&] { return new_log_path(folder / "runs", "gan", "2026-01-31T12:00:00Z", "3f2a", 7); };
  CHECK(path() == folder / "runs/gan/20260131T120000Z-3f2a-s7.h5");
  std::ofstream(path()).put('x');
  CHECK(path() == folder / "runs/gan/20260131T120000Z-3f2a-s7-2.h5");

  const std::filesystem::path taken = folder / "runs/gan/20260131T120000Z-3f2a-s7.h5";
  CHECK(example::message_of([&] { Writer::create(taken, example::description()); }) ==
        taken.string() + ": cannot be made: File exists");
  CHECK(example::bytes_of(taken) == "x");
}

TEST_CASE("a folder that cannot be made is said by name") {
  const example::Folder folder;
  std::ofstream(folder / "runs").put('x');
  CHECK(example::message_of([&] { new_log_path(folder / "runs", "gan", "", "1", 7); }) ==
        (folder / "runs/gan").string() + ": the folder cannot be made: " + (folder / "runs").string() + " is a file");
  CHECK(example::message_of([&] { new_log_path(folder / "out", "a/b", "", "1", 7); }) ==
        "name: got 'a/b', expected one that can name a folder: not empty, no '/'");
  CHECK(example::message_of([&] {
          new_log_path("/proc/runs", "gan", "", "1", 7);
        }).starts_with("/proc/runs/gan: the folder cannot be made: "));
  CHECK(example::message_of([&] { Writer::create(folder / "none/log.h5", {}); }) ==
        (folder / "none/log.h5.lock").string() + ": cannot be made: No such file or directory");
}
