#include "runlog/heading_cache.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <tuple>
#include <vector>

#include "runlog/locks.hpp"
#include "runlog/posix_file.hpp"
#include "runlog/reading_process.hpp"

namespace atelier::runlog {

inline auto fields(LogStamp& of) {
  auto& [inode, size, modified, changed] = of;
  return std::tie(inode, size, modified, changed);
}
inline auto fields(HeadingCache::Entry& of) {
  auto& [stamp, heading] = of;
  return std::tie(stamp, heading);
}

namespace {

namespace fs = std::filesystem;
using std::chrono::duration_cast;
using std::chrono::nanoseconds;
using std::chrono::system_clock;

constexpr size_t most_text = size_t{1} << 20;  // of an experiment that is worth keeping
constexpr std::chrono::hours used_lately{24};
constexpr std::chrono::hours unused{24 * 90};  // after which it goes
// File systems and kernels count the time of a change in ticks, of two seconds at the most.
constexpr std::chrono::seconds settled{3};

// The version, by what a heading has. In front of the checksum and the rest.
std::string signature() {
  constexpr size_t heading = std::tuple_size_v<decltype(fields(std::declval<Heading&>()))>;
  constexpr size_t metric = std::tuple_size_v<decltype(fields(std::declval<FinalValue&>()))>;
  return fmt::format("Atelier headings 1.{}.{}\n", heading, metric);
}

// FNV-1a: tells what was written from what was torn or has rotted, and folders by their names.
uint64_t checksum_of(std::string_view bytes) {
  uint64_t hash = 14695981039346656037U;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return hash;
}

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

std::string read_all(const PosixFile& file) {
  std::string bytes(file.size(), '\0');
  bytes.resize(file.read(0, std::as_writable_bytes(std::span(bytes))));
  return bytes;
}

// Whatever nobody has used for long: caches of folders that are gone, and files that a killed process has begun.
void remove_unused(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(folder, ignored)) {
    const bool ours = file.path().filename().string().find(".headings") != std::string::npos;
    const auto written = fs::last_write_time(file.path(), ignored);
    if (ours && !ignored && fs::file_time_type::clock::now() - written > unused) {
      fs::remove(file.path(), ignored);
    }
  }
}

}  // namespace

HeadingCache::HeadingCache(const fs::path& folder) {
  std::error_code error;
  folder_ = fs::canonical(folder.empty() ? "." : folder, error);
  const fs::path caches = cache_folder();
  if (error || caches.empty()) {
    return;
  }
  file_ = caches / fmt::format("{:016x}.headings", checksum_of(folder_.string()));
  try {
    load();
  } catch (const std::exception&) {
    entries_.clear();
  }
}

void HeadingCache::load() {
  const PosixFile file = PosixFile::of(PosixFile::open_itself(file_, O_RDONLY));
  if (!file.is_open() || !PosixFile::is_own(file.descriptor())) {
    return;
  }
  const std::string bytes = read_all(file);
  const std::string begin = signature();
  uint64_t checksum = 0;
  if (bytes.size() < begin.size() + sizeof checksum || !bytes.starts_with(begin)) {
    return;
  }
  std::string rest = bytes.substr(begin.size() + sizeof checksum);
  bytes.copy(reinterpret_cast<char*>(&checksum), sizeof checksum, begin.size());
  if (checksum != checksum_of(rest)) {
    return;
  }
  Channel channel(std::move(rest));
  std::string folder;
  take(channel, folder);
  if (folder == folder_.string()) {
    take(channel, entries_);
    if (nanoseconds_now() - file.stamp().seconds * 1'000'000'000 > nanoseconds(used_lately).count()) {
      futimens(file.descriptor(), nullptr);
    }
  }
}

std::optional<LogStamp> HeadingCache::stamp_of(const fs::path& log) const {
  if (file_.empty()) {
    return std::nullopt;
  }
  struct stat found {};
  struct stat journal {};
  const std::string path = (folder_ / log.filename()).string();
  if (lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode) ||
      lstat((path + ".journal").c_str(), &journal) == 0) {
    return std::nullopt;
  }
  return LogStamp{found.st_ino, static_cast<uint64_t>(found.st_size), nanoseconds_of(found.st_mtim),
                  nanoseconds_of(found.st_ctim)};
}

const Heading* HeadingCache::find(const fs::path& log, const LogStamp& stamp) const {
  const auto found = entries_.find(log.filename().string());
  return found == entries_.end() || found->second.stamp != stamp ? nullptr : &found->second.heading;
}

void HeadingCache::keep(const fs::path& log, const LogStamp& stamp, const Heading& heading) {
  const int64_t latest = nanoseconds_now() - nanoseconds(settled).count();
  if (!heading.problem.empty() || heading.resolved.size() > most_text || stamp.modified > latest ||
      stamp_of(log) != stamp || holder_of(log)) {
    return;
  }
  entries_[log.filename().string()] = {stamp, heading};
  changed_ = true;
}

void HeadingCache::save() {
  if (!changed_) {
    return;
  }
  std::erase_if(entries_, [&](const auto& entry) {
    std::error_code ignored;
    return !fs::exists(folder_ / entry.first, ignored);
  });
  try {
    write();
    remove_unused(file_.parent_path());
    changed_ = false;
  } catch (const std::exception&) {
    // Then there is none the next time.
  }
}

// Under another name first: whoever reads it sees all of it.
void HeadingCache::write() const {
  Channel channel{std::string()};
  std::map<std::string, Entry> entries = entries_;
  put(channel, folder_.string());
  put(channel, entries);
  const uint64_t checksum = checksum_of(channel.bytes());
  const std::string begin = signature();
  fs::create_directories(file_.parent_path());
  const fs::path made = fmt::format("{}.{}", file_.string(), getpid());
  try {
    PosixFile file(made, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    file.write(0, std::as_bytes(std::span(begin)));
    file.write(begin.size(), std::as_bytes(std::span(&checksum, 1)));
    file.write(begin.size() + sizeof checksum, std::as_bytes(std::span(channel.bytes())));
    file.close();
    fs::rename(made, file_);
  } catch (const std::exception&) {
    std::error_code ignored;
    fs::remove(made, ignored);
    throw;
  }
}

}  // namespace atelier::runlog
