// A sweep in which the best of each rung go on: what decision/halving.hpp decides, as tasks.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/halving_rungs.hpp"
#include "cli/sweep_plan.hpp"

namespace atelier::cli {

class HalvingPlan : public SweepPlan {
 public:
  // Of all points of the sweep, in their order; the sweep is borrowed.
  HalvingPlan(const experiment::Sweep& sweep, Halving halving);

  // The one that has come farthest first. It stops at its next rung.
  std::optional<PointTask> next() override;
  [[nodiscard]] size_t waiting() const override;
  void ended(const PointResult& result) override;
  [[nodiscard]] size_t total() const override;
  // Also says in the log of each point that was left behind why that is, as far as its rank is known.
  std::optional<Conclusion> conclude() override;

 private:
  struct State {
    bool is_out = false;  // given out, its result is awaited
    bool at_end = false;
    bool before = false;  // it had come to its end before this sweep
    bool interrupted = false, elsewhere = false;
    std::filesystem::path log{};
    std::string reason{};  // why it failed
  };
  [[nodiscard]] bool may_train(size_t point) const;
  [[nodiscard]] std::optional<size_t> ready() const;
  [[nodiscard]] std::string why_stopped(size_t point) const;
  void take_values(size_t point, size_t rungs);

  const experiment::Sweep& sweep_;
  Halving halving_;
  std::vector<decision::HalvingPoint> results_;
  std::vector<State> states_;
  std::vector<decision::Verdict> verdicts_;
  std::map<std::string, size_t> by_identity_;
};

}  // namespace atelier::cli
