#include "runlog/locks.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "base/error.hpp"

namespace atelier::runlog {

namespace {

std::filesystem::path lock_path(const std::filesystem::path& log) {
  return log.string() + ".lock";
}

std::string this_host() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

// Field 22 of /proc/<process>/stat; 0 where there is no such process, or it is dead and not yet waited for (state Z).
// Field 2, the name, may hold spaces and brackets.
int64_t start_ticks(int64_t process) {
  std::ifstream in(fmt::format("/proc/{}/stat", process));
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) {
    return 0;
  }
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) {
    fields >> field;
    if (number == 3 && field == "Z") {
      return 0;
    }
  }
  return std::strtoll(field.c_str(), nullptr, 10);
}

std::optional<Holder> read_holder(const std::filesystem::path& path) {
  std::ifstream in(path);
  Holder holder;
  if (in >> holder.process >> holder.start_ticks >> holder.host) {
    return holder;
  }
  return std::nullopt;
}

// Whether the path still leads to the file that is open: a holder that ends removes it.
bool is_same_file(int descriptor, const std::filesystem::path& path) {
  struct stat opened {};
  struct stat named {};
  return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

[[noreturn]] void throw_held(const std::filesystem::path& log, const std::filesystem::path& lock) {
  const std::optional<Holder> holder = read_holder(lock);
  if (!holder) {
    throw Error(ErrorKind::file, "{}: is being written by another process", log.string());
  }
  throw Error(ErrorKind::file, "{}: is being written by process {} on {}", log.string(), holder->process, holder->host);
}

}  // namespace

Lock::Lock(const std::filesystem::path& log) : path_(lock_path(log)) {
  while (descriptor_ < 0) {
    const int opened = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (opened < 0) {
      throw Error(ErrorKind::file, "{}: cannot be made: {}", path_.string(), std::strerror(errno));
    }
    if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
      const int reason = errno;
      close(opened);
      if (reason == EWOULDBLOCK) {
        throw_held(log, path_);
      }
      throw Error(ErrorKind::file, "{}: cannot be locked: {}", path_.string(), std::strerror(reason));
    }
    if (is_same_file(opened, path_)) {
      descriptor_ = opened;
    } else {
      close(opened);
    }
  }
  const std::string text = fmt::format("{} {} {}\n", getpid(), start_ticks(getpid()), this_host());
  if (ftruncate(descriptor_, 0) != 0 || pwrite(descriptor_, text.data(), text.size(), 0) != std::ssize(text)) {
    const int reason = errno;
    unlink(path_.c_str());
    close(descriptor_);
    throw Error(ErrorKind::file, "{}: cannot be written: {}", path_.string(), std::strerror(reason));
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
  std::optional<Holder> holder = read_holder(lock_path(log));
  if (holder && holder->host == this_host() && start_ticks(holder->process) != holder->start_ticks) {
    return std::nullopt;
  }
  return holder;
}

}  // namespace atelier::runlog
