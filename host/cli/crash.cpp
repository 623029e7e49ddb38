#include "cli/crash.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <thread>

#include "cli/program.hpp"
#include "plugin/activity.hpp"
#include "runlog/last_words.hpp"
#include "supervision/signals.hpp"

namespace atelier::cli {
namespace {

using plugin::Activity;
using supervision::Cause;

struct Crash {
  int signal;
  const char* name;
  const char* meaning;
};
constexpr Crash crashes[] = {{SIGSEGV, "SIGSEGV", "memory that is not there"},
                             {SIGBUS, "SIGBUS", "memory that cannot be had"},
                             {SIGFPE, "SIGFPE", "an integer division by zero"},
                             {SIGILL, "SIGILL", "no instruction of this processor"},
                             {SIGABRT, "SIGABRT", "abort()"}};

std::atomic<pid_t> process{0};               // a child that a plugin forks may end as it likes
std::atomic<pid_t> dying_thread{0};          // the first that came here
std::atomic<const char*> uncaught{nullptr};  // what ended in std::terminate
std::atomic<int> words_go_to{STDERR_FILENO};
std::atomic<unsigned> most_seconds{0};  // of a process that is watched
std::atomic<supervision::Pulse*> told{nullptr};

// Text of a fixed size: nothing can be allocated any more.
class Text {
 public:
  template <typename... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    const auto room = letters_.size() - 1 - size_;
    size_ += std::min(
        room, fmt::format_to_n(letters_.data() + size_, room, format, std::forward<Arguments>(arguments)...).size);
  }
  void add(const Activity& activity) {
    size_ += activity.describe(letters_.data() + size_, letters_.size() - 1 - size_);
  }
  // What a terminal would take for more than letters is none.
  const char* finish() {
    for (size_t i = 0; i < size_; ++i) {
      letters_[i] = static_cast<unsigned char>(letters_[i]) < ' ' || letters_[i] == '\x7F' ? ' ' : letters_[i];
    }
    letters_[size_] = '\0';
    return letters_.data();
  }

 private:
  std::array<char, 4096> letters_{};
  size_t size_ = 0;
};

void write_words(std::string_view text) {
  [[maybe_unused]] const ssize_t written = write(words_go_to, text.data(), text.size());
}

void say_line(const char* text) {
  if (words_go_to != STDERR_FILENO) {
    return write_words(text);
  }
  write_words("atelier: error: ");
  write_words(text);
  write_words("\n");
}

[[noreturn]] void leave(int code) {
  while (true) {
    syscall(SYS_exit_group, code);
  }
}

void give_up(int) {
  leave(exit_failed);
}

// One thread says what happened; any other that comes meanwhile waits for the end. False for a crash while it is said.
bool is_first() {
  const auto thread = static_cast<pid_t>(syscall(SYS_gettid));
  pid_t none = 0;
  if (dying_thread.compare_exchange_strong(none, thread)) {
    return true;
  }
  if (none == thread) {
    return false;
  }
  while (true) {
    pause();
  }
}

// `what`: "crashed: SIGSEGV, ...". The first failure comes first, as what follows it is often its consequence.
void say_last_words(const Activity* here, Cause cause, const char* what) {
  constexpr unsigned patience = 20;  // seconds: a lock that the crash has left locked is never opened
  std::signal(SIGALRM, give_up);
  alarm(patience);
  static Text text;  // beside the stack, which may be small
  const Activity* running = here != nullptr ? here : plugin::some_activity();
  if (isatty(words_go_to) != 0) {
    write_words("\n");  // below the progress bar
  }
  if (running == nullptr) {
    text.add("atelier itself {}; no plugin was running{}", what, cause == Cause::crashed ? ": please report it" : "");
  } else {
    text.add(*running);
    if (const std::string failure = running->failure(); !failure.empty()) {
      text.add(": {}; then it", failure);
    } else {
      text.add(": it");
    }
    text.add(" {}", what);
    if (here == nullptr && cause == Cause::crashed) {
      text.add(", on a thread that the plugin has made, or on one of atelier's own");
    }
  }
  const char* reason = text.finish();
  say_line(reason);
  supervision::Pulse* const pulse = told;
  if (pulse != nullptr) {
    pulse->end(cause, reason, false);
  }
  if (runlog::close_as_failed(reason)) {
    if (pulse != nullptr) {
      pulse->set_log_closed(true);
    }
    write_words("atelier: the log is closed as failed; what it had until then is kept\n");
  }
}

void on_crash(int signal, siginfo_t* information, void*) {
  if (getpid() == process && is_first()) {
    static Text what;
    for (const Crash& crash : crashes) {
      if (crash.signal == signal) {
        what.add("crashed: {} ({})", crash.name, crash.meaning);
      }
    }
    if (signal == SIGSEGV || signal == SIGBUS) {
      what.add(" at address {}", information->si_addr);
    }
    if (const char* exception = uncaught) {
      what.add(", by an exception that nobody caught: {}", exception);
    }
    say_last_words(Activity::newest(), Cause::crashed, what.finish());
  }
  std::signal(signal, SIG_DFL);  // the end that it would have had, with its code and its core
  sigset_t only{};
  sigemptyset(&only);
  sigaddset(&only, signal);
  pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  raise(signal);
  leave(exit_failed);
}

[[noreturn]] void on_terminate() {
  static std::array<char, 512> words{};
  if (const std::exception_ptr exception = std::current_exception()) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& error) {
      std::strncpy(words.data(), error.what(), words.size() - 1);
    } catch (...) {
      std::strncpy(words.data(), "one that is no std::exception", words.size() - 1);
    }
    uncaught = words.data();
  }
  std::abort();
}

// A plugin that leaves the process in the middle of a call would be taken for a success.
void refuse_to_leave(const Activity* running, const char* function, int code) {
  if (running != nullptr && getpid() == process && is_first()) {
    static Text what;
    what.add("left the process by {}({})", function, code);
    say_last_words(running, Cause::crashed, what.finish());
    leave(exit_failed);
  }
}

const Activity* running_anywhere() {
  const Activity* here = Activity::newest();
  return here != nullptr ? here : plugin::some_activity();
}

void on_timeout(int) {
  if (getpid() == process && is_first()) {
    static Text text;
    if (const Activity* running = running_anywhere()) {
      text.add(*running);
      text.add(": it is still at work after {} s", most_seconds.load());
    } else {
      text.add("it is still at work after {} s, in what it has recorded", most_seconds.load());
    }
    say_line(text.finish());
    leave(exit_failed);
  }
}

// In a thread of its own, as no signal may be delivered to one that computes.
[[noreturn]] void wait_for_stall(double seconds) {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, supervision::stall_signal);
  for (int signal = 0; signal != supervision::stall_signal;) {
    sigwait(&only, &signal);
  }
  if (is_first()) {
    static Text what;
    what.add("stalled: nothing had moved on for {:g} s", seconds);
    say_last_words(plugin::some_activity(), Cause::stalled, what.finish());
  }
  leave(exit_failed);
}

[[noreturn]] void leave_by(const char* function, int code) {
  if (auto* next = reinterpret_cast<void (*)(int)>(dlsym(RTLD_NEXT, function))) {
    next(code);
  }
  leave(code);
}

}  // namespace

void watch_crashes() {
  process = getpid();
  dying_thread = 0;
  plugin::use_signal_stack();
  struct sigaction action {};
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (const Crash& crash : crashes) {
    sigaction(crash.signal, &action, nullptr);
  }
  std::set_terminate(on_terminate);
}

void watch_crashes_for(supervision::Pulse& pulse, double stall_seconds) {
  told = &pulse;
  watch_crashes();
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread(wait_for_stall, stall_seconds).detach();  // which takes no other signal
  sigaddset(&before, supervision::stall_signal);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void watch_child(int last_words, unsigned seconds) {
  words_go_to = last_words;
  most_seconds = seconds;
  watch_crashes();
  std::signal(SIGALRM, on_timeout);
  sigset_t alarms{};
  sigemptyset(&alarms);
  sigaddset(&alarms, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &alarms, nullptr);
  alarm(seconds);
}

}  // namespace atelier::cli

// In the place of the C library's for whoever is loaded. Our own threads end the process by _exit() while plugins run,
// and no other way.
extern "C" {

__attribute__((visibility("default"))) void exit(int code) noexcept {
  atelier::cli::refuse_to_leave(atelier::cli::running_anywhere(), "exit", code);
  atelier::cli::leave_by("exit", code);
}
__attribute__((visibility("default"))) void quick_exit(int code) noexcept {
  atelier::cli::refuse_to_leave(atelier::cli::running_anywhere(), "quick_exit", code);
  atelier::cli::leave_by("quick_exit", code);
}
__attribute__((visibility("default"))) void _exit(int code) {  // NOLINT(bugprone-reserved-identifier)
  atelier::cli::refuse_to_leave(atelier::plugin::Activity::newest(), "_exit", code);
  atelier::cli::leave(code);
}
__attribute__((visibility("default"))) void _Exit(int code) noexcept {  // NOLINT(bugprone-reserved-identifier)
  atelier::cli::refuse_to_leave(atelier::plugin::Activity::newest(), "_Exit", code);
  atelier::cli::leave(code);
}
}
