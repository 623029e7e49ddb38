#include "runlog/run_rows.hpp"

#include "runlog/many_logs.hpp"

namespace atelier::runlog {

void read_run_rows(const std::vector<std::filesystem::path>& logs, const std::vector<std::string>& whole,
                   const std::function<void(RunRows)>& take) {
  ManyLogs<RunRows>(logs, whole).read([&](const std::filesystem::path& log, RunRows run, const std::string& problem) {
    run.heading.path = log;
    run.heading.problem = problem;
    run.heading.was_read = true;
    take(std::move(run));
  });
}

}  // namespace atelier::runlog
