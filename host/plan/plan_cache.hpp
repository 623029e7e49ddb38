// The plans that were made, kept for the recordings that ask for the same.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "plan/plan.hpp"

namespace atelier::plan {

class PlanCache {
 public:
  // Borrows the bank. Keeps `capacity` plans, and more only where all of them are in use.
  PlanCache(const Bank& bank, DType real, size_t capacity = 128);
  PlanCache(const PlanCache&) = delete;
  PlanCache& operator=(const PlanCache&) = delete;

  // The plan of such a request, made where there is none; throws as make_plan does. One that is made may take the place
  // of the oldest that nothing leads to: neither `running` nor what the request or another plan goes on from
  // (PlanRequest::executed), since its values are read there. What it returns stays until then.
  const Plan& get(const PlanRequest& request, const Plan* running = nullptr);

  [[nodiscard]] int64_t made() const { return made_; }
  [[nodiscard]] size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    PlanRequest request;  // holds its tape, so that no other tape is taken for it
    std::unique_ptr<Plan> plan;
  };
  [[nodiscard]] bool is_in_use(const Plan* plan, const PlanRequest& request, const Plan* running) const;

  const Bank& bank_;
  DType real_;
  size_t capacity_;
  std::vector<Entry> entries_;  // the oldest first
  int64_t made_ = 0;
};

}  // namespace atelier::plan
