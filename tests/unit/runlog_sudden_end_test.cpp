// The end of the process, and errors of the system, at calls that change a log's files: what a flush has
// acknowledged is there, the log opens, and the run goes on to the values of one that nothing came between.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <string_view>

#include "runlog/annotations.hpp"
#include "runlog/repair.hpp"
#include "runlog/slim.hpp"
#include "runlog_example.hpp"

using namespace atelier::runlog;

namespace {

enum class Fault { none, end, torn, error_once, error_always };

// Of the process that makes the log; its parent reads it afterwards.
struct Disturbance {
  Fault fault = Fault::none;
  int error = 0;
  int64_t at = 0;  // which call, from 1 on
  bool watching = false;
  int64_t calls = 0;
  int64_t acknowledged = -1;  // the last step of which a flush has returned
  bool finished = false;
};

Disturbance* disturbance = nullptr;

constexpr int ended = 9;

// Whether the system's call is to be made: it is not where it fails. `part` makes half of it.
template <typename Part>
bool proceed(Part&& part) {
  if (disturbance == nullptr || !disturbance->watching) {
    return true;
  }
  Disturbance& d = *disturbance;
  ++d.calls;
  if (d.calls < d.at || (d.calls > d.at && d.fault != Fault::error_always)) {
    return true;
  }
  switch (d.fault) {
    case Fault::none:
      return true;
    case Fault::end:
      _exit(ended);
    case Fault::torn:
      part();
      _exit(ended);
    case Fault::error_once:
    case Fault::error_always:
      errno = d.error;
      return false;
  }
  return true;
}

// Of the lock, which is about to be removed, no error matters.
bool is_a_log_to_write(int descriptor) {
  struct stat opened {};
  std::array<char, 4096> name{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = readlink(link.c_str(), name.data(), name.size());
  return fstat(descriptor, &opened) == 0 && S_ISREG(opened.st_mode) &&
         (fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_RDWR && length > 0 &&
         std::string_view(name.data(), static_cast<size_t>(length)).find(".h5.lock") == std::string_view::npos;
}

}  // namespace

// In place of the C library's.
extern "C" {

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  const auto call = [&](size_t count) { return syscall(SYS_pwrite64, descriptor, bytes, count, offset); };
  return proceed([&] { call(size / 2); }) ? call(size) : -1;
}

int ftruncate(int descriptor, off_t size) noexcept {
  const auto call = [&] { return static_cast<int>(syscall(SYS_ftruncate, descriptor, size)); };
  return proceed(call) ? call() : -1;
}

int fallocate(int descriptor, int mode, off_t offset, off_t size) {
  const auto call = [&](off_t length) {
    return static_cast<int>(syscall(SYS_fallocate, descriptor, mode, offset, length));
  };
  return proceed([&] { call(std::max<off_t>(size / 2, 1)); }) ? call(size) : -1;
}

int fsync(int descriptor) {
  const auto call = [&] { return static_cast<int>(syscall(SYS_fsync, descriptor)); };
  return proceed(call) ? call() : -1;
}

int rename(const char* from, const char* to) noexcept {
  const auto call = [&] { return static_cast<int>(syscall(SYS_rename, from, to)); };
  return proceed(call) ? call() : -1;
}

int unlink(const char* path) noexcept {
  const auto call = [&] { return static_cast<int>(syscall(SYS_unlink, path)); };
  return !std::string_view(path).ends_with(".journal") || proceed(call) ? call() : -1;
}

int close(int descriptor) {
  const auto call = [&] { return static_cast<int>(syscall(SYS_close, descriptor)); };
  return !is_a_log_to_write(descriptor) || proceed(call) ? call() : -1;
}

}  // extern "C"

namespace {

constexpr int64_t last_step = 110;

// Steps up to the last, with a flush after every 30 of them.
void write_until_the_end(Writer& log, int64_t step, Disturbance& report) {
  while (step < last_step) {
    const int64_t next = std::min(last_step, step - step % 30 + 30);
    example::write_steps(log, step, next);
    log.flush();
    report.acknowledged = step = next;
  }
  example::finish(log, last_step);
  report.finished = true;
}

void make_log(const std::filesystem::path& path, Disturbance& report) {
  Writer log = Writer::create(path, example::description());
  example::write_foreign(log);
  example::write_checkpoint(log, 0);
  report.acknowledged = 0;
  write_until_the_end(log, 0, report);
}

// In a process of its own; returns its exit code: 0, 1 where an error was thrown, `ended`.
int disturbed(const Disturbance& wanted, const std::function<void(Disturbance&)>& work, Disturbance& report) {
  void* const shared = mmap(nullptr, sizeof report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  auto* const there = new (shared) Disturbance(wanted);
  const pid_t process = fork();
  REQUIRE(process >= 0);
  if (process == 0) {
    disturbance = there;
    there->watching = true;
    int code = 0;
    try {
      work(*there);
    } catch (const atelier::Error&) {
      code = 1;
    }
    _exit(code);
  }
  int status = 0;
  REQUIRE(waitpid(process, &status, 0) == process);
  report = *there;
  munmap(shared, sizeof report);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

void add(std::string& text, const atelier::tensor::Tensor& values) {
  text.append(reinterpret_cast<const char*>(values.storage.data()), values.bytes());
}

void add(std::string& text, const std::vector<NamedTensor>& tensors) {
  for (const NamedTensor& tensor : tensors) {
    text += tensor.name;
    add(text, tensor.value);
  }
}

template <typename T>
void add(std::string& text, const std::vector<T>& values) {
  text.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

// All that the example writes, in one string.
std::string contents(const std::filesystem::path& path) {
  const Reader log(path);
  std::string text = to_string(log.status());
  for (const Cadence& cadence : log.description().cadences) {
    for (const MetricColumn& metric : cadence.metrics) {
      const MetricSeries series = log.metric(cadence.name, metric.name);
      add(text, series.steps);
      add(text, series.values);
    }
  }
  for (const char* const name : {"grey", "films"}) {
    for (int64_t row = 0; row < std::ssize(log.sample_steps(name)); ++row) {
      add(text, log.samples(name, row).pixels);
    }
  }
  for (int64_t row = 0; row < std::ssize(log.sample_steps("verses")); ++row) {
    for (const std::string& verse : log.sample_texts("verses", row)) {
      text += verse;
    }
  }
  for (int64_t row = 0; row < std::ssize(log.tensor_steps("critic.2")); ++row) {
    add(text, log.tensor("critic.2", row));
  }
  const std::optional<Checkpoint> checkpoint = log.newest_checkpoint();
  REQUIRE(checkpoint);
  text += std::to_string(checkpoint->step);
  add(text, checkpoint->weights.parameters);
  add(text, checkpoint->weights.state);
  add(text, checkpoint->optimizer);
  add(text, log.best()->weights.parameters);
  add(text, log.final_result()->weights.parameters);
  return text;
}

void check_kept(const std::filesystem::path& path, const Disturbance& report) {
  const Reader log(path);
  const std::optional<Checkpoint> checkpoint = log.newest_checkpoint();
  REQUIRE(checkpoint);
  CHECK(checkpoint->step >= report.acknowledged / 50 * 50);
  if (report.acknowledged > 0) {
    CHECK(log.metric("train", "wait").steps.back() >= report.acknowledged);
    CHECK(std::ssize(log.sample_steps("grey")) >= report.acknowledged / 100);
  }
  if (report.finished) {
    CHECK(log.status() == Status::finished);
  }
}

void go_on(const std::filesystem::path& path) {
  std::optional<Checkpoint> checkpoint;
  int64_t looks = 0;
  {
    const Reader read(path);
    if (read.status() == Status::finished) {
      return;
    }
    checkpoint = read.newest_checkpoint();
    looks = std::ssize(read.sample_steps("grey"));
  }
  Writer log = Writer::reopen(path, checkpoint->step, checkpoint->sequence);
  if (checkpoint->step / 100 > looks) {  // they follow the checkpoint of their step
    example::write_looks(log, checkpoint->step);
  }
  Disturbance unused;
  write_until_the_end(log, checkpoint->step, unused);
}

struct Kind {
  Fault fault;
  int error;
};

// Of so many calls one. There are some 700, and each takes a twentieth of a second, or a second where processes are
// slow.
int64_t calls_apart() {
  constexpr int64_t usual = example::processes_are_slow ? 197 : 43;
  const char* const given = std::getenv("ATELIER_CALLS_APART");
  return given == nullptr ? usual : std::stoll(given);
}

void check_calls(const Kind& kind) {
  const example::Folder folder(example::memory_folder());
  Disturbance report;
  const auto making = [](const std::filesystem::path& path) { return [path](Disturbance& d) { make_log(path, d); }; };
  REQUIRE(disturbed({}, making(folder / "whole.h5"), report) == 0);
  const std::string whole = contents(folder / "whole.h5");
  const int64_t calls = report.calls;
  REQUIRE(calls > 100);
  int64_t begun = 0;
  const int64_t apart = calls_apart();
  for (int64_t at = calls % apart + 1; at <= calls; at += apart) {
    CAPTURE(at);
    const std::filesystem::path path = folder / ("log" + std::to_string(at) + ".h5");
    const bool is_error = kind.fault == Fault::error_once || kind.fault == Fault::error_always;
    CHECK(disturbed({kind.fault, kind.error, at}, making(path), report) == (is_error ? 1 : ended));
    if (!std::filesystem::exists(path)) {
      CHECK(report.acknowledged == -1);
      continue;
    }
    ++begun;
    check_kept(path, report);
    go_on(path);
    CHECK(contents(path) == whole);
    repair(path);
    CHECK(contents(path) == whole);
    CHECK_FALSE(std::filesystem::exists(path.string() + ".journal"));
    std::filesystem::remove(path);
  }
  CHECK(begun * apart > calls / 2);
  MESSAGE(calls, " calls");
}

}  // namespace

TEST_CASE("a log survives the end of its process before a call") {
  check_calls({Fault::end, 0});
}

TEST_CASE("a log survives the end of its process in the middle of a call") {
  check_calls({Fault::torn, 0});
}

TEST_CASE("an error of a call is thrown, and the log survives it") {
  check_calls({Fault::error_once, EIO});
  check_calls({Fault::error_always, ENOSPC});
  check_calls({Fault::error_once, EFBIG});
}

// What the first process leaves in the middle of an in-place change is a journal with all of it.
TEST_CASE("going on with a log, and repairing it, survive their own ends and errors") {
  const example::Folder folder(example::memory_folder());
  Disturbance report;
  const std::filesystem::path whole = folder / "whole.h5", killed = folder / "killed.h5", path = folder / "log.h5";
  REQUIRE(disturbed(
              {}, [&](Disturbance& d) { make_log(whole, d); }, report) == 0);
  const std::string expected = contents(whole);
  const int64_t making = report.calls;
  constexpr int64_t journals = example::processes_are_slow ? 1 : 2;
  int64_t unfinished = 0;
  for (int64_t at = making / 2; unfinished < journals && at < making; at += 5) {
    CAPTURE(at);
    std::filesystem::remove(killed);
    std::filesystem::remove(killed.string() + ".journal");
    disturbed(
        {Fault::torn, 0, at}, [&](Disturbance& d) { make_log(killed, d); }, report);
    const auto begin_again = [&] {
      for (const char* const ending : {"", ".journal"}) {
        std::filesystem::copy_file(killed.string() + ending, path.string() + ending,
                                   std::filesystem::copy_options::overwrite_existing);
      }
    };
    begin_again();
    if (!repair(path)) {
      continue;
    }
    ++unfinished;
    CHECK_FALSE(std::filesystem::exists(path.string() + ".journal"));
    check_kept(path, report);
    for (const bool repairing : {true, false}) {
      const auto work = [&](Disturbance& /*d*/) {
        if (repairing) {
          repair(path);
        } else {
          go_on(path);
        }
      };
      begin_again();
      Disturbance second;
      REQUIRE(disturbed({}, work, second) == 0);
      const int64_t calls = second.calls;
      // A repair makes few calls, so that more of them can be taken.
      const int64_t apart = repairing ? std::max<int64_t>(1, calls_apart() / 14) : 2 * calls_apart();
      REQUIRE(calls > 3);
      for (int64_t call = 1; call <= calls; call += apart) {
        for (const Kind& kind : {Kind{Fault::end, 0}, Kind{Fault::torn, 0}, Kind{Fault::error_always, EIO}}) {
          CAPTURE(call);
          begin_again();
          const int code = disturbed({kind.fault, kind.error, call}, work, second);
          CHECK(code == (kind.fault == Fault::error_always ? 1 : ended));
          if (repairing) {  // going on cuts the rows after the checkpoint
            check_kept(path, report);
          }
          go_on(path);
          CHECK(contents(path) == expected);
          std::filesystem::remove(path.string() + ".journal");
        }
      }
    }
  }
  CHECK(unfinished == journals);
}

// Each of them changes what is there already, the last one by another file.
TEST_CASE("tagging, noting and slimming survive their own ends and errors") {
  const example::Folder folder(example::memory_folder());
  const std::filesystem::path whole = folder / "whole.h5", path = folder / "log.h5";
  Disturbance report;
  make_log(whole, report);
  const std::string expected = contents(whole);
  const std::vector<std::function<void()>> changes{[&] {
                                                     change_tags(path, {"a longer one", "another"}, {"first"});
                                                   },
                                                   [&] { add_note(path, "a note"); },
                                                   [&] { slim(path, {Part::tensors}); }};
  for (size_t which = 0; which < changes.size(); ++which) {
    const auto change = [&](Disturbance&) { changes[which](); };
    std::filesystem::copy_file(whole, path);
    REQUIRE(disturbed({}, change, report) == 0);
    const int64_t calls = report.calls;
    REQUIRE(calls > 5);
    const int64_t apart = std::max<int64_t>(1, calls * calls_apart() / 200);
    for (const Fault fault : {Fault::end, Fault::torn, Fault::error_once}) {
      for (int64_t at = calls % apart + 1; at <= calls; at += apart) {
        CAPTURE(which);
        CAPTURE(at);
        std::filesystem::copy_file(whole, path, std::filesystem::copy_options::overwrite_existing);
        CHECK(disturbed({fault, EIO, at}, change, report) != 0);
        {
          const Reader log(path);
          const auto& tags = log.description().tags;
          CHECK((tags.front() == "first" || (which == 0 && tags.back() == "another")));
          CHECK(log.notes().size() <= (which == 1 ? 1 : 0));
          const bool smaller = !log.slimmed().empty();
          CHECK((!smaller || which == 2));
          CHECK(log.tensor_steps("critic.2").empty() == smaller);
        }
        if (which != 2) {
          CHECK(contents(path) == expected);
        }
        changes[which]();
        CHECK_FALSE(std::filesystem::exists(path.string() + ".journal"));
        CHECK_FALSE(std::filesystem::exists(path.string() + ".slim"));
      }
    }
    std::filesystem::remove(path);
  }
}
