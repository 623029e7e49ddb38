#include "supervision/pulse.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "base/error.hpp"

namespace atelier::supervision {

namespace {

static_assert(std::is_trivially_copyable_v<Progress> && sizeof(Progress) % sizeof(uint64_t) == 0);
using Words = std::array<uint64_t, sizeof(Progress) / sizeof(uint64_t)>;

}  // namespace

struct Pulse::Shared {
  std::atomic<uint64_t> beats{0};
  std::atomic<uint64_t> version{0};  // odd while the progress is written
  std::array<std::atomic<uint64_t>, std::tuple_size_v<Words>> progress{};
  std::atomic<bool> ends{false};
  std::atomic<Cause> cause{Cause::unsaid};  // set last
  std::atomic<bool> log_closed{false};
  ShortText<4096> last_words{};
};

static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<Cause>::is_always_lock_free);

Pulse::Pulse() {
  void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw Error(ErrorKind::internal, "no memory can be shared with a process: {}", std::strerror(errno));
  }
  shared_ = new (memory) Shared;
  say({});
}

Pulse::~Pulse() {
  munmap(shared_, sizeof(Shared));
}

void Pulse::beat() {
  shared_->beats.fetch_add(1, std::memory_order_relaxed);
}

uint64_t Pulse::beats() const {
  return shared_->beats.load(std::memory_order_relaxed);
}

void Pulse::say(const Progress& progress) {
  Words words;
  std::memcpy(words.data(), &progress, sizeof progress);
  const uint64_t version = shared_->version.load(std::memory_order_relaxed);
  shared_->version.store(version + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  for (size_t i = 0; i < words.size(); ++i) {
    shared_->progress[i].store(words[i], std::memory_order_relaxed);
  }
  shared_->version.store(version + 2, std::memory_order_release);
  beat();
}

// A child that was ended in the middle of it leaves what it had written so far.
Progress Pulse::progress() const {
  constexpr int tries = 1000;
  Words words{};
  for (int number = 0; number < tries; ++number) {
    const uint64_t before = shared_->version.load(std::memory_order_acquire);
    for (size_t i = 0; i < words.size(); ++i) {
      words[i] = shared_->progress[i].load(std::memory_order_relaxed);
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if (before % 2 == 0 && shared_->version.load(std::memory_order_relaxed) == before) {
      break;
    }
  }
  Progress progress;
  std::memcpy(static_cast<void*>(&progress), words.data(), sizeof progress);
  return progress;
}

void Pulse::end(Cause cause, const char* words, bool log_closed) {
  if (!shared_->ends.exchange(true)) {
    shared_->last_words.set(words);
    shared_->log_closed = log_closed;
    shared_->cause.store(cause, std::memory_order_release);
  }
}

void Pulse::set_log_closed(bool closed) {
  shared_->log_closed = closed;
}

Cause Pulse::cause() const {
  return shared_->cause.load(std::memory_order_acquire);
}

std::string Pulse::last_words() const {
  return cause() == Cause::unsaid ? "" : shared_->last_words.text();
}

bool Pulse::log_closed() const {
  return shared_->log_closed;
}

}  // namespace atelier::supervision
