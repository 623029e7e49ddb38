// Of equal steps that were profiled one by one: the time of each operation, all workers' together.
#pragma once

#include <string>
#include <vector>

#include "training/profile.hpp"

namespace atelier {

class StepTimes {
 public:
  // Throws Error where the step is not equal to those before.
  void add(const training::StepProfile& profile);
  // In JSON of each operation its name, its shapes, its author's line, its floating-point operations, and the shortest
  // of its times, which whatever else runs on the machine changes least.
  [[nodiscard]] std::string told() const;

 private:
  std::vector<training::ProfiledOperation> operations_;
  std::vector<double> seconds_;  // by operation, the shortest so far
};

}  // namespace atelier
