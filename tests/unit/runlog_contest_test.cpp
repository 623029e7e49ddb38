#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include "runlog_claims.hpp"

using namespace atelier::runlog;
using namespace std::chrono_literals;
using example::write_claim_like_ours, example::set_heartbeat, example::names_in, example::elsewhere;

namespace {

bool no_links = false;  // as on some file systems

}  // namespace

// In place of the C library's.
extern "C" int link(const char* from, const char* to) noexcept {
  if (no_links) {
    errno = EPERM;
    return -1;
  }
  return static_cast<int>(syscall(SYS_link, from, to));
}

namespace {

// Processes that want one lock, and see whether another one has it with them.
class Contest {
 public:
  Contest()
      : shared_(new (mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Shared) {
  }
  Contest(const Contest&) = delete;
  Contest& operator=(const Contest&) = delete;
  ~Contest() { munmap(shared_, sizeof(Shared)); }

  [[nodiscard]] int holders() const { return shared_->holders; }
  [[nodiscard]] int together() const { return shared_->together; }

  // All try once, and who has it keeps it until all have tried.
  void run(const std::filesystem::path& log, int count) {
    std::vector<pid_t> children;
    for (int i = 0; i < count; ++i) {
      children.push_back(fork());
      if (children.back() == 0) {
        while (!shared_->begin) {
          std::this_thread::sleep_for(1ms);
        }
        try {
          const Lock lock(log);
          ++shared_->holders;
          for (++shared_->tried; shared_->tried < count;) {
            std::this_thread::sleep_for(1ms);
          }
        } catch (const std::exception&) {
          ++shared_->tried;
        }
        _exit(0);
      }
    }
    shared_->begin = true;
    for (const pid_t child : children) {
      waitpid(child, nullptr, 0);
    }
  }

  // So many at a time, each of which takes the lock again and again until it is killed; more are killed, but not
  // without end, where it was not taken often enough, as on a machine that does much else. How often it was taken.
  int run_with_kills(const std::filesystem::path& log, size_t count, int kills, int enough) {
    const int most_kills = 50 * kills;
    std::vector<pid_t> children;
    std::minstd_rand random(7);
    for (int killed = 0; killed < kills || (shared_->holders < enough && killed < most_kills); ++killed) {
      while (children.size() < count) {
        children.push_back(fork());
        if (children.back() == 0) {
          take_for_ever(log);
        }
      }
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
      end(children, random() % count);
    }
    while (!children.empty()) {
      end(children, 0);
    }
    return shared_->holders;
  }

 private:
  struct Shared {
    std::atomic<bool> begin{false};
    std::atomic<int> holders{0}, tried{0}, together{0};
    std::atomic<pid_t> inside{0};
  };

  [[noreturn]] void take_for_ever(const std::filesystem::path& log) {
    const pid_t self = getpid();
    while (true) {
      try {
        const Lock lock(log);
        ++shared_->holders;
        const pid_t before = shared_->inside.exchange(self);
        if (before != 0 && before != self) {
          ++shared_->together;
        }
        std::this_thread::sleep_for(100us);
        pid_t expected = self;
        if (!shared_->inside.compare_exchange_strong(expected, 0)) {
          ++shared_->together;
        }
      } catch (const std::exception&) {
        std::this_thread::sleep_for(100us);
      }
    }
  }

  // One that was inside is so no longer: that is said while it is a zombie that stands in nobody's way yet.
  void end(std::vector<pid_t>& children, size_t index) {
    const pid_t child = children[index];
    kill(child, SIGSTOP);
    int status = 0;
    waitpid(child, &status, WUNTRACED);
    pid_t expected = child;
    shared_->inside.compare_exchange_strong(expected, 0);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    children.erase(children.begin() + static_cast<ptrdiff_t>(index));
  }

  Shared* shared_;
};

}  // namespace

TEST_CASE("of fifty that want a lock at once one has it, whatever was there before, with and without links" *
          doctest::skip(example::processes_are_slow)) {
  const char* const asked = std::getenv("ATELIER_LOCK_ROUNDS");  // many, to be surer
  const int rounds = asked == nullptr ? 1 : std::atoi(asked);
  for (int round = 0; round < rounds; ++round) {
    for (const bool links : {true, false}) {
      for (const char* before : {"none", "dead here", "dead elsewhere", "torn"}) {
        CAPTURE(before);
        const example::Folder folder;
        if (before == std::string("dead here")) {
          write_claim_like_ours(folder, {{"started", "1"}});
        } else if (before == std::string("dead elsewhere")) {
          write_claim_like_ours(folder, elsewhere);
          set_heartbeat(folder / "a.h5.lock", -2s);
        } else if (before == std::string("torn")) {
          std::ofstream(folder / "a.h5.lock") << "";
          set_heartbeat(folder / "a.h5.lock", -2s);
        }
        no_links = !links;
        Contest contest;
        contest.run(folder / "a.h5", 50);
        no_links = false;
        CHECK(contest.holders() == 1);
        CHECK(names_in(folder).empty());
      }
    }
  }
}

TEST_CASE("a lock has one holder at a time, however many come, go, and are killed on the way" *
          doctest::skip(example::processes_are_slow)) {
  for (const bool links : {true, false}) {
    const example::Folder folder;
    no_links = !links;
    Contest contest;
    CHECK(contest.run_with_kills(folder / "a.h5", 8, 200, 50) >= 50);
    CHECK(contest.together() == 0);
    CHECK_FALSE(holder_of(folder / "a.h5"));
    { const Lock lock(folder / "a.h5"); }
    no_links = false;
  }
}
