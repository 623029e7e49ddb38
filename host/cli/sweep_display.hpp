// Follows a sweep's children, for whoever shows it.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/sweep_view.hpp"

namespace atelier::cli {

class SweepDisplay : public supervision::Spectator {
 public:
  // All are borrowed.
  SweepDisplay(SweepSource& source, SweepView& view, size_t jobs) : source_(source), view_(view), jobs_(jobs) {}

  void began(const supervision::Child& child) override;
  void told(size_t number, const std::string& message) override;
  void printed(size_t number, supervision::Stream stream, const std::string& line) override;
  void saw_end(size_t number, const supervision::End& end) override;
  void passed(const std::vector<std::unique_ptr<supervision::Child>>& running) override;
  void asked_to_stop(int times) override;
  void stops() override { view_.clear(); }

  [[nodiscard]] SweepOverview overview() const;

 private:
  void take_best(const SweepRun& run, const RunEvent& event);
  [[nodiscard]] double seconds_left(const std::vector<std::unique_ptr<supervision::Child>>& running) const;

  SweepSource& source_;
  SweepView& view_;
  size_t jobs_;
  std::map<size_t, std::string> output_;  // of those that run: shown as they end, so that no two are mixed
  std::map<size_t, uint64_t> shown_beats_;
  std::optional<BestPoint> best_;
  double seconds_of_ended_ = 0;  // of runs that came to their end, from their beginning
  size_t ended_ = 0;
};

}  // namespace atelier::cli
