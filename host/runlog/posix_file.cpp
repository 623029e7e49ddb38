#include "runlog/posix_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runlog/hdf5.hpp"

namespace atelier::runlog {

namespace {

constexpr size_t most_at_once = size_t{1} << 30;  // the system writes no more than 2 GB at a time

[[noreturn]] void fail() {
  throw hdf5::Failure(std::strerror(errno));
}

// Again where a signal came between.
template <typename Call>
auto checked(Call&& call) {
  for (;;) {
    const auto result = call();
    if (result >= 0) {
      return result;
    }
    if (errno != EINTR) {
      fail();
    }
  }
}

}  // namespace

PosixFile::PosixFile(const std::filesystem::path& path, int flags)
    : descriptor_(checked([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0644); })) {}

PosixFile PosixFile::of(int descriptor) {
  PosixFile file;
  file.descriptor_ = descriptor;
  return file;
}

PosixFile::PosixFile(PosixFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

PosixFile& PosixFile::operator=(PosixFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

PosixFile::~PosixFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

int PosixFile::open_itself(const std::filesystem::path& path, int flags) {
  return ::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0644);
}

bool PosixFile::is_regular(int descriptor) {
  struct stat opened {};
  return fstat(descriptor, &opened) == 0 && S_ISREG(opened.st_mode);
}

bool PosixFile::is_own(int descriptor) {
  struct stat opened {};
  return fstat(descriptor, &opened) == 0 && S_ISREG(opened.st_mode) && opened.st_nlink <= 1;
}

PosixFile::Stamp PosixFile::stamp() const {
  struct stat now {};
  checked([&] { return fstat(descriptor_, &now); });
  return {static_cast<uint64_t>(now.st_size), now.st_mtim.tv_sec, now.st_mtim.tv_nsec};
}

uint64_t PosixFile::size() const {
  return stamp().size;
}

bool PosixFile::has_a_name() const {
  struct stat now {};
  return fstat(descriptor_, &now) != 0 || now.st_nlink > 0;
}

size_t PosixFile::read(uint64_t offset, std::span<std::byte> bytes) const {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = checked([&] {
      return pread(descriptor_, bytes.data() + done, std::min(bytes.size() - done, most_at_once),
                   static_cast<off_t>(offset + done));
    });
    if (got == 0) {
      break;
    }
    done += static_cast<size_t>(got);
  }
  return done;
}

void PosixFile::write(uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto done = static_cast<size_t>(checked([&] {
      return pwrite(descriptor_, bytes.data(), std::min(bytes.size(), most_at_once), static_cast<off_t>(offset));
    }));
    bytes = bytes.subspan(done);
    offset += done;
  }
}

void PosixFile::resize(uint64_t size) {
  checked([&] { return ftruncate(descriptor_, static_cast<off_t>(size)); });
}

void PosixFile::reserve(uint64_t from, uint64_t to) {
  if (from >= to) {
    return;
  }
  int result = 0;
  do {
    result = fallocate(descriptor_, 0, static_cast<off_t>(from), static_cast<off_t>(to - from));
  } while (result != 0 && errno == EINTR);
  if (result != 0 && errno != EOPNOTSUPP) {
    fail();
  }
  if (result != 0) {  // a file system that takes no space in advance
    resize(std::max(size(), to));
  }
}

void PosixFile::sync() {
  checked([&] { return fsync(descriptor_); });
}

void PosixFile::close() {
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) {
    fail();
  }
}

void sync_folder(const std::filesystem::path& folder) {
  PosixFile opened(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
  if (fsync(opened.descriptor()) != 0 && errno != EINVAL && errno != EROFS) {  // not every file system can
    fail();
  }
}

}  // namespace atelier::runlog
