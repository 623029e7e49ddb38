#include "runlog/last_words.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>

namespace atelier::runlog {
namespace {

std::atomic<void*> writer{nullptr};
std::atomic<OpenLog::Close> close_log{nullptr};
std::atomic<pthread_t> owner{};
std::atomic<int> uses{0};
std::atomic<const char*> last_words{nullptr};
std::atomic<bool> said{false};

// On the owner's thread, which has nothing else to do any more.
void say() {
  void* const open = writer.exchange(nullptr);
  const OpenLog::Close close = close_log.load();
  if (open != nullptr && close != nullptr) {
    said = close(open, last_words.load());
  }
}

[[noreturn]] void wait_for_the_end() {
  while (true) {
    pause();
  }
}

void on_request(int) {
  if (uses.load() == 0) {
    say();
    wait_for_the_end();
  }
}

}  // namespace

OpenLog::OpenLog(void* of, Close close) {
  close_log = close;
  owner = pthread_self();
  writer = of;
}

OpenLog::~OpenLog() {
  writer = nullptr;
}

OpenLog::Use::Use() {
  ++uses;
}

OpenLog::Use::~Use() {
  if (--uses == 0 && last_words.load() != nullptr && pthread_equal(owner.load(), pthread_self()) != 0) {
    say();
    wait_for_the_end();
  }
}

bool close_as_failed(const char* reason) {
  if (writer.load() == nullptr) {
    return false;
  }
  last_words = reason;
  if (pthread_equal(owner.load(), pthread_self()) != 0) {
    if (uses.load() == 0) {
      say();
    }
    return said;
  }
  struct sigaction request {};
  request.sa_handler = on_request;
  request.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR2, &request, nullptr);
  if (pthread_kill(owner.load(), SIGUSR2) != 0) {
    return false;
  }
  constexpr int patience = 500;  // hundredths of a second
  for (int i = 0; i < patience && !said; ++i) {
    const timespec hundredth{0, 10'000'000};
    nanosleep(&hundredth, nullptr);
  }
  return said;
}

}  // namespace atelier::runlog
