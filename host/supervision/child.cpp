#include "supervision/child.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "base/error.hpp"

namespace atelier::supervision {
namespace {

constexpr int did_not_begin = 127;  // as shells have it

void close_all_but(std::vector<int> kept) {
  std::ranges::sort(kept);
  unsigned next = STDERR_FILENO + 1;
  for (const int descriptor : kept) {
    if (static_cast<unsigned>(descriptor) > next) {
      close_range(next, static_cast<unsigned>(descriptor) - 1, 0);
    }
    next = std::max(next, static_cast<unsigned>(descriptor) + 1);
  }
  close_range(next, ~0U, 0);
}

void set_nonblocking(int descriptor) {
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

}  // namespace

Child::Child(const Work& work, int threads, Output output, const Signals& signals,
             std::unique_ptr<MemoryLimit::Share> memory)
    : number_(work.number), threads_(threads), memory_(std::move(memory)) {
  const size_t count = output == Output::captured ? channels : 1;
  for (size_t i = 0; i < count; ++i) {
    pipes_.emplace_back();
  }
  std::fflush(nullptr);  // or both would write it
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ < 0) {
    throw Error(ErrorKind::internal, "no process can be made: {}", std::strerror(errno));
  }
  if (process_ == 0) {
    be_child(work, output, signals, parent);
  }
  setpgid(process_, process_);  // by both, as either may be the first to need it
  for (Pipe& pipe : pipes_) {
    pipe.close_writing();
    set_nonblocking(pipe.reading());
  }
}

void Child::be_child(const Work& work, Output output, const Signals& signals, pid_t parent) {
  setpgid(0, 0);
  std::signal(SIGTTOU, SIG_IGN);  // it writes to a terminal whose group it has left
  std::signal(SIGPIPE, SIG_IGN);  // nor does it end with its supervisor in the middle of a message
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (output == Output::captured) {
    dup2(pipes_[1].writing(), STDOUT_FILENO);
    dup2(pipes_[2].writing(), STDERR_FILENO);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
  }
  std::vector<int> kept = work.descriptors;
  kept.push_back(pipes_[0].writing());
  close_all_but(std::move(kept));
  if (memory_ != nullptr) {
    memory_->enter();
  }
  signals.restore();
  if (getppid() != parent) {
    _exit(did_not_begin);
  }
  int code = did_not_begin;
  try {
    code = work.run(Link(pipes_[0].writing(), pulse_, threads_));
  } catch (...) {  // whose words nobody has asked for
  }
  std::fflush(nullptr);
  _exit(code);
}

Child::~Child() {
  if (process_ > 0) {
    send(SIGTERM);
  }
}

int Child::descriptor(size_t channel) const {
  return channel < pipes_.size() ? pipes_[channel].reading() : -1;
}

void Child::read(size_t channel, const Listener& listener) {
  std::array<char, 65536> bytes;
  while (descriptor(channel) >= 0) {
    const ssize_t count = ::read(descriptor(channel), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      if (count == 0) {
        pipes_[channel].close_reading();
      }
      return;
    }
    const std::string_view read(bytes.data(), static_cast<size_t>(count));
    if (channel == 0) {
      inbox_.add(read, [&](const std::string& message) { listener.told(number_, message); });
    } else {
      read_lines(channel, read, listener);
    }
  }
}

void Child::read_lines(size_t channel, std::string_view bytes, const Listener& listener) {
  std::string& unfinished = unfinished_[channel - 1];
  const Stream stream = channel == 1 ? Stream::output : Stream::messages;
  constexpr size_t longest = size_t{1} << 20U;  // of a line that never ends
  for (const char letter : bytes) {
    if (letter == '\n' || unfinished.size() == longest) {
      listener.printed(number_, stream, unfinished);
      unfinished.clear();
    }
    if (letter != '\n') {
      unfinished += letter;
    }
  }
}

void Child::send(int signal) const {
  kill(process_, signal);
  kill(process_, SIGCONT);
}

void Child::send_group(int signal) const {
  kill(-process_, signal);
}

std::optional<End> Child::ended(const Listener& listener) {
  int status = 0;
  rusage usage{};
  const pid_t changed = wait4(process_, &status, WNOHANG | WUNTRACED | WCONTINUED, &usage);
  if (changed != process_) {
    return std::nullopt;
  }
  if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
    is_stopped_ = WIFSTOPPED(status);
    forgive();
    return std::nullopt;
  }
  process_ = -1;
  for (size_t channel = 0; channel < pipes_.size(); ++channel) {
    read(channel, listener);
    if (channel > 0 && !unfinished_[channel - 1].empty()) {
      read_lines(channel, "\n", listener);
    }
  }
  End end;
  end.code = WIFSIGNALED(status) ? 0 : WEXITSTATUS(status);
  end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  end.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
  end.most_memory = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  end.cause = pulse_->cause();
  end.last_words = pulse_->last_words();
  end.log_closed = pulse_->log_closed();
  end.progress = pulse_->progress();
  if (memory_ != nullptr && memory_->exceeded()) {
    end.cause = Cause::memory;
  } else if (end.cause == Cause::unsaid && asked_to_end_) {
    end.cause = Cause::stalled;
  }
  return end;
}

void Child::forgive() {
  moved_ = Clock::now();
}

void Child::watch(double stall_seconds) {
  constexpr std::chrono::seconds patience{25};  // with last words that never come
  const uint64_t beats = pulse_->beats();
  if (beats != beats_ || is_stopped_) {
    beats_ = beats;
    forgive();
  }
  const Clock::time_point now = Clock::now();
  if (asked_to_end_) {
    if (now - *asked_to_end_ > patience) {
      send_group(SIGKILL);
    }
  } else if (std::chrono::duration<double>(now - moved_).count() > stall_seconds) {
    asked_to_end_ = now;
    kill(process_, stall_signal);
  }
}

}  // namespace atelier::supervision
