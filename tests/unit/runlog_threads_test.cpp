// Logs are read and written by several threads of one process. A log is read in a fork, which has of all threads the
// one alone that made it: what another one holds at that moment nobody lets go of there.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "runlog_example.hpp"

using namespace atelier::runlog;

TEST_CASE("a log is read on one thread while others read and write theirs" *
          doctest::skip(example::processes_are_slow)) {
  const example::Folder folder(example::memory_folder());
  {
    Writer log = Writer::create(folder / "whole.h5", example::description());
    example::write_checkpoint(log, 0);
    example::write_steps(log, 0, 20);
    log.close();
  }
  std::atomic<int> read = 0;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    Writer log = Writer::create(folder / "begun.h5", example::description());
    for (int64_t step = 0; !done; ++step) {
      example::write_steps(log, step, step + 1);
      log.flush();
    }
    log.close();
  });
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      for (int time = 0; time < 100; ++time) {
        read += Reader(folder / "whole.h5").metric("train", "wait").steps.back() == 20 ? 1 : 0;
      }
    });
  }
  for (std::thread& reader : readers) {
    reader.join();
  }
  done = true;
  writer.join();
  CHECK(read == 400);
  CHECK(Reader(folder / "begun.h5").metric("train", "wait").steps.back() > 0);
}
