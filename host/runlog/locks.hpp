// One writer at a time, on all machines that share the folder: <log>.lock beside the log, made exclusively, with a
// lease. Its holder renews it by a heartbeat (the file's time of change, by the file system's own clock) from a
// thread of its own, and removes it. Of a process on this machine it is known at once whether it lives. On another
// machine it is taken for dead once its lease (90 s; ATELIER_LEASE=SECONDS) has run out by that clock and no heartbeat
// is seen for the time of two and a half; or, as clocks jump, for as long as a lease. Who comes first then takes its
// place by a step that of many is made by one: host/runlog/claim.hpp and locks.cpp.
//
// As ever with leases, a holder that stood still for longer than its own, and comes back, may have lost it: lost()
// says so, and a writer asks before it changes the log's file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace atelier::runlog {

struct Holder {
  int64_t process = 0;  // 0 where the file does not say
  std::string host;
  bool elsewhere = false;  // known by its heartbeat alone: on another machine, or in a container

  [[nodiscard]] std::string words() const;  // "process 12 on node7"; "another process"
};

// Asked some ten times a second while it is not known whether the holder lives; false: taken for one that does.
using Patience = std::function<bool()>;

class Lock {
 public:
  // Throws Error(file) that names the process where another writer holds the lock, and where the lock file is anything
  // but a file of its own: a link, a pipe, a device. Takes up to a quarter of a lease where the lease of another
  // machine's process has run out. With patience it is waited until such a process has shown that it lives, or its
  // lease has run out: that takes a lease at most, and a heartbeat where it lives.
  explicit Lock(const std::filesystem::path& log, const Patience& patience = {});
  Lock(Lock&& other) noexcept;
  Lock& operator=(Lock&&) = delete;
  ~Lock();  // removes the lock file, where it is ours still; in a fork it does nothing

  // A fork that has it, too, holds the lock until it ends, for processes of this machine; but it is for this process to
  // remove the file, and to renew the lease that others see.
  [[nodiscard]] int descriptor() const;
  // "" while it is held; else who has it. Asks the file where no heartbeat was possible for half a lease.
  [[nodiscard]] std::string lost() const;

 private:
  class Heartbeat;
  std::unique_ptr<Heartbeat> heartbeat_;
};

// Who is writing the log, on whatever host; nullopt where nobody is. Of a process elsewhere by its lease alone.
std::optional<Holder> holder_of(const std::filesystem::path& log);

}  // namespace atelier::runlog
