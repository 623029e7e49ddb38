// One writer at a time: <log>.lock beside the log, held with flock(2), so that it ends with its process however that
// ends. Whether somebody holds it, flock alone says; what the file contains, the process's id and its host, is for
// messages.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace atelier::runlog {

struct Holder {
  int64_t process = 0;  // 0 where the file does not say
  std::string host;
};

class Lock {
 public:
  // Throws Error(file) that names the process where another writer holds the lock, and where the lock file is anything
  // but a file of its own: a link, a pipe, a device.
  explicit Lock(const std::filesystem::path& log);
  Lock(Lock&& other) noexcept;
  Lock& operator=(Lock&&) = delete;
  ~Lock();  // removes the lock file
  // A fork that has it, too, holds the lock until it ends; but it is for this process to remove the file.
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

// Who is writing the log, on whatever host; nullopt where nobody is.
std::optional<Holder> holder_of(const std::filesystem::path& log);

}  // namespace atelier::runlog
