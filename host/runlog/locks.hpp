// One writer at a time: <log>.lock beside the log, held with flock(2), so that it ends with its process however that
// ends. It contains the process's id, its start time and its host, for messages and for readers, who take no lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace atelier::runlog {

struct Holder {
  int64_t process = 0;
  int64_t start_ticks = 0;  // of the process, since boot: an id that is used again is another process
  std::string host;
};

class Lock {
 public:
  // Throws Error(file) that names the process where another writer holds the lock.
  explicit Lock(const std::filesystem::path& log);
  Lock(Lock&& other) noexcept;
  Lock& operator=(Lock&&) = delete;
  ~Lock();  // removes the lock file

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

// Who is writing the log; nullopt where nobody is, or where the process that was is gone. A process on another host
// counts as alive.
std::optional<Holder> holder_of(const std::filesystem::path& log);

}  // namespace atelier::runlog
