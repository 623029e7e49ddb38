#include "cli/supervised_run.hpp"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "cli/diagnosis.hpp"
#include "cli/program.hpp"
#include "cli/run_event.hpp"
#include "cli/spectator_output.hpp"
#include "cli/sweep_states.hpp"
#include "cli/terminal.hpp"

namespace atelier::cli {
namespace {

using supervision::Cause;
using supervision::End;
using supervision::Link;

class OneRun : public supervision::Source, public supervision::Spectator {
 public:
  OneRun(const SupervisedRun& run, const WatchOptions& watch, bool json_lines)
      : run_(run), watch_(watch), json_lines_(json_lines) {}

  std::optional<supervision::Work> next() override {
    if (!waits_) {
      return std::nullopt;
    }
    waits_ = false;
    if (go_on_) {
      return supervision::Work{0, [this](const Link& link) { return run_.go_on(link, log_); }};
    }
    return supervision::Work{0, run_.work};
  }
  [[nodiscard]] size_t waiting() const override { return waits_ ? 1 : 0; }

  void told(size_t /*number*/, const std::string& message) override {
    if (run_.told && !message.starts_with('{')) {
      run_.told(message);
      return;
    }
    const RunEvent event = run_event_of(message);
    if (event.kind == RunEvent::Kind::started) {
      log_ = event.log;
    }
    if (json_lines_) {
      print_json(message + "\n");
      try_to_flush_output();
    }
  }

  void ended(size_t /*number*/, const End& end) override {
    const std::string words = close_log_of(end, watch_, log_);
    if (!words.empty() && end.last_words.empty()) {
      print_message("atelier: error: " + words);
    }
    const std::optional<int64_t> step = may_go_well(end) && !asked_ ? resumable_from(log_) : std::nullopt;
    if (step && retries_ < watch_.retries) {
      ++retries_;
      print_message(fmt::format("atelier: retry {} of {}: goes on from step {}", retries_, watch_.retries, *step));
      go_on_ = waits_ = true;
      return;
    }
    if (watch_.retries > 0 && end.cause == Cause::failed && !log_.empty()) {
      print_message("atelier: no retry: the same would come again, bit for bit");
    }
    end_ = end;
  }

  void asked_to_stop(int /*times*/) override { asked_ = true; }

  [[nodiscard]] const std::optional<End>& end() const { return end_; }
  [[nodiscard]] bool has_nothing() const { return log_.empty(); }

 private:
  const SupervisedRun& run_;
  const WatchOptions& watch_;
  bool json_lines_;
  std::filesystem::path log_;
  bool waits_ = true, go_on_ = false, asked_ = false;
  int64_t retries_ = 0;
  std::optional<End> end_;
};

// Without a core of its own.
[[noreturn]] void end_by(int signal) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  raise(signal);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  _exit(exit_failed);
}

}  // namespace

int supervise(supervision::Supervisor& supervisor, const Arguments& arguments, const SupervisedRun& run) {
  const WatchOptions watch = watch_options_of(arguments);
  OneRun one(run, watch, arguments.has("json-lines"));
  supervisor.run(one, one, rules_for_one(arguments, watch));
  if (!one.end()) {
    return exit_interrupted;  // between two tries
  }
  const End& end = *one.end();
  if (one.has_nothing() && supervisor.asked_to_stop() > 0 && end.signal != 0) {  // before it listened to signals
    print_message("atelier: interrupted before the first step; nothing was written");
    return exit_interrupted;
  }
  if (end.signal == SIGKILL || end.cause == Cause::stalled) {
    return exit_failed;
  }
  if (end.signal != 0) {
    flush_output();
    end_by(end.signal);
  }
  return end.code;
}

}  // namespace atelier::cli
