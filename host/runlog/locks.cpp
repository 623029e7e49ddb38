#include "runlog/locks.hpp"

#include <fmt/core.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "runlog/claim.hpp"
#include "runlog/path.hpp"
#include "runlog/posix_file.hpp"

namespace atelier::runlog {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

fs::path lock_path(const fs::path& log) {
  return beside(log, ".lock");
}

// The place for which those compete who find this claim to be over.
fs::path succession(const fs::path& place, const std::string& key) {
  return place.string() + ".after-" + key;
}

Holder to_holder(const FoundClaim& found) {
  return {found.claim.process, found.claim.host, found.life == Life::unknown};
}

[[noreturn]] void throw_foreign(const fs::path& lock, const FoundClaim& found) {
  if (found.error == ELOOP) {
    throw Error(ErrorKind::file, "{}: is a link, expected a lock file or nothing", lock.string());
  }
  if (found.error != 0 && found.error != ENXIO) {  // that is a socket
    throw Error(ErrorKind::file, "{}: cannot be read: {}", lock.string(), std::strerror(found.error));
  }
  throw Error(ErrorKind::file, "{}: is something else than a lock file; hint: remove it", lock.string());
}

bool has_run_out(const FoundClaim& found, FileTime now) {
  return now - found.heartbeat > found.claim.lease;
}

// Of claims elsewhere: what was seen of each, by a clock that nobody sets.
class Watch {
 public:
  enum class Verdict { held, over, undecided };

  Verdict verdict(const FoundClaim& found, FileTime now) {
    if (found.life != Life::unknown) {
      return found.life == Life::lives ? Verdict::held : Verdict::over;
    }
    const auto [seen, is_new] = seen_.try_emplace(found.key, Sight{found.heartbeat, boot_time()});
    if (seen->second.heartbeat != found.heartbeat) {
      return Verdict::held;
    }
    const std::chrono::nanoseconds unchanged = boot_time() - seen->second.since;
    const auto enough =
        has_run_out(found, now) ? heartbeat_of(found.claim) * 5 / 2 : std::chrono::nanoseconds(found.claim.lease);
    return unchanged > enough ? Verdict::over : Verdict::undecided;
  }

 private:
  struct Sight {
    FileTime heartbeat;
    BootTime since;
  };
  std::map<std::string, Sight> seen_;
};

// Our claim on its way to its place. Where the claim there is over, whoever takes the place after that one, which has
// its name, may put his own over it; and where the taker has died on the way, that place is taken in the same way. A
// claim that is late finds another one than that which it would succeed, and gives its place up.
class Acquisition {
 public:
  Acquisition(const fs::path& log, fs::path lock) : log_(log), lock_(std::move(lock)), offer_(lock_) {}

  [[nodiscard]] const Claim& claim() const { return offer_.claim(); }
  [[nodiscard]] int take_descriptor() { return offer_.take_descriptor(); }
  // In doubt: whether the holder of the place lives is not known yet. Neither of the two: to be tried again.
  [[nodiscard]] bool try_to_take() {
    doubt_.reset();
    if (!take(lock_)) {
      return false;
    }
    if (succeeded_) {
      remove_what_is_over();
    }
    return true;
  }
  [[nodiscard]] bool is_in_doubt() const { return doubt_.has_value(); }
  [[nodiscard]] bool is_doubt_due() const { return doubt_ && has_run_out(*doubt_, offer_.time()); }
  [[noreturn]] void throw_in_doubt() const { throw_held(*doubt_); }

 private:
  [[noreturn]] void throw_held(const FoundClaim& found) const {
    throw Error(ErrorKind::file, "{}: is being written by {}", log_.string(), to_holder(found).words());
  }

  bool take(const fs::path& place) {
    if (offer_.put(place)) {
      return true;
    }
    const FoundClaim found = find_claim(place);
    if (found.kind == FoundClaim::Kind::none) {
      return false;
    }
    if (found.kind == FoundClaim::Kind::foreign) {
      throw_foreign(place, found);
    }
    switch (watch_.verdict(found, offer_.time())) {
      case Watch::Verdict::held:
        throw_held(found);
      case Watch::Verdict::undecided:
        doubt_ = found;
        return false;
      case Watch::Verdict::over:
        break;
    }
    return replace(place, found.key);
  }

  bool replace(const fs::path& place, const std::string& key) {
    const fs::path next = succession(place, key);
    if (!take(next)) {
      return false;
    }
    if (find_claim(place).key == key) {
      if (std::rename(next.c_str(), place.c_str()) != 0 && errno != ENOENT) {
        const int reason = errno;
        unlink(next.c_str());
        throw Error(ErrorKind::file, "{}: cannot be made: {}", lock_.string(), std::strerror(reason));
      }
    } else {
      unlink(next.c_str());
    }
    succeeded_ = find_claim(place).key == claim().id;
    return succeeded_;
  }

  // What those left who died on their way.
  void remove_what_is_over() {
    const std::string begin = lock_.filename().string() + ".";
    const FileTime now = offer_.time();
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(lock_.parent_path(), ignored)) {
      if (entry.path().filename().string().starts_with(begin)) {
        const FoundClaim found = find_claim(entry.path());
        const bool dead = found.life == Life::gone;
        if (dead || (found.kind != FoundClaim::Kind::foreign && has_run_out(found, now))) {
          unlink(entry.path().c_str());
        }
      }
    }
  }

  fs::path log_, lock_;
  Offer offer_;
  Watch watch_;
  std::optional<FoundClaim> doubt_;
  bool succeeded_ = false;
};

// Signals are for other threads.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

void acquire(Acquisition& acquisition, const fs::path& lock, const Patience& patience) {
  constexpr std::chrono::milliseconds pause{100};
  constexpr int most_races = 1000;
  for (int races = 0; !acquisition.try_to_take();) {
    if (!acquisition.is_in_doubt()) {
      if (++races > most_races) {
        throw Error(ErrorKind::file, "{}: cannot be made: others come and go without end", lock.string());
      }
      continue;
    }
    if (patience ? !patience() : !acquisition.is_doubt_due()) {
      acquisition.throw_in_doubt();
    }
    std::this_thread::sleep_for(pause);
  }
}

std::optional<Holder> holder_at(const fs::path& place, const std::function<FileTime()>& now) {
  const FoundClaim found = find_claim(place);
  if (found.kind == FoundClaim::Kind::none || found.kind == FoundClaim::Kind::foreign) {
    return std::nullopt;
  }
  const bool over = found.life == Life::gone || (found.life == Life::unknown && has_run_out(found, now()));
  return over ? holder_at(succession(place, found.key), now) : std::optional(to_holder(found));
}

// Asked once in a while, as it takes a file to know.
FileTime recent_time_in(const fs::path& folder) {
  struct Known {
    FileTime time;
    BootTime at;
  };
  static std::mutex mutex;
  static std::map<fs::path, Known> all;
  constexpr std::chrono::seconds recent{5};
  const std::lock_guard lock(mutex);
  const auto [known, is_new] = all.try_emplace(folder);
  if (is_new || boot_time() - known->second.at > recent) {
    known->second = {time_in(folder), boot_time()};
  }
  return known->second.time + (boot_time() - known->second.at);
}

}  // namespace

std::string Holder::words() const {
  return process == 0 ? "another process" : fmt::format("process {} on {}", process, host);
}

class Lock::Heartbeat {
 public:
  Heartbeat(fs::path lock, Claim claim, int descriptor)
      : lock_(std::move(lock)),
        claim_(std::move(claim)),
        descriptor_(PosixFile::of(descriptor)),
        owner_(getpid()),
        renewed_(boot_time()) {
    const NoSignals inherited;
    std::unique_lock held(mutex_);
    thread_ = std::thread([this] { beat(); });
    // A fork that follows at once finds no thread at its first steps, where it holds locks of the address sanitizer's,
    // which that leaves locked in forks.
    wake_.wait(held, [&] { return begun_; });
  }
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  // After that nobody has taken it for over, unless it was.
  ~Heartbeat() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    thread_.join();
    if (is_sure() || renew_now() == Renewal::renewed) {
      unlink(lock_.c_str());
    }
  }

  [[nodiscard]] bool is_own() const { return getpid() == owner_; }
  [[nodiscard]] int descriptor() const { return descriptor_.descriptor(); }

  [[nodiscard]] std::string lost() {
    if (is_sure()) {
      return "";
    }
    if (!is_lost_) {
      const Renewal renewal = renew_now();
      if (renewal != Renewal::lost) {
        return renewal == Renewal::renewed ? "" : "its lock file cannot be renewed";
      }
    }
    const auto holder = holder_at(lock_, [&] { return recent_time_in(lock_.parent_path()); });
    return holder ? fmt::format("{} has taken it over meanwhile", holder->words()) : "its lock file was removed";
  }

 private:
  void beat() {
    std::unique_lock lock(mutex_);
    begun_ = true;
    wake_.notify_all();
    while (!wake_.wait_for(lock, heartbeat_of(claim_), [&] { return ended_; })) {
      lock.unlock();
      renew_now();
      lock.lock();
    }
  }

  Renewal renew_now() {
    const BootTime now = boot_time();  // the lease runs from before the call
    const Renewal renewal = renew(lock_, claim_);
    if (renewal == Renewal::renewed) {
      renewed_ = now;
    }
    if (renewal == Renewal::lost) {
      is_lost_ = true;
    }
    return renewal;
  }

  [[nodiscard]] bool is_sure() const { return !is_lost_ && boot_time() - renewed_.load() < claim_.lease / 2; }

  fs::path lock_;
  Claim claim_;
  PosixFile descriptor_;
  pid_t owner_;
  std::atomic<BootTime> renewed_;
  std::atomic<bool> is_lost_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool begun_ = false, ended_ = false;
  std::thread thread_;
};

Lock::Lock(const fs::path& log, const Patience& patience) {
  const fs::path lock = lock_path(log);
  Acquisition acquisition(log, lock);
  acquire(acquisition, lock, patience);
  try {
    heartbeat_ = std::make_unique<Heartbeat>(lock, acquisition.claim(), acquisition.take_descriptor());
  } catch (...) {
    unlink(lock.c_str());
    throw;
  }
}

Lock::Lock(Lock&& other) noexcept = default;

// A fork has no such thread, and cannot end what that waits on.
Lock::~Lock() {
  if (heartbeat_ != nullptr && !heartbeat_->is_own()) {
    [[maybe_unused]] const Heartbeat* const left = heartbeat_.release();
  }
}

int Lock::descriptor() const {
  return heartbeat_->descriptor();
}

std::string Lock::lost() const {
  return heartbeat_->lost();
}

std::optional<Holder> holder_of(const fs::path& log) {
  const fs::path lock = lock_path(log);
  return holder_at(lock, [&] { return recent_time_in(lock.parent_path()); });
}

}  // namespace atelier::runlog
