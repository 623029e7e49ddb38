#include "plan/schedule.hpp"

#include <algorithm>
#include <queue>
#include <utility>

#include "plan/dependencies.hpp"
#include "plan/epilogues.hpp"
#include "plan/fusion.hpp"

namespace atelier::plan {
namespace {

// Makes a plan node of each group, and puts them in order.
class Scheduler {
 public:
  Scheduler(const Dependencies& dependencies, const Fusion& fusion) : dependencies_(dependencies), fusion_(fusion) {}

  Schedule run() const {
    Schedule schedule;
    schedule.copied = dependencies_.copied();
    std::vector<PlanNode> unordered(fusion_.groups().size());
    for (size_t g = 0; g < fusion_.groups().size(); ++g) {
      unordered[g].members = fusion_.groups()[g];
      describe(static_cast<int32_t>(g), unordered[g]);
    }
    const std::vector<int32_t> order = sorted(unordered);
    std::vector<int32_t> place_of(fusion_.groups().size(), -1);
    for (size_t i = 0; i < order.size(); ++i) {
      place_of[static_cast<size_t>(order[i])] = static_cast<int32_t>(i);
    }
    for (const int32_t g : order) {
      PlanNode& plan_node = unordered[static_cast<size_t>(g)];
      for (int32_t& earlier : plan_node.after) {
        earlier = place_of[static_cast<size_t>(earlier)];
      }
      std::erase(plan_node.after, -1);  // dropped: computed where it is used
      std::ranges::sort(plan_node.after);
      schedule.nodes.push_back(std::move(plan_node));
    }
    return schedule;
  }

 private:
  void describe(int32_t g, PlanNode& out) const {
    for (const int32_t member : out.members) {
      for (const int32_t earlier : dependencies_.before(member)) {
        if (const int32_t other = fusion_.group_of(earlier); other != g) {
          if (std::ranges::find(out.after, other) == out.after.end()) {
            out.after.push_back(other);
          }
        }
      }
      for (const int32_t value : dependencies_.node(member).inputs) {
        const int32_t producer = dependencies_.maker(value);
        const bool inside = dependencies_.owner(value) == value && fusion_.group_of(producer) == g;
        const bool inlined = fusion_.is_fusible(member) && dependencies_.runs(producer) && fusion_.is_splat(producer);
        // A fused kernel reads each value once; any other one has its inputs by place, equal ones too.
        const bool known = dependencies_.node(member).operation->elementwise != nullptr &&
                           std::ranges::find(out.inputs, value) != out.inputs.end();
        if (!inside && !inlined && !known) {
          out.inputs.push_back(value);
        }
      }
      for (const int32_t value : dependencies_.node(member).outputs) {
        if (leaves_group(value, g)) {
          out.outputs.push_back(value);
        }
      }
    }
  }

  // Whether something outside the group reads the value, or it is kept.
  [[nodiscard]] bool leaves_group(int32_t value, int32_t g) const {
    if (fusion_.groups()[static_cast<size_t>(g)].size() == 1 || dependencies_.kept_under_any_shape(value)) {
      return true;
    }
    return std::ranges::any_of(dependencies_.readers(value),
                               [&](int32_t reader) { return fusion_.group_of(reader) != g; });
  }

  // A splat that is inlined everywhere has no reader left.
  [[nodiscard]] bool is_dropped(const PlanNode& plan_node) const {
    const int32_t only = plan_node.members.front();
    if (plan_node.members.size() > 1 || !fusion_.is_splat(only)) {
      return false;
    }
    const int32_t value = dependencies_.node(only).outputs[0];
    return !dependencies_.kept_under_any_shape(value) &&
           std::ranges::all_of(dependencies_.readers(value), [&](int32_t r) { return fusion_.is_fusible(r); });
  }

  // Kahn 1962, the earliest recorded first; but what other ranks wait for as soon as it is known, so that it is under
  // way while the rest is computed.
  [[nodiscard]] std::vector<int32_t> sorted(const std::vector<PlanNode>& unordered) const {
    std::vector<char> dropped;
    for (const PlanNode& plan_node : unordered) {
      dropped.push_back(is_dropped(plan_node) ? 1 : 0);
    }
    std::vector<int32_t> waits(unordered.size(), 0);
    std::vector<std::vector<int32_t>> releases(unordered.size());
    for (size_t g = 0; g < unordered.size(); ++g) {
      for (const int32_t earlier : unordered[g].after) {
        if (dropped[static_cast<size_t>(earlier)] == 0) {
          releases[static_cast<size_t>(earlier)].push_back(static_cast<int32_t>(g));
          ++waits[g];
        }
      }
    }
    const auto rank_of = [&](int32_t g) {
      const int32_t last = unordered[static_cast<size_t>(g)].members.back();
      return std::pair(!meets_ranks(dependencies_.node(last)), last);
    };
    const auto later = [&](int32_t a, int32_t b) { return rank_of(a) > rank_of(b); };
    std::priority_queue<int32_t, std::vector<int32_t>, decltype(later)> ready(later);
    size_t expected = 0;
    for (size_t g = 0; g < unordered.size(); ++g) {
      expected += dropped[g] == 0 ? 1 : 0;
      if (waits[g] == 0 && dropped[g] == 0) {
        ready.push(static_cast<int32_t>(g));
      }
    }
    std::vector<int32_t> order;
    while (!ready.empty()) {
      const int32_t g = ready.top();
      ready.pop();
      order.push_back(g);
      for (const int32_t next : releases[static_cast<size_t>(g)]) {
        if (--waits[static_cast<size_t>(next)] == 0) {
          ready.push(next);
        }
      }
    }
    ATELIER_CHECK(order.size() == expected);
    return order;
  }

  const Dependencies& dependencies_;
  const Fusion& fusion_;
};

}  // namespace

Schedule make_schedule(const ScheduleRequest& request) {
  const Dependencies dependencies(request.graph, request.kept, request.first_node);
  Schedule schedule = Scheduler(dependencies, Fusion(dependencies, request.fuse)).run();
  if (request.fuse) {
    attach_epilogues(schedule, request.graph, request.kept);
  }
  return schedule;
}

}  // namespace atelier::plan
