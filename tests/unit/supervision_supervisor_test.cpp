// Real processes: each piece of work is a fork of this program.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "supervision/supervisor.hpp"

using namespace atelier::supervision;

namespace {

using Run = std::function<int(const Link&)>;

void sleep_for(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

// Gives out a list, and keeps all that comes of it.
class List : public Source, public Spectator {
 public:
  explicit List(std::vector<Run> runs) : runs_(std::move(runs)) {}
  std::optional<Work> next() override {
    if (given_ == runs_.size()) {
      return std::nullopt;
    }
    const size_t number = given_++;
    return Work{number, runs_[number]};
  }
  [[nodiscard]] size_t waiting() const override { return runs_.size() - given_; }
  void ended(size_t number, const End& end) override { ends[number] = end; }
  void began(const Child& child) override { threads.push_back(child.threads()); }
  void told(size_t number, const std::string& message) override { messages[number].push_back(message); }
  void printed(size_t number, Stream stream, const std::string& line) override {
    (stream == Stream::output ? output : errors)[number].push_back(line);
  }

  std::map<size_t, End> ends;
  std::vector<int> threads;
  std::map<size_t, std::vector<std::string>> messages, output, errors;

 private:
  std::vector<Run> runs_;
  size_t given_ = 0;
};

int run(List& list, Rules rules = {}) {
  Supervisor supervisor;
  return supervisor.run(list, list, rules);
}

// An integer that children share.
class Counter {
 public:
  Counter()
      : value_(new (mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
                   std::atomic<int>(0)) {}
  ~Counter() { munmap(value_, sizeof(std::atomic<int>)); }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  std::atomic<int>& operator*() { return *value_; }

 private:
  std::atomic<int>* value_;
};

}  // namespace

TEST_CASE("every piece runs once, no more than so many at a time, and they share the threads") {
  Counter running, most, all;
  const Run piece = [&](const Link&) {
    const int now = ++*running;
    for (int known = *most; now > known && !(*most).compare_exchange_weak(known, now);) {
    }
    ++*all;
    sleep_for(30);
    --*running;
    return 0;
  };
  List list(std::vector<Run>(7, piece));
  Rules rules;
  rules.jobs = 3;
  rules.threads = 8;
  CHECK(run(list, rules) == 0);
  CHECK(*all == 7);
  CHECK(*most == 3);
  CHECK(list.ends.size() == 7);
  CHECK(std::vector<int>(list.threads.begin(), list.threads.begin() + 3) == std::vector<int>{3, 3, 2});
  CHECK(std::ranges::all_of(list.threads, [](int threads) { return threads >= 2; }));
}

TEST_CASE("one that is left alone has all threads, and there is no less than one") {
  List alone({[](const Link& link) { return link.threads(); }});
  Rules rules;
  rules.jobs = 4;
  rules.threads = 6;
  run(alone, rules);
  CHECK(alone.ends[0].code == 6);
  List many(std::vector<Run>(4, [](const Link& link) { return link.threads(); }));
  rules.threads = 2;
  run(many, rules);
  for (const auto& [number, end] : many.ends) {
    CHECK(end.code == 1);
  }
}

TEST_CASE("messages come whole and in order, also the last ones of a process that crashes") {
  List list({[](const Link& link) {
    for (int i = 0; i < 3000; ++i) {
      link.tell(std::string(static_cast<size_t>(i), 'x'));
    }
    link.tell(std::string("\0\n", 2));
    raise(SIGKILL);
    return 0;
  }});
  run(list);
  REQUIRE(list.messages[0].size() == 3001);
  for (size_t i = 0; i < 3000; ++i) {
    CHECK(list.messages[0][i].size() == i);
  }
  CHECK(list.messages[0].back() == std::string("\0\n", 2));
  CHECK(list.ends[0].signal == SIGKILL);
  CHECK(list.ends[0].cause == Cause::unsaid);
}

TEST_CASE("what is printed is captured by lines, the unfinished one, too") {
  List list({[](const Link&) {
    std::puts("one");
    std::fputs("two\nthree", stdout);
    std::fputs("beside\n", stderr);
    return std::getchar() == EOF ? 0 : 1;  // nothing is there to be read
  }});
  Rules rules;
  rules.output = Output::captured;
  run(list, rules);
  CHECK(list.output[0] == std::vector<std::string>{"one", "two", "three"});
  CHECK(list.errors[0] == std::vector<std::string>{"beside"});
  CHECK(list.ends[0].code == 0);
}

TEST_CASE("an end says how it came about") {
  List list({[](const Link&) { return 3; },
             [](const Link&) {
               std::signal(SIGSEGV, SIG_DFL);
               raise(SIGSEGV);
               return 0;
             },
             [](const Link& link) {
               Progress progress;
               progress.step = 12;
               progress.part.set("a name that is much longer than there is room for in a page of memory");
               link.pulse().say(progress);
               link.pulse().end(Cause::crashed, "it has crashed", true);
               link.pulse().end(Cause::done, "no, it has not", false);
               return 1;
             },
             [](const Link&) -> int { throw 1; }});
  run(list);
  CHECK(list.ends[0].words() == "the process ended with the code 3");
  CHECK(list.ends[1].words() == "the process ended with SIGSEGV");
  CHECK(list.ends[2].words() == "it has crashed");
  CHECK(list.ends[2].cause == Cause::crashed);
  CHECK(list.ends[2].log_closed);
  CHECK(list.ends[2].progress.step == 12);
  CHECK(list.ends[2].progress.part.text() == "a name that is much longer than there is room f");
  CHECK(list.ends[3].code == 127);
  CHECK(list.ends[0].most_memory > 0);
}

TEST_CASE("what does not move on is ended, and what does is not") {
  List list({[](const Link&) {
               sleep_for(60'000);
               return 0;
             },
             [](const Link& link) {
               for (int i = 0; i < 12; ++i) {
                 sleep_for(100);
                 link.pulse().beat();
               }
               return 0;
             }});
  Rules rules;
  rules.jobs = 2;
  rules.stall_seconds = 0.6;
  run(list, rules);
  CHECK(list.ends[0].cause == Cause::stalled);
  CHECK(list.ends[0].seconds < 10);
  CHECK(list.ends[1].well());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a process that needs more memory than it may have is refused it, or ended") {
  const Run piece = [](const Link&) {
    constexpr size_t bytes = size_t{300} << 20U;
    void* const memory = std::malloc(bytes);
    if (memory == nullptr) {
      return 7;
    }
    for (size_t at = 0; at < bytes; at += 4096) {
      static_cast<volatile char*>(memory)[at] = 1;
    }
    return 0;
  };
  Rules rules;
  rules.memory = uint64_t{200} << 20U;
  List little({piece});
  run(little, rules);
  const bool refused = little.ends[0].code == 7, ended = little.ends[0].cause == Cause::memory;
  CHECK((refused || ended));
  rules.memory = uint64_t{1000} << 20U;
  List enough({piece});
  run(enough, rules);
  CHECK(enough.ends[0].well());
}
#endif

TEST_CASE("a signal is handed on, and nothing begins after it") {
  const Run waits = [](const Link& link) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    link.tell("ready");
    int signal = 0;
    sigwait(&signals, &signal);
    return signal == SIGTERM ? 5 : 6;
  };
  class Asks : public List {
   public:
    using List::List;
    void told(size_t /*number*/, const std::string& /*message*/) override {
      if (++ready_ == 2) {
        kill(getpid(), SIGTERM);
      }
    }
    int ready_ = 0;
  };
  Asks list(std::vector<Run>(4, waits));
  Rules rules;
  rules.jobs = 2;
  Supervisor supervisor;
  CHECK(supervisor.run(list, list, rules) == 1);
  CHECK(list.ends.size() == 2);
  CHECK(list.ends[0].code == 5);
  CHECK(list.ends[1].code == 5);
  List more({waits});
  CHECK(supervisor.run(more, more, rules) == 1);  // still
  CHECK(more.ends.empty());
}

TEST_CASE("what is given out may depend on how the work before it ended") {
  // Each piece after the first is given when the one before has ended, with its code.
  class Chain : public Source, public Spectator {
   public:
    std::optional<Work> next() override {
      if (!ready_) {
        return std::nullopt;
      }
      ready_ = false;
      return Work{codes.size(), [last = codes.empty() ? 0 : codes.back()](const Link&) { return last + 1; }};
    }
    [[nodiscard]] size_t waiting() const override { return ready_ ? 1 : 0; }
    void ended(size_t /*number*/, const End& end) override {
      codes.push_back(end.code);
      ready_ = codes.size() < 5;
    }
    std::vector<int> codes;

   private:
    bool ready_ = true;
  };
  Chain chain;
  Rules rules;
  rules.jobs = 3;
  Supervisor supervisor;
  supervisor.run(chain, chain, rules);
  CHECK(chain.codes == std::vector<int>{1, 2, 3, 4, 5});
}

TEST_CASE("a process keeps what it is to keep, and none of what others have") {
  int ours[2];
  REQUIRE(pipe(ours) == 0);
  const auto is_open = [](int descriptor) { return fcntl(descriptor, F_GETFD) != -1; };
  Work work{0, [&](const Link&) { return (is_open(ours[0]) ? 1 : 0) + (is_open(ours[1]) ? 2 : 0); }, {ours[1]}};
  class One : public List {
   public:
    explicit One(const Work& work) : List({}), work_(work) {}
    std::optional<Work> next() override { return std::exchange(given_, true) ? std::nullopt : std::optional(work_); }

   private:
    const Work& work_;
    bool given_ = false;
  };
  One one(work);
  run(one);
  CHECK(one.ends[0].code == 2);
  close(ours[0]);
  close(ours[1]);
}
