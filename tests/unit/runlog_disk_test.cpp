#include <doctest/doctest.h>
#include <sys/mount.h>

#include "runlog_example.hpp"

using namespace atelier::runlog;

namespace {

// A disk of 2 MB, where we may make one.
class SmallDisk {
 public:
  SmallDisk() : path_(folder_ / "disk") {
    std::filesystem::create_directory(path_);
    mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=2m") == 0;
    if (!mounted_) {
      MESSAGE("skipped: a disk can be filled only where a small one can be mounted");
    }
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) {
      umount(path_.c_str());
    }
  }
  [[nodiscard]] bool mounted() const { return mounted_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  example::Folder folder_;
  std::filesystem::path path_;
  bool mounted_;
};

void fill(const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  const std::string block(4096, 'x');
  while (file << block << std::flush) {
  }
}

// Writes until the disk is full; returns the message.
std::string write_until_full(Writer& log, int64_t step, int64_t flush_every) {
  return example::message_of([&] {
    for (; step < 1'000'000; ++step) {
      example::write_steps(log, step, step + 1);
      if (step % flush_every == 0) {
        log.flush();
      }
    }
  });
}

}  // namespace

TEST_CASE("a disk that fills up ends the log with an error, and what was logged is kept") {
  const SmallDisk disk;
  if (!disk.mounted()) {
    return;
  }
  for (const int64_t flush_every : {1, 7, 1000}) {
    CAPTURE(flush_every);
    const std::filesystem::path path = disk / "log.h5";
    int64_t kept = 0;
    {
      Writer log = Writer::create(path, example::description());
      example::write_steps(log, 0, 130);
      log.flush();
      const std::string message = write_until_full(log, 130, flush_every);
      const std::string start =
          path.string() + ": cannot be written: No space left on device; what was logged up to step ";
      REQUIRE(message.starts_with(start));
      kept = std::stoll(message.substr(start.size()));
      CHECK(message.ends_with(" is kept"));
      CHECK(example::message_of([&] { log.flush_if_due(); }) == message);
      CHECK(example::message_of([&] { log.close(); }) == message);
    }
    CHECK_FALSE(std::filesystem::exists(disk / "log.h5.lock"));
    const Reader reader(path);
    CHECK(reader.metric("train", "wait").steps.back() >= kept);
    CHECK(reader.newest_checkpoint()->step >= kept - 50);
    const int64_t before = (kept - 1) / 100;  // a step's samples follow its checkpoint
    CHECK(reader.samples("grey", before - 1).pixels == example::pixels(before * 100, 60));
    std::filesystem::remove(path);
  }
}

TEST_CASE("a log for which there is no room is not begun, and one can go on when there is room again") {
  const SmallDisk disk;
  if (!disk.mounted()) {
    return;
  }
  const std::filesystem::path path = disk / "log.h5";
  {
    Writer log = Writer::create(path, example::description());
    example::write_steps(log, 0, 130);
    fill(disk / "filler");
    CHECK(write_until_full(log, 130, 1).find("No space left on device") != std::string::npos);
  }
  CHECK(example::message_of([&] { Writer::create(disk / "large.h5", example::description()); }) ==
        (disk / "large.h5").string() + ": cannot be made: No space left on device");
  std::filesystem::remove(disk / "filler");
  CHECK_FALSE(std::filesystem::exists(disk / "large.h5"));
  CHECK_FALSE(std::filesystem::exists(disk / "large.h5.lock"));

  const int64_t step = Reader(path).newest_checkpoint()->step;
  CHECK(step >= 100);
  Writer log = Writer::reopen(path, step);
  example::write_steps(log, step, step + 50);
  log.close();
  CHECK(Reader(path).metric("train", "wait").steps.back() == step + 50);
}
