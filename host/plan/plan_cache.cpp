#include "plan/plan_cache.hpp"

#include <algorithm>

namespace atelier::plan {

PlanCache::PlanCache(const Bank& bank, DType real, size_t capacity) : bank_(bank), real_(real), capacity_(capacity) {}

const Plan& PlanCache::get(const PlanRequest& request, const Plan* running) {
  if (const auto known = std::ranges::find(entries_, request, &Entry::request); known != entries_.end()) {
    return *known->plan;
  }
  auto plan = make_plan(request, bank_, real_);
  ++made_;
  if (entries_.size() >= capacity_) {
    const auto unused = std::ranges::find_if(
        entries_, [&](const Entry& entry) { return !is_in_use(entry.plan.get(), request, running); });
    if (unused != entries_.end()) {  // a step of very many reads needs them all
      entries_.erase(unused);
    }
  }
  entries_.push_back({request, std::move(plan)});
  return *entries_.back().plan;
}

bool PlanCache::is_in_use(const Plan* plan, const PlanRequest& request, const Plan* running) const {
  return plan == running || plan == request.executed ||
         std::ranges::any_of(entries_, [&](const Entry& other) { return other.request.executed == plan; });
}

}  // namespace atelier::plan
