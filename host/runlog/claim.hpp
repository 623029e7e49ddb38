// Inside this room only: what a lock file says, and whether who made it still lives. A claim is made whole or not at
// all: written beside its place, and then linked there (link(2)), which of many fails for all but one, over NFS too.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>

namespace atelier::runlog {

// By a file system's own clock, which is its server's; nanoseconds since 1970.
using FileTime = std::chrono::nanoseconds;
// Of CLOCK_BOOTTIME: nobody sets it, and it goes on while the machine sleeps.
using BootTime = std::chrono::nanoseconds;
BootTime boot_time();

struct Claim {
  std::string id;  // no other claim has it
  int64_t process = 0;
  uint64_t started = 0;               // by /proc/PID/stat, so that no later process of the same number is taken for it
  std::string boot, process_numbers;  // of the machine, and of the namespace in which `process` counts
  std::string host;
  std::chrono::seconds lease{};  // so long after its last heartbeat the claim is over
};

// Of this process. Throws Error(usage) where ATELIER_LEASE is no number of seconds from 1 to 86,400; without it a
// lease is 90 s.
Claim new_claim();
std::chrono::nanoseconds heartbeat_of(const Claim& claim);

// Unknown: of another machine, or another namespace. A process that has ended lives on in its forks that have the lock
// file open (Offer::descriptor).
enum class Life { lives, gone, unknown };

struct FoundClaim {
  enum class Kind { none, claim, torn, foreign };  // torn: of a machine that went down; foreign: no lock file
  Kind kind = Kind::none;
  int error = 0;  // of the system, where what is foreign cannot be opened; ELOOP: a link
  Claim claim{};  // of a torn one, its lease alone
  Life life = Life::unknown;
  std::string key{};     // by which it is told from others that were, or will be, in its place
  FileTime heartbeat{};  // the last
};
FoundClaim find_claim(const std::filesystem::path& file);

// Says that the claimant lives, where `file` is this claim still.
enum class Renewal { renewed, lost, failed };
Renewal renew(const std::filesystem::path& file, const Claim& claim);

// The file system's clock in a folder, by a file that is made there; where none can be, this machine's.
FileTime time_in(const std::filesystem::path& folder);

// A claim of this process beside a lock, whose place it may take.
class Offer {
 public:
  // Throws Error(file) that names the lock where the file cannot be made or written.
  explicit Offer(const std::filesystem::path& lock);
  Offer(const Offer&) = delete;
  Offer& operator=(const Offer&) = delete;
  ~Offer();  // removes the file

  [[nodiscard]] const Claim& claim() const { return claim_; }
  // The caller's from then on: of the file that was put somewhere, locked by flock(2) where the file system can.
  [[nodiscard]] int take_descriptor();
  // False where something has this place already.
  [[nodiscard]] bool put(const std::filesystem::path& place);
  [[nodiscard]] FileTime time() const;  // the file system's

 private:
  Claim claim_;
  std::filesystem::path lock_, file_;
  int descriptor_ = -1;
};

}  // namespace atelier::runlog
