#include "plan/schedule.hpp"

#include <algorithm>
#include <queue>

namespace atelier::plan {
namespace {

constexpr size_t max_fused = 48;

bool writes_parameter(const Node& node) {
  return node.operation->special == Special::update || node.operation->special == Special::assign;
}

bool is_leaf(const Node& node) {
  return node.operation->special == Special::input || node.operation->special == Special::parameter;
}

class Scheduler {
 public:
  explicit Scheduler(const ScheduleRequest& request)
      : request_(request),
        graph_(request.graph),
        owners_(buffer_owners(graph_)),
        live_(graph_.nodes().size(), 0),
        group_of_(graph_.nodes().size(), -1),
        readers_(graph_.value_count()),
        before_(graph_.nodes().size()),
        after_(graph_.nodes().size()),
        kept_owner_(graph_.value_count(), 0) {
    for (size_t value = 0; value < owners_.size(); ++value) {
      if (request.kept[value] != 0) {
        kept_owner_[static_cast<size_t>(owners_[value])] = 1;
      }
    }
  }

  Schedule run() {
    mark_live();
    collect_readers();
    order_versions();
    group();
    return finish();
  }

 private:
  [[nodiscard]] const Node& node(int32_t n) const { return graph_.nodes()[static_cast<size_t>(n)]; }
  [[nodiscard]] int32_t maker(int32_t value) const { return graph_.value(value).node; }
  // Runs here: live, not a leaf, not a view, not done before.
  [[nodiscard]] bool runs(int32_t n) const {
    return live_[static_cast<size_t>(n)] != 0 && n >= request_.first_node && !is_leaf(node(n)) &&
           !node(n).operation->view;
  }

  void mark_live() {
    for (auto n = static_cast<int32_t>(graph_.nodes().size()) - 1; n >= 0; --n) {
      bool wanted = live_[static_cast<size_t>(n)] != 0 || (writes_parameter(node(n)) && n >= request_.first_node);
      for (const int32_t value : node(n).outputs) {
        wanted = wanted || request_.kept[static_cast<size_t>(value)] != 0;
      }
      if (wanted) {
        live_[static_cast<size_t>(n)] = 1;
        for (const int32_t value : node(n).inputs) {
          live_[static_cast<size_t>(maker(value))] = 1;
        }
      }
    }
  }

  // The nodes that read each buffer, whatever shape they see it in.
  void collect_readers() {
    for (auto n = request_.first_node; n < static_cast<int32_t>(graph_.nodes().size()); ++n) {
      if (!runs(n)) {
        continue;
      }
      for (const int32_t value : node(n).inputs) {
        const int32_t owner = owners_[static_cast<size_t>(value)];
        auto& list = readers_[static_cast<size_t>(owner)];
        if (list.empty() || list.back() != n) {
          list.push_back(n);
        }
        if (const int32_t made = maker(owner); runs(made)) {
          add_edge(made, n);
        }
      }
    }
  }

  void add_edge(int32_t earlier, int32_t later) {
    before_[static_cast<size_t>(later)].push_back(earlier);
    after_[static_cast<size_t>(earlier)].push_back(later);
  }

  // Whatever reads a version of a parameter runs before the update that ends it, unless it needs that update's result.
  void order_versions() {
    for (auto n = request_.first_node; n < static_cast<int32_t>(graph_.nodes().size()); ++n) {
      if (!runs(n) || !writes_parameter(node(n))) {
        continue;
      }
      const int32_t old_version = owners_[static_cast<size_t>(node(n).inputs[0])];
      const std::vector<char> later = all_after(n);
      bool copy = kept_under_any_shape(old_version);
      for (const int32_t reader : readers_[static_cast<size_t>(old_version)]) {
        if (reader == n) {
          continue;
        }
        if (later[static_cast<size_t>(reader)] != 0) {
          copy = true;
        } else {
          add_edge(reader, n);
        }
      }
      if (copy) {
        copied_.push_back(old_version);
      }
    }
  }

  [[nodiscard]] bool kept_under_any_shape(int32_t owner) const { return kept_owner_[static_cast<size_t>(owner)] != 0; }

  // The nodes that wait for this one, for data or for a version.
  [[nodiscard]] std::vector<char> all_after(int32_t start) const {
    std::vector<char> reached(graph_.nodes().size(), 0);
    std::vector<int32_t> stack{start};
    while (!stack.empty()) {
      const int32_t n = stack.back();
      stack.pop_back();
      for (const int32_t later : after_[static_cast<size_t>(n)]) {
        if (reached[static_cast<size_t>(later)] == 0) {
          reached[static_cast<size_t>(later)] = 1;
          stack.push_back(later);
        }
      }
    }
    return reached;
  }

  // ---- Fusion

  [[nodiscard]] bool fusible(int32_t n) const { return request_.fuse && node(n).operation->elementwise != nullptr; }
  // Nothing to read: cheap enough to compute again wherever it is used.
  [[nodiscard]] bool is_splat(int32_t n) const {
    return node(n).operation->elementwise != nullptr && node(n).operation->elementwise->inputs == 0;
  }
  [[nodiscard]] const TensorType& result(int32_t n) const { return graph_.value(node(n).outputs[0]).type; }

  void group() {
    for (auto n = request_.first_node; n < static_cast<int32_t>(graph_.nodes().size()); ++n) {
      if (!runs(n)) {
        continue;
      }
      if (fusible(n)) {
        for (const int32_t value : node(n).inputs) {
          const int32_t producer = maker(owners_[static_cast<size_t>(value)]);
          if (owners_[static_cast<size_t>(value)] == value && producer >= request_.first_node && runs(producer) &&
              join(n, producer)) {
            break;
          }
        }
      }
      if (group_of_[static_cast<size_t>(n)] < 0) {
        group_of_[static_cast<size_t>(n)] = static_cast<int32_t>(groups_.size());
        groups_.push_back({n});
      }
    }
  }

  bool join(int32_t n, int32_t producer) {
    if (!fusible(producer) || is_splat(producer) || !(result(producer) == result(n))) {
      return false;
    }
    const int32_t group_index = group_of_[static_cast<size_t>(producer)];
    if (belongs_later(n, group_index)) {
      return false;
    }
    auto& members = groups_[static_cast<size_t>(group_index)];
    if (members.size() >= max_fused || reads_view_of(n, group_index) || comes_back(n, group_index)) {
      return false;
    }
    members.push_back(n);
    group_of_[static_cast<size_t>(n)] = group_index;
    return true;
  }

  // Whether n's only reader, or that one's, meets there what depends on the group and cannot run with it: a derivative
  // waits for the gradient that it is multiplied with. Then n is better computed beside it than kept until then.
  [[nodiscard]] bool belongs_later(int32_t n, int32_t group_index) const {
    std::vector<char> reached;
    for (int32_t m = n;;) {
      const auto& readers = readers_[static_cast<size_t>(node(m).outputs[0])];
      if (readers.size() != 1 || !fusible(readers.front()) || kept_under_any_shape(node(m).outputs[0]) ||
          !(result(readers.front()) == result(n))) {
        return false;
      }
      const int32_t reader = readers.front();
      if (reached.empty()) {
        reached = all_after(groups_[static_cast<size_t>(group_index)].front());
      }
      for (const int32_t value : node(reader).inputs) {
        const int32_t other = maker(owners_[static_cast<size_t>(value)]);
        if (other != m && reached[static_cast<size_t>(other)] != 0 && !fusible(other)) {
          return true;
        }
      }
      m = reader;
    }
  }

  // Another shape of a member's result is read from its buffer, which the member's own kernel cannot do.
  [[nodiscard]] bool reads_view_of(int32_t n, int32_t group_index) const {
    return std::ranges::any_of(node(n).inputs, [&](int32_t value) {
      const int32_t owner = owners_[static_cast<size_t>(value)];
      const int32_t producer = maker(owner);
      return owner != value && producer >= 0 && group_of_[static_cast<size_t>(producer)] == group_index;
    });
  }

  // Whether some path leads out of the group and n and back into them, so that joining them would make a cycle.
  [[nodiscard]] bool comes_back(int32_t n, int32_t group_index) const {
    const auto inside = [&](int32_t m) { return m == n || group_of_[static_cast<size_t>(m)] == group_index; };
    const auto& members = groups_[static_cast<size_t>(group_index)];
    std::vector<char> seen(graph_.nodes().size(), 0);
    std::vector<int32_t> stack;
    const auto visit = [&](int32_t member, bool from_inside) {
      for (const int32_t earlier : before_[static_cast<size_t>(member)]) {
        if (seen[static_cast<size_t>(earlier)] == 0 && !(from_inside && inside(earlier))) {
          seen[static_cast<size_t>(earlier)] = 1;
          stack.push_back(earlier);
        }
      }
    };
    visit(n, true);
    for (const int32_t member : members) {
      visit(member, true);
    }
    while (!stack.empty()) {
      const int32_t m = stack.back();
      stack.pop_back();
      if (inside(m)) {
        return true;
      }
      const int32_t other = group_of_[static_cast<size_t>(m)];
      if (other < 0) {
        visit(m, false);
        continue;
      }
      const auto& others = groups_[static_cast<size_t>(other)];
      for (const int32_t member : others) {
        seen[static_cast<size_t>(member)] = 1;
        visit(member, false);
      }
    }
    return false;
  }

  // ---- The result

  Schedule finish() {
    Schedule schedule;
    schedule.copied = copied_;
    std::vector<PlanNode> unordered(groups_.size());
    for (size_t g = 0; g < groups_.size(); ++g) {
      unordered[g].members = groups_[g];
      describe(static_cast<int32_t>(g), unordered[g]);
    }
    const std::vector<int32_t> order = sorted(unordered);
    std::vector<int32_t> place_of(groups_.size(), -1);
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

  void describe(int32_t g, PlanNode& out) const {
    for (const int32_t member : out.members) {
      for (const int32_t earlier : before_[static_cast<size_t>(member)]) {
        if (const int32_t other = group_of_[static_cast<size_t>(earlier)]; other != g) {
          if (std::ranges::find(out.after, other) == out.after.end()) {
            out.after.push_back(other);
          }
        }
      }
      for (const int32_t value : node(member).inputs) {
        const int32_t producer = maker(owners_[static_cast<size_t>(value)]);
        const bool inside =
            owners_[static_cast<size_t>(value)] == value && group_of_[static_cast<size_t>(producer)] == g;
        const bool inlined = fusible(member) && runs(producer) && is_splat(producer);
        // A fused kernel reads each value once; any other one has its inputs by place, equal ones too.
        const bool known =
            node(member).operation->elementwise != nullptr && std::ranges::find(out.inputs, value) != out.inputs.end();
        if (!inside && !inlined && !known) {
          out.inputs.push_back(value);
        }
      }
      for (const int32_t value : node(member).outputs) {
        if (leaves_group(value, g)) {
          out.outputs.push_back(value);
        }
      }
    }
  }

  // Whether something outside the group reads the value, or it is kept.
  [[nodiscard]] bool leaves_group(int32_t value, int32_t g) const {
    if (groups_[static_cast<size_t>(g)].size() == 1 || kept_under_any_shape(value)) {
      return true;
    }
    return std::ranges::any_of(readers_[static_cast<size_t>(value)], [&](int32_t reader) {
      return group_of_[static_cast<size_t>(reader)] != g ||
             std::ranges::find(node(reader).inputs, value) == node(reader).inputs.end();  // under another shape
    });
  }

  // Kahn 1962, the earliest recorded first. A splat that is inlined everywhere has no reader left and is dropped.
  [[nodiscard]] std::vector<int32_t> sorted(const std::vector<PlanNode>& unordered) const {
    std::vector<char> dropped(unordered.size(), 0);
    for (size_t g = 0; g < unordered.size(); ++g) {
      const int32_t only = unordered[g].members.front();
      if (unordered[g].members.size() == 1 && is_splat(only)) {
        const int32_t value = node(only).outputs[0];
        dropped[g] = !kept_under_any_shape(value) && std::ranges::all_of(readers_[static_cast<size_t>(value)],
                                                                         [&](int32_t r) { return fusible(r); })
                         ? 1
                         : 0;
      }
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
    const auto later = [&](int32_t a, int32_t b) {
      return unordered[static_cast<size_t>(a)].members.back() > unordered[static_cast<size_t>(b)].members.back();
    };
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

  const ScheduleRequest& request_;
  const Graph& graph_;
  std::vector<int32_t> owners_;
  std::vector<char> live_;
  std::vector<int32_t> group_of_;
  std::vector<std::vector<int32_t>> groups_;   // graph nodes
  std::vector<std::vector<int32_t>> readers_;  // graph nodes, by the value that owns the buffer
  std::vector<std::vector<int32_t>> before_;   // graph nodes
  std::vector<std::vector<int32_t>> after_;    // the same edges, the other way
  std::vector<char> kept_owner_;               // by the value that owns the buffer
  std::vector<int32_t> copied_;
};

}  // namespace

std::vector<int32_t> buffer_owners(const Graph& graph) {
  std::vector<int32_t> owners(graph.value_count());
  for (const Node& node : graph.nodes()) {
    for (const int32_t value : node.outputs) {
      owners[static_cast<size_t>(value)] = node.operation->view ? owners[static_cast<size_t>(node.inputs[0])] : value;
    }
  }
  return owners;
}

Schedule make_schedule(const ScheduleRequest& request) {
  Schedule schedule = Scheduler(request).run();
  if (request.fuse) {
    attach_epilogues(schedule, request.graph, request.kept);
  }
  return schedule;
}

}  // namespace atelier::plan
