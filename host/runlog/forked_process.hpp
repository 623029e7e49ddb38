// Inside this room only: what is done to a file that may be damaged is done in a process of its own. libhdf5 believes
// more of a file than it should: a flipped byte can make it write over memory, or go round for ever. Here that ends the
// process, and is a hdf5::Failure.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>

#include "runlog/channel.hpp"

namespace atelier::runlog {

// A fork of this process that does one thing. It ends with that, or with us, and leaves alone what it has copies of.
class ForkedProcess {
 public:
  ForkedProcess() = default;
  ForkedProcess(const ForkedProcess&) = delete;
  ForkedProcess& operator=(const ForkedProcess&) = delete;
  ~ForkedProcess() { end(); }

  // `work` has the other end of our channel.
  void start(const std::function<void(Channel&)>& work);
  [[nodiscard]] bool started() const { return process_ >= 0; }
  Channel& channel() { return channel_; }
  // Ends it where it has not ended; returns why it ended, in words for a message.
  std::string end() noexcept;

 private:
  pid_t process_ = -1;
  Channel channel_;
};

// Of the process that calls it: how long it may compute until the next call, enough for a sound file of this length and
// counted without what others compute; then it ends.
void limit_computing(const std::filesystem::path& file);

// Whether `action` can be done with a file, as a process of its own does it first. Throws hdf5::Failure where it fails,
// and where it crashes.
void rehearse(const std::filesystem::path& file, const std::function<void()>& action);

}  // namespace atelier::runlog
