// A run that is watched: its supervisor is told what its spectators are told.
#pragma once

#include "cli/run_event.hpp"
#include "supervision/child.hpp"
#include "training/run.hpp"

namespace atelier::cli {

class RunReporter : public training::Observer {
 public:
  // Both are borrowed. `shown` sees it all, too.
  RunReporter(const supervision::Link& link, training::Observer& shown) : link_(link), shown_(shown) {}

  void judged_by(const std::string& metric, catalog::Direction direction) override;
  void started(const std::filesystem::path& log, int64_t first_step) override;
  void progress(const training::Progress& progress) override;
  void evaluated(int64_t step, double epoch, const std::map<std::string, double>& metrics, bool best) override;
  void message(std::string_view text) override;
  void evaluating(std::string_view what, int64_t done, int64_t total) override;

 private:
  const supervision::Link& link_;
  training::Observer& shown_;
  std::string metric_;
  bool larger_is_better_ = false;
  supervision::Progress progress_;
};

}  // namespace atelier::cli
