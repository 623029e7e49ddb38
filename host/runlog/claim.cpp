#include "runlog/claim.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "runlog/path.hpp"
#include "runlog/posix_file.hpp"

namespace atelier::runlog {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::chrono::seconds usual_lease = 90s;
constexpr std::chrono::seconds longest_lease = 24h;
constexpr int heartbeats_in_lease = 9;
constexpr const char* first_line = "atelier-lock 1";
constexpr const char* last_line = "end";

std::chrono::nanoseconds to_duration(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::string first_line_of(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string this_host() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

const std::string& this_boot() {
  static const std::string id = first_line_of("/proc/sys/kernel/random/boot_id");
  return id;
}

std::string these_process_numbers() {
  std::error_code none;
  return fs::read_symlink("/proc/self/ns/pid", none).string();
}

struct ProcessState {
  char letter = 0;       // 0 where there is no such process, or nothing is known of it
  uint64_t started = 0;  // ticks since the machine's start
};

// Its name, the second word, may have spaces and parentheses.
ProcessState state_of(int64_t process) {
  const std::string line = first_line_of(fmt::format("/proc/{}/stat", process));
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) {
    return {};
  }
  std::istringstream words(line.substr(name_end + 1));
  ProcessState state;
  words >> state.letter;
  constexpr int between = 18;  // the state is word 3, the start word 22
  std::string word;
  for (int i = 0; i < between; ++i) {
    words >> word;
  }
  words >> state.started;
  return words ? state : ProcessState{};
}

// One that was killed is a zombie while its other threads may still be in the middle of a write.
bool has_other_threads(int64_t process) {
  std::error_code gone;
  const fs::directory_iterator threads(fmt::format("/proc/{}/task", process), gone);
  return !gone && std::distance(begin(threads), end(threads)) > 1;
}

std::chrono::seconds lease_of_environment() {
  const char* const given = std::getenv("ATELIER_LEASE");
  if (given == nullptr) {
    return usual_lease;
  }
  const std::string_view text(given);
  int64_t seconds = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (status != std::errc() || end != text.data() + text.size() || seconds < 1 || seconds > longest_lease.count()) {
    throw Error(ErrorKind::usage, "ATELIER_LEASE: got '{}', expected seconds, from 1 to {}", text,
                longest_lease.count());
  }
  return std::chrono::seconds(seconds);
}

std::string now_in_words() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

std::string to_text(const Claim& claim) {
  return fmt::format(
      "{}\nid {}\nprocess {}\nstarted {}\nprocess_numbers {}\nboot {}\nlease {}\nsince {}\nhost {}\n{}\n", first_line,
      claim.id, claim.process, claim.started, claim.process_numbers, claim.boot, claim.lease.count(), now_in_words(),
      claim.host, last_line);
}

// Nothing where it is not a whole one.
std::optional<Claim> parse(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  if (line != first_line) {
    return std::nullopt;
  }
  std::map<std::string, std::string> values;
  while (std::getline(lines, line) && line != last_line) {
    const size_t space = std::min(line.find(' '), line.size());
    values[line.substr(0, space)] = line.substr(std::min(space + 1, line.size()));
  }
  const auto number = [&](const char* name) {
    int64_t value = 0;
    const std::string& digits = values[name];
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  if (line != last_line || values["id"].empty()) {
    return std::nullopt;
  }
  const auto lease = std::chrono::seconds(std::clamp<int64_t>(number("lease"), 1, longest_lease.count()));
  return Claim{values["id"],   number("process"),         static_cast<uint64_t>(number("started")),
               values["boot"], values["process_numbers"], values["host"],
               lease};
}

std::string read_text(int descriptor) {
  std::array<char, 4096> text{};
  const ssize_t length = pread(descriptor, text.data(), text.size(), 0);
  return {text.data(), static_cast<size_t>(std::max<ssize_t>(length, 0))};
}

[[noreturn]] void throw_failed(const fs::path& lock, const char* what, int reason) {
  throw Error(ErrorKind::file, "{}: cannot be {}: {}", lock.string(), what, std::strerror(reason));
}

// The open file, locked; -1 where there is such a file already. That all is written is known when it is closed, over
// NFS: so it is opened again.
int write_claim(const fs::path& file, const std::string& text, const fs::path& lock) {
  const int opened = PosixFile::open_itself(file, O_WRONLY | O_CREAT | O_EXCL);
  if (opened < 0 && errno == EEXIST) {
    return -1;
  }
  if (opened < 0) {
    throw_failed(lock, "made", errno);
  }
  errno = ENOSPC;  // of a write that was short
  int reason = pwrite(opened, text.data(), text.size(), 0) == std::ssize(text) ? 0 : errno;
  if (close(opened) != 0 && reason == 0) {
    reason = errno;
  }
  const int again = reason == 0 ? PosixFile::open_itself(file, O_RDWR) : -1;
  if (again < 0) {
    reason = reason == 0 ? errno : reason;
    unlink(file.c_str());
    throw_failed(lock, "written", reason);
  }
  flock(again, LOCK_EX | LOCK_NB);  // no more than a help: see Life
  return again;
}

bool is_locked(int descriptor) {
  return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

Life life_of(const Claim& claim, int descriptor) {
  if (claim.boot.empty() || claim.boot != this_boot() || claim.process_numbers != these_process_numbers()) {
    return Life::unknown;
  }
  const ProcessState state = state_of(claim.process);
  if (state.letter == 0 && (kill(static_cast<pid_t>(claim.process), 0) == 0 || errno != ESRCH)) {
    return Life::lives;  // hidden from us
  }
  const bool is_zombie = (state.letter == 'Z' || state.letter == 'X') && !has_other_threads(claim.process);
  const bool lives = state.letter != 0 && state.started == claim.started && !is_zombie;
  return lives || is_locked(descriptor) ? Life::lives : Life::gone;
}

bool knows_no_links(int reason) {
  return reason == EPERM || reason == EOPNOTSUPP || reason == ENOSYS || reason == EMLINK;
}

}  // namespace

BootTime boot_time() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return to_duration(now);
}

Claim new_claim() {
  const pid_t process = getpid();
  return {new_run_id() + new_run_id(), process,     state_of(process).started, this_boot(),
          these_process_numbers(),     this_host(), lease_of_environment()};
}

std::chrono::nanoseconds heartbeat_of(const Claim& claim) {
  return std::chrono::nanoseconds(claim.lease) / heartbeats_in_lease;
}

FoundClaim find_claim(const fs::path& file) {
  using Kind = FoundClaim::Kind;
  const int opened = PosixFile::open_itself(file, O_RDONLY);
  const int reason = opened < 0 ? errno : 0;
  const PosixFile closed_at_end = PosixFile::of(opened);
  struct stat status {};
  if (reason == ENOENT || reason == ESTALE) {
    return {};
  }
  if (reason != 0 && reason != EACCES) {
    return {Kind::foreign, reason};
  }
  const bool known = reason == 0 ? fstat(opened, &status) == 0 : lstat(file.c_str(), &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    return {Kind::foreign};
  }
  FoundClaim found;
  found.heartbeat = to_duration(status.st_mtim);
  if (auto claim =
          parse(opened < 0 ? "" : read_text(opened))) {  // one that only its owner may read has a heartbeat, too
    found.kind = Kind::claim;
    found.key = claim->id;
    found.life = life_of(*claim, opened);
    found.claim = *std::move(claim);
    return found;
  }
  found.kind = status.st_nlink > 1 ? Kind::foreign : Kind::torn;  // with another name, its contents may be somebody's
  found.key = fmt::format("{}", status.st_ino);
  found.claim.lease = lease_of_environment();
  return found;
}

// The server's time, whatever ours is: that is what times of "now" ask for.
Renewal renew(const fs::path& file, const Claim& claim) {
  const int opened = PosixFile::open_itself(file, O_RDWR);
  if (opened < 0) {
    return errno == ENOENT || errno == ELOOP ? Renewal::lost : Renewal::failed;
  }
  const PosixFile closed_at_end = PosixFile::of(opened);
  const auto there = parse(read_text(opened));
  if (!there || there->id != claim.id) {
    return Renewal::lost;
  }
  return futimens(opened, nullptr) == 0 ? Renewal::renewed : Renewal::failed;
}

FileTime time_in(const fs::path& folder) {
  const fs::path file = folder / (".clock-" + new_run_id() + new_run_id());
  const int opened = PosixFile::open_itself(file, O_RDWR | O_CREAT | O_EXCL);
  struct stat status {};
  const bool told = opened >= 0 && futimens(opened, nullptr) == 0 && fstat(opened, &status) == 0;
  if (opened >= 0) {
    unlink(file.c_str());
    close(opened);
  }
  return told ? to_duration(status.st_mtim) : std::chrono::system_clock::now().time_since_epoch();
}

Offer::Offer(const fs::path& lock) : claim_(new_claim()), lock_(lock), file_(lock.string() + "." + claim_.id) {
  descriptor_ = write_claim(file_, to_text(claim_), lock_);
}

Offer::~Offer() {
  unlink(file_.c_str());
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

int Offer::take_descriptor() {
  return std::exchange(descriptor_, -1);
}

// Over NFS, where the answer was lost on its way and the call is made again, our own claim is in the way.
bool Offer::put(const fs::path& place) {
  if (link(file_.c_str(), place.c_str()) == 0) {
    return true;
  }
  const int reason = errno;
  if (knows_no_links(reason)) {
    const int opened = write_claim(place, to_text(claim_), lock_);
    if (opened >= 0) {
      close(std::exchange(descriptor_, opened));
    }
    return opened >= 0;
  }
  if (reason != EEXIST) {
    throw_failed(lock_, "made", reason);
  }
  return find_claim(place).key == claim_.id;
}

FileTime Offer::time() const {
  struct stat status {};
  if (utimensat(AT_FDCWD, file_.c_str(), nullptr, 0) != 0 || stat(file_.c_str(), &status) != 0) {
    throw_failed(lock_, "made", errno);
  }
  return to_duration(status.st_mtim);
}

}  // namespace atelier::runlog
