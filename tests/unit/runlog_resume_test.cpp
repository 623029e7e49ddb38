#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "runlog_example.hpp"

using namespace atelier;
using namespace atelier::runlog;

namespace {

// Overwrites the first occurrence of `values` in a file.
void damage(const std::filesystem::path& path, const std::vector<float>& values) {
  const std::string bytes = example::bytes_of(path);
  const std::string wanted(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  const size_t found = bytes.find(wanted);
  REQUIRE(found != std::string::npos);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(found));
  file.put('?');
}

}  // namespace

TEST_CASE("a resumed log says the same as one that was never interrupted") {
  const example::Folder folder;
  Writer whole = Writer::create(folder / "whole.h5", example::description());
  example::write_steps(whole, 0, 1200);
  example::finish(whole, 1200);

  {
    Writer first = Writer::create(folder / "resumed.h5", example::description());
    example::write_steps(first, 0, 737);
    first.set_status(Status::interrupted, "Ctrl-C");
  }
  CHECK(Reader(folder / "resumed.h5").status() == Status::interrupted);
  CHECK(Reader(folder / "resumed.h5").exit_reason() == "Ctrl-C");
  const int64_t step = Reader(folder / "resumed.h5").newest_checkpoint()->step;
  CHECK(step == 700);
  Writer second = Writer::reopen(folder / "resumed.h5", step);
  second.flush();
  CHECK(Reader(folder / "resumed.h5").status() == Status::running);
  CHECK(Reader(folder / "resumed.h5").metric("train", "wait").steps.back() == 700);
  example::write_steps(second, step, 1200);
  example::finish(second, 1200);

  const Reader a(folder / "whole.h5");
  const Reader b(folder / "resumed.h5");
  CHECK(a.metric("train", "loss.generator").steps == b.metric("train", "loss.generator").steps);
  CHECK(a.metric("train", "loss.generator").values == b.metric("train", "loss.generator").values);
  CHECK(a.metric("eval", "loss").values == b.metric("eval", "loss").values);
  CHECK(a.sample_steps("grey") == b.sample_steps("grey"));
  CHECK(a.samples("colour", 9).pixels == b.samples("colour", 9).pixels);
  CHECK(a.sample_steps("verses") == b.sample_steps("verses"));
  for (int64_t row = 0; row < std::ssize(a.sample_steps("verses")); ++row) {
    CHECK(a.sample_texts("verses", row) == b.sample_texts("verses", row));
  }
  CHECK(a.newest_checkpoint()->sequence == b.newest_checkpoint()->sequence);
  CHECK(b.exit_reason().empty());
  CHECK(b.final_result());
}

TEST_CASE("a log that goes on after its end has no final weights until the new end") {
  const example::Folder folder;
  Writer log = Writer::create(folder / "log.h5", example::description());
  example::write_steps(log, 0, 100);
  example::finish(log, 100);
  Writer again = Writer::reopen(folder / "log.h5", 100);
  again.close();
  CHECK_FALSE(Reader(folder / "log.h5").final_result());
}

TEST_CASE("a log without a checkpoint starts anew") {
  const example::Folder folder;
  Writer log = Writer::create(folder / "log.h5", example::description());
  example::write_steps(log, 0, 30);
  log.close();
  CHECK_FALSE(Reader(folder / "log.h5").newest_checkpoint());
  Writer again = Writer::reopen(folder / "log.h5", -1);
  example::write_steps(again, 0, 40);
  again.close();
  CHECK(Reader(folder / "log.h5").metric("train", "wait").steps.size() == 40);
}

TEST_CASE("rows that nobody has written do not count") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  Writer log = Writer::create(path, example::description());
  example::write_steps(log, 0, 60);
  log.close();

  const std::array<int64_t, 3> tail{58, 59, 60};
  const std::string written(reinterpret_cast<const char*>(tail.data()), sizeof(tail));
  std::string bytes = example::bytes_of(path);
  for (size_t found = bytes.find(written); found != std::string::npos; found = bytes.find(written, found + 1)) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(found + sizeof(int64_t)), 2 * sizeof(int64_t), '\0');
  }
  std::ofstream(path, std::ios::binary) << bytes;

  CHECK(Reader(path).metric("train", "wait").steps.back() == 58);
  CHECK(Reader(path).timing("train").wall_seconds.size() == 58);
  Writer resumed = Writer::reopen(path, 50);
  example::write_steps(resumed, 50, 61);
  resumed.close();
  CHECK(Reader(path).metric("train", "wait").steps.size() == 61);
}

TEST_CASE("a damaged checkpoint is passed over, and two are an error") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  Writer log = Writer::create(path, example::description());
  example::write_steps(log, 0, 150);
  log.close();

  damage(path, example::Values(150).arrays[4]);
  CHECK(Reader(path).newest_checkpoint()->step == 100);

  // The one after it goes into the damaged slot.
  Writer resumed = Writer::reopen(path, 100);
  example::write_checkpoint(resumed, 120);
  resumed.close();
  CHECK(Reader(path).newest_checkpoint()->step == 120);
  CHECK(Reader(path).newest_checkpoint()->sequence == 3);

  damage(path, example::Values(120).arrays[4]);
  damage(path, example::Values(100).arrays[4]);
  CHECK(example::message_of([&] { (void)Reader(path).newest_checkpoint(); }) ==
        path.string() + ": cannot be read: its checkpoints are damaged: their hashes differ from what was written");
}
