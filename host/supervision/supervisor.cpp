#include "supervision/supervisor.hpp"

#include <poll.h>

#include <algorithm>
#include <csignal>

namespace atelier::supervision {
namespace {

using Clock = Child::Clock;
using std::chrono::milliseconds;

// By the signal itself and not SIGSTOP, which would also stop a process that nobody could continue.
void stop_as_asked() {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGTSTP);
  raise(SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  sigprocmask(SIG_BLOCK, &only, nullptr);
}

// What is free, among those that may begin now.
int share_of(int free_threads, size_t free_jobs, size_t waiting) {
  const size_t begin = std::clamp<size_t>(std::min(free_jobs, waiting), 1, free_jobs);
  const auto sharers = static_cast<int>(begin);
  return std::max(1, (free_threads + sharers - 1) / sharers);
}

}  // namespace

int Supervisor::run(Source& source, Spectator& spectator, const Rules& rules) {
  memory_ = rules.memory > 0 ? std::make_unique<MemoryLimit>(rules.memory) : nullptr;
  const Child::Listener listener{
      [&](size_t number, const std::string& message) { spectator.told(number, message); },
      [&](size_t number, Stream stream, const std::string& line) { spectator.printed(number, stream, line); }};
  const auto interval = std::chrono::duration_cast<milliseconds>(std::chrono::duration<double>(rules.passing_seconds));
  Clock::time_point passes = Clock::now();
  while (true) {
    take_signals(&spectator);
    start(source, spectator, rules);
    if (children_.empty() && (asked_ > 0 || !source.waits_for_others())) {
      break;
    }
    const Clock::time_point now = Clock::now();
    if (now >= passes || passes_now_) {
      passes_now_ = false;
      passes = now + interval;
      spectator.passed(children_);
    }
    wait(spectator, listener, std::chrono::ceil<milliseconds>(passes - now));
    collect(source, spectator, listener);
    watch(rules.stall_seconds);
  }
  memory_.reset();
  return asked_;
}

void Supervisor::look_for_signals() {
  take_signals(nullptr);
}

void Supervisor::start(Source& source, Spectator& spectator, const Rules& rules) {
  while (children_.size() < rules.jobs && asked_ == 0) {
    int free_threads = rules.threads;
    for (const auto& child : children_) {
      free_threads -= child->threads();
    }
    const size_t waiting = source.waiting();
    const std::optional<Work> work = source.next();
    if (!work) {
      return;
    }
    const int threads = share_of(free_threads, rules.jobs - children_.size(), waiting);
    children_.push_back(std::make_unique<Child>(*work, threads, rules.output, signals_,
                                                memory_ == nullptr ? nullptr : memory_->share()));
    spectator.began(*children_.back());
    take_signals(&spectator);
  }
}

// Until anything comes, or for so long.
void Supervisor::wait(Spectator& spectator, const Child::Listener& listener, milliseconds most) {
  std::vector<pollfd> awaited{{signals_.descriptor(), POLLIN, 0}};
  std::vector<std::pair<Child*, size_t>> channels;
  for (const auto& child : children_) {
    for (size_t channel = 0; channel < Child::channels; ++channel) {
      if (child->descriptor(channel) >= 0) {
        awaited.push_back({child->descriptor(channel), POLLIN, 0});
        channels.emplace_back(child.get(), channel);
      }
    }
  }
  constexpr milliseconds longest{250};  // a stall is noticed that much too late at most
  const auto timeout = static_cast<int>(std::clamp(most, milliseconds(0), longest).count());
  if (poll(awaited.data(), awaited.size(), timeout) <= 0) {
    return;
  }
  take_signals(&spectator);
  for (size_t i = 0; i < channels.size(); ++i) {
    if (awaited[i + 1].revents != 0) {
      channels[i].first->read(channels[i].second, listener);
    }
  }
}

void Supervisor::take_signals(Spectator* spectator) {
  while (const std::optional<int> signal = signals_.take()) {
    if (*signal == SIGWINCH) {
      passes_now_ = true;
    } else if (*signal == SIGTSTP) {
      stop_all(spectator);
    } else if (*signal != SIGCHLD) {
      ++asked_;
      for (const auto& child : children_) {
        child->send(*signal);
      }
      if (asked_ == 2) {
        last_call_ = Clock::now();
      }
      if (spectator != nullptr) {
        spectator->asked_to_stop(asked_);
      }
    }
  }
}

void Supervisor::stop_all(Spectator* spectator) {
  for (const auto& child : children_) {
    child->send_group(SIGSTOP);
  }
  if (spectator != nullptr) {
    spectator->stops();
  }
  stop_as_asked();
  for (const auto& child : children_) {
    child->send_group(SIGCONT);
    child->forgive();
  }
  passes_now_ = true;
}

void Supervisor::collect(Source& source, Spectator& spectator, const Child::Listener& listener) {
  for (size_t i = 0; i < children_.size();) {
    const std::optional<End> end = children_[i]->ended(listener);
    if (!end) {
      ++i;
      continue;
    }
    const size_t number = children_[i]->number();
    children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i));
    source.ended(number, *end);
    spectator.saw_end(number, *end);
  }
}

void Supervisor::watch(double stall_seconds) {
  constexpr std::chrono::seconds patience{10};  // with children that do not end at once where they should
  for (const auto& child : children_) {
    if (last_call_ && Clock::now() - *last_call_ > patience) {
      child->send_group(SIGKILL);
    } else {
      child->watch(stall_seconds);
    }
  }
}

}  // namespace atelier::supervision
