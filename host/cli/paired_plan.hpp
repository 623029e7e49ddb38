// Pairs of runs as a sweep's tasks, one seed after the other, until decision/paired_seeds.hpp knows.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/paired_runs.hpp"
#include "cli/sweep_plan.hpp"
#include "decision/paired_seeds.hpp"

namespace atelier::cli {

class PairedPlan : public SweepPlan {
 public:
  PairedPlan(const experiment::Sweep& sweep, Pairing pairing);  // the sweep is borrowed

  std::optional<PointTask> next() override;
  [[nodiscard]] size_t waiting() const override;
  void ended(const PointResult& result) override;
  [[nodiscard]] size_t total() const override;
  // exit_differs where the sign is not settled.
  std::optional<Conclusion> conclude() override;

 private:
  [[nodiscard]] size_t given_at_most() const;
  [[nodiscard]] std::string interval_text() const;
  [[nodiscard]] std::string forecast_text() const;
  [[nodiscard]] bool is_over() const;

  [[nodiscard]] int64_t seed_of(size_t pair) const { return pairing_.first_seed + static_cast<int64_t>(pair); }
  [[nodiscard]] std::string seeds_text(size_t count) const;

  const experiment::Sweep& sweep_;
  Pairing pairing_;
  std::vector<decision::SeedPair> values_;
  decision::PairedResult result_;
  std::map<std::string, size_t> by_identity_;
  size_t given_ = 0;     // tasks
  size_t reused_ = 0;    // of runs that were finished before
  std::string failure_;  // of a run without which there is no pair
  bool elsewhere_ = false, interrupted_ = false;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace atelier::cli
