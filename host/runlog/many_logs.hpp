// Inside this room only: the same question to many logs.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "runlog/locks.hpp"
#include "runlog/reading_process.hpp"
#include "runlog/run_rows.hpp"

namespace atelier::runlog {

// Reads, each in a process of its own, as many logs at a time as there are processors. An Answer is a Heading or
// RunRows.
template <typename Answer>
class ManyLogs {
 public:
  // Borrows the paths. `names` are the request's.
  ManyLogs(const std::vector<std::filesystem::path>& logs, std::vector<std::string> names)
      : logs_(logs), names_(std::move(names)) {
    constexpr size_t enough = 8;  // logs that a process is worth making for
    constexpr size_t most = 8;
    const size_t processors = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, most);
    processes_.resize(std::clamp<size_t>(logs.size() / enough, 1, processors));
  }

  // In the order of the logs. Of one that cannot be read the answer is empty, and there is a problem.
  void read(const std::function<void(const std::filesystem::path&, Answer, const std::string& problem)>& take) {
    for (size_t log = 0; log < std::min(logs_.size(), processes_.size()); ++log) {
      ask(log);
    }
    for (size_t log = 0; log < logs_.size(); ++log) {
      auto [answer, problem] = answer_of(log);
      if (log + processes_.size() < logs_.size()) {
        ask(log + processes_.size());
      }
      take(logs_[log], std::move(answer), problem);
    }
  }

 private:
  static constexpr Request::What what =
      std::is_same_v<Answer, Heading> ? Request::What::heading : Request::What::run_rows;

  struct Process {
    std::unique_ptr<ReadingProcess> process = std::make_unique<ReadingProcess>("");
    std::string problem;  // in asking it
  };
  Process& process_of(size_t log) { return processes_[log % processes_.size()]; }

  void ask(size_t log) {
    Process& to = process_of(log);
    try {
      to.problem.clear();
      to.process->send({what, logs_[log].string(), 0, names_});
    } catch (const hdf5::Failure& failure) {
      to.problem = failure.what();
    }
  }

  // Again as long as somebody is writing the log.
  std::pair<Answer, std::string> answer_of(size_t log) {
    constexpr int tries = 20;
    constexpr std::chrono::milliseconds pause{50};
    const std::filesystem::path& path = logs_[log];
    Process& from = process_of(log);
    for (int number = 1;; ++number) {
      try {
        if (!from.problem.empty()) {
          throw hdf5::Failure(from.problem);
        }
        return {from.process->template answer<Answer>(), ""};
      } catch (const hdf5::Failure& failure) {
        if (number == tries || !holder_of(path)) {
          return {Answer{}, Error(ErrorKind::file, "{}: cannot be read: {}", path.string(), failure.what()).what()};
        }
      }
      std::this_thread::sleep_for(pause);
      ask(log);
    }
  }

  const std::vector<std::filesystem::path>& logs_;
  std::vector<std::string> names_;
  std::vector<Process> processes_;
};

}  // namespace atelier::runlog
