#include "base/cache_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace atelier {
namespace {

namespace fs = std::filesystem;
using std::chrono::duration_cast;
using std::chrono::nanoseconds;
using std::chrono::system_clock;

constexpr std::chrono::hours used_lately{24};
constexpr std::chrono::hours unused{24 * 90};  // after which it goes
// File systems and kernels count the time of a change in ticks, of two seconds at the most.
constexpr std::chrono::seconds settled{3};

// FNV-1a: tells what was written from what was torn or has rotted, and what files are about by their names.
uint64_t checksum_of(std::string_view bytes) {
  uint64_t hash = 14695981039346656037U;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return hash;
}

constexpr size_t name_digits = 16;

fs::path cache_folder() {
  const auto absolute = [](const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr && fs::path(value).is_absolute() ? fs::path(value) : fs::path();
  };
  if (const fs::path given = absolute("XDG_CACHE_HOME"); !given.empty()) {
    return given / "atelier";
  }
  const fs::path home = absolute("HOME");
  return home.empty() ? home : home / ".cache" / "atelier";
}

int64_t nanoseconds_of(const timespec& time) {
  constexpr int64_t billion = 1'000'000'000;
  return time.tv_sec * billion + time.tv_nsec;
}

int64_t nanoseconds_now() {
  return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

class OpenFile {
 public:
  OpenFile(const fs::path& path, int flags, mode_t mode = 0)
      : descriptor_(::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { close(); }

  [[nodiscard]] int descriptor() const { return descriptor_; }
  bool close() { return descriptor_ < 0 || ::close(std::exchange(descriptor_, -1)) == 0; }

  bool read(std::string& bytes) const {
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t got = ::pread(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
      if (got <= 0) {
        return false;
      }
      done += static_cast<size_t>(got);
    }
    return true;
  }
  [[nodiscard]] bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return true;
  }

 private:
  int descriptor_;
};

bool is_ours(const std::string& name) {
  return name.size() > name_digits && name[name_digits] == '.' &&
         name.find_first_not_of("0123456789abcdef") == name_digits;
}

// Whatever nobody has used for long: caches of folders that are gone, and files that a killed process has begun.
void remove_unused(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(folder, ignored)) {
    const auto written = fs::last_write_time(file.path(), ignored);
    if (is_ours(file.path().filename().string()) && !ignored && fs::file_time_type::clock::now() - written > unused) {
      fs::remove(file.path(), ignored);
    }
  }
}

}  // namespace

FileStamp to_stamp(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<uint64_t>(status.st_size), nanoseconds_of(status.st_mtim),
          nanoseconds_of(status.st_ctim)};
}

std::optional<FileStamp> stamp_of(const fs::path& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return std::nullopt;
  }
  return to_stamp(found);
}

bool is_settled(const FileStamp& stamp) {
  return stamp.modified <= nanoseconds_now() - nanoseconds(settled).count();
}

CacheFile::CacheFile(std::string_view kind, std::string about, std::string version) {
  const fs::path folder = cache_folder();
  if (!folder.empty()) {
    file_ = folder / fmt::format("{:016x}.{}", checksum_of(about), kind);
  }
  heading_ = fmt::format("Atelier {} {}\n{}:{}\n", kind, version, about.size(), about);
}

std::optional<std::string> CacheFile::load() const {
  const OpenFile file(file_, O_RDONLY);
  struct stat found {};
  if (file.descriptor() < 0 || fstat(file.descriptor(), &found) != 0 || !S_ISREG(found.st_mode) ||
      found.st_nlink != 1) {  // of a file with another name too, the contents may be somebody's
    return std::nullopt;
  }
  uint64_t checksum = 0;
  const size_t begin = heading_.size() + sizeof checksum;
  std::string bytes(static_cast<size_t>(found.st_size), '\0');
  if (bytes.size() < begin || !file.read(bytes) || !bytes.starts_with(heading_)) {
    return std::nullopt;
  }
  std::memcpy(&checksum, bytes.data() + heading_.size(), sizeof checksum);
  bytes.erase(0, begin);
  if (checksum != checksum_of(bytes)) {
    return std::nullopt;
  }
  if (nanoseconds_now() - to_stamp(found).modified > nanoseconds(used_lately).count()) {
    futimens(file.descriptor(), nullptr);
  }
  return bytes;
}

// Under another name first: whoever reads it sees all of it.
bool CacheFile::save(std::string_view bytes) const {
  std::error_code error;
  if (!has_a_place() || (fs::create_directories(file_.parent_path(), error), error)) {
    return false;
  }
  const fs::path made = fmt::format("{}.{}", file_.string(), getpid());
  constexpr mode_t mode = 0644;
  OpenFile file(made, O_WRONLY | O_CREAT | O_TRUNC, mode);
  const uint64_t checksum = checksum_of(bytes);
  const std::string_view seal(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  const bool written =
      file.descriptor() >= 0 && file.write(heading_) && file.write(seal) && file.write(bytes) && file.close();
  if (!written || (fs::rename(made, file_, error), error)) {
    fs::remove(made, error);
    return false;
  }
  remove_unused(file_.parent_path());
  return true;
}

}  // namespace atelier
