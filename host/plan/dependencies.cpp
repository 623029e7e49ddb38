#include "plan/dependencies.hpp"

#include <functional>
#include <queue>

namespace atelier::plan {
namespace {

bool is_leaf(const Node& node) {
  return node.operation->special == Special::input || node.operation->special == Special::parameter;
}

}  // namespace

bool writes_parameter(const Node& node) {
  return node.operation->special == Special::update || node.operation->special == Special::assign;
}

bool meets_ranks(const Node& node) {
  return node.operation->name == "rank_sum/1" || node.operation->name == "rank_concatenate/1";
}

std::vector<int32_t> buffer_owners(const Graph& graph) {
  std::vector<int32_t> owners(graph.value_count());
  for (const Node& node : graph.nodes()) {
    for (const int32_t value : node.outputs) {
      owners[static_cast<size_t>(value)] = node.operation->view ? owners[static_cast<size_t>(node.inputs[0])] : value;
    }
  }
  return owners;
}

Dependencies::Dependencies(const Graph& graph, const std::vector<char>& kept, int32_t first_node)
    : graph_(graph),
      first_node_(first_node),
      owners_(buffer_owners(graph)),
      live_(graph.nodes().size(), 0),
      readers_(graph.value_count()),
      before_(graph.nodes().size()),
      after_(graph.nodes().size()),
      kept_owner_(graph.value_count(), 0) {
  for (size_t value = 0; value < owners_.size(); ++value) {
    if (kept[value] != 0) {
      kept_owner_[static_cast<size_t>(owners_[value])] = 1;
    }
  }
  mark_live(kept);
  collect_readers();
  order_versions();
}

bool Dependencies::runs(int32_t n) const {
  return live_[static_cast<size_t>(n)] != 0 && n >= first_node_ && !is_leaf(node(n)) && !node(n).operation->view;
}

void Dependencies::mark_live(const std::vector<char>& kept) {
  for (auto n = static_cast<int32_t>(graph_.nodes().size()) - 1; n >= 0; --n) {
    bool wanted = live_[static_cast<size_t>(n)] != 0 || (writes_parameter(node(n)) && n >= first_node_);
    for (const int32_t value : node(n).outputs) {
      wanted = wanted || kept[static_cast<size_t>(value)] != 0;
    }
    if (wanted) {
      live_[static_cast<size_t>(n)] = 1;
      for (const int32_t value : node(n).inputs) {
        live_[static_cast<size_t>(graph_.value(value).node)] = 1;
      }
    }
  }
}

// The nodes that read each buffer, whatever shape they see it in.
void Dependencies::collect_readers() {
  for (auto n = first_node_; n < static_cast<int32_t>(graph_.nodes().size()); ++n) {
    if (!runs(n)) {
      continue;
    }
    for (const int32_t value : node(n).inputs) {
      auto& list = readers_[static_cast<size_t>(owner(value))];
      if (list.empty() || list.back() != n) {
        list.push_back(n);
      }
      if (const int32_t made = maker(value); runs(made)) {
        add_edge(made, n);
      }
    }
  }
}

void Dependencies::add_edge(int32_t earlier, int32_t later) {
  before_[static_cast<size_t>(later)].push_back(earlier);
  after_[static_cast<size_t>(earlier)].push_back(later);
}

void Dependencies::order_versions() {
  for (auto n = first_node_; n < static_cast<int32_t>(graph_.nodes().size()); ++n) {
    if (!runs(n) || !writes_parameter(node(n))) {
      continue;
    }
    const int32_t old_version = owner(node(n).inputs[0]);
    const std::vector<char> later = all_after(n);
    bool copy = kept_under_any_shape(old_version);
    for (const int32_t reader : readers(old_version)) {
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

std::vector<int32_t> Dependencies::in_order() const {
  std::vector<size_t> waits(graph_.nodes().size(), 0);
  size_t expected = 0;
  std::priority_queue<int32_t, std::vector<int32_t>, std::greater<>> ready;
  for (int32_t n = 0; n < static_cast<int32_t>(waits.size()); ++n) {
    waits[static_cast<size_t>(n)] = before(n).size();
    expected += runs(n) ? 1 : 0;
    if (runs(n) && before(n).empty()) {
      ready.push(n);
    }
  }
  std::vector<int32_t> order;
  while (!ready.empty()) {
    order.push_back(ready.top());
    ready.pop();
    for (const int32_t later : after_[static_cast<size_t>(order.back())]) {
      if (--waits[static_cast<size_t>(later)] == 0) {
        ready.push(later);
      }
    }
  }
  ATELIER_CHECK(order.size() == expected);
  return order;
}

std::vector<char> Dependencies::all_after(int32_t start) const {
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

}  // namespace atelier::plan
