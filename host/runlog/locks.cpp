#include "runlog/locks.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "runlog/path.hpp"
#include "runlog/posix_file.hpp"

namespace atelier::runlog {

namespace {

std::filesystem::path lock_path(const std::filesystem::path& log) {
  return beside(log, ".lock");
}

std::string this_host() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

// Whether the path still leads to the file that is open: a holder that ends removes it.
bool is_same_file(int descriptor, const std::filesystem::path& path) {
  struct stat opened {};
  struct stat named {};
  return fstat(descriptor, &opened) == 0 && lstat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

Holder read_holder(int descriptor) {
  std::array<char, 400> text{};
  const ssize_t length = pread(descriptor, text.data(), text.size(), 0);
  std::istringstream in(std::string(text.data(), static_cast<size_t>(std::max<ssize_t>(length, 0))));
  Holder holder;
  if (!(in >> holder.process >> holder.host)) {
    return {};
  }
  return holder;
}

[[noreturn]] void throw_held(const std::filesystem::path& log, const Holder& holder) {
  if (holder.process == 0) {
    throw Error(ErrorKind::file, "{}: is being written by another process", log.string());
  }
  throw Error(ErrorKind::file, "{}: is being written by process {} on {}", log.string(), holder.process, holder.host);
}

[[noreturn]] void throw_failed(const std::filesystem::path& lock, const char* what, int reason) {
  throw Error(ErrorKind::file, "{}: cannot be {}: {}", lock.string(), what, std::strerror(reason));
}

// A reader that asks who holds the lock has a share in it for a moment; a writer has it for as long as it runs.
bool lock_within_a_moment(int descriptor) {
  constexpr int tries = 10;
  constexpr std::chrono::milliseconds pause{10};
  for (int number = 1; flock(descriptor, LOCK_EX | LOCK_NB) != 0; ++number) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || number == tries) {
      return false;
    }
    std::this_thread::sleep_for(pause);
  }
  return true;
}

// Locked, and at its path; -1 where its holder removed it meanwhile.
int try_to_lock(const std::filesystem::path& log, const std::filesystem::path& path) {
  const int opened = PosixFile::open_itself(path, O_RDWR | O_CREAT);
  if (opened < 0 && errno == ELOOP) {
    throw Error(ErrorKind::file, "{}: is a link, expected a lock file or nothing", path.string());
  }
  if (opened < 0) {
    throw_failed(path, "made", errno);
  }
  if (!PosixFile::is_own(opened)) {
    close(opened);
    throw Error(ErrorKind::file, "{}: is something else than a lock file; hint: remove it", path.string());
  }
  if (!lock_within_a_moment(opened)) {
    const int reason = errno;
    const Holder holder = read_holder(opened);
    close(opened);
    if (reason == EWOULDBLOCK) {
      throw_held(log, holder);
    }
    throw_failed(path, "locked", reason);
  }
  if (!is_same_file(opened, path)) {
    close(opened);
    return -1;
  }
  return opened;
}

}  // namespace

Lock::Lock(const std::filesystem::path& log) : path_(lock_path(log)) {
  while (descriptor_ < 0) {
    descriptor_ = try_to_lock(log, path_);
  }
  const std::string text = fmt::format("{} {}\n", getpid(), this_host());
  if (ftruncate(descriptor_, 0) != 0 || pwrite(descriptor_, text.data(), text.size(), 0) != std::ssize(text)) {
    const int reason = errno;
    unlink(path_.c_str());
    close(descriptor_);
    throw_failed(path_, "written", reason);
  }
}

Lock::Lock(Lock&& other) noexcept : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

Lock::~Lock() {
  if (descriptor_ >= 0) {
    unlink(path_.c_str());  // before the lock ends, so that nobody's new file is removed
    close(descriptor_);
  }
}

std::optional<Holder> holder_of(const std::filesystem::path& log) {
  const int opened = PosixFile::open_itself(lock_path(log), O_RDONLY);
  if (opened < 0) {
    return std::nullopt;
  }
  const bool held = PosixFile::is_own(opened) && flock(opened, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  const std::optional<Holder> holder = held ? std::optional(read_holder(opened)) : std::nullopt;
  close(opened);
  return holder;
}

}  // namespace atelier::runlog
