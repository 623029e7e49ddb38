#include "plan/epilogues.hpp"

#include <algorithm>

#include "plan/dependencies.hpp"

namespace atelier::plan {
namespace {

class Attacher {
 public:
  Attacher(Schedule& schedule, const Graph& graph, const std::vector<char>& kept)
      : nodes_(schedule.nodes),
        graph_(graph),
        owners_(buffer_owners(graph)),
        gone_(nodes_.size(), 0),
        followers_(nodes_.size()),
        only_reader_(owners_.size(), nobody) {
    find_followers();
    find_readers(kept);
  }

  void run() {
    for (size_t j = 0; j < nodes_.size(); ++j) {
      if (is_elementwise(nodes_[j])) {
        if (const int32_t producer = producer_of(j); producer >= 0) {
          attach(static_cast<size_t>(producer), j);
        }
      }
    }
    compact();
  }

 private:
  static constexpr int32_t nobody = -1, several = -2;

  void find_followers() {
    for (size_t j = 0; j < nodes_.size(); ++j) {
      for (const int32_t earlier : nodes_[j].after) {
        followers_[static_cast<size_t>(earlier)].push_back(static_cast<int32_t>(j));
      }
    }
  }

  void find_readers(const std::vector<char>& kept) {
    for (size_t j = 0; j < nodes_.size(); ++j) {
      for (const int32_t value : nodes_[j].inputs) {
        int32_t& reader = only_reader_of(value);
        reader = reader == nobody || reader == static_cast<int32_t>(j) ? static_cast<int32_t>(j) : several;
      }
    }
    for (size_t value = 0; value < owners_.size(); ++value) {
      if (kept[value] != 0) {
        only_reader_of(static_cast<int32_t>(value)) = several;
      }
    }
  }

  int32_t& only_reader_of(int32_t value) {
    return only_reader_[static_cast<size_t>(owners_[static_cast<size_t>(value)])];
  }
  [[nodiscard]] const Operation& operation(const PlanNode& node) const {
    return *graph_.nodes()[static_cast<size_t>(node.members.back())].operation;
  }
  [[nodiscard]] int32_t part(const PlanNode& node) const {
    return graph_.nodes()[static_cast<size_t>(node.members.back())].part;
  }
  [[nodiscard]] bool is_elementwise(const PlanNode& node) const { return operation(node).elementwise != nullptr; }
  [[nodiscard]] const TensorType& type(int32_t value) const { return graph_.value(value).type; }

  // The latest node that could take j as its epilogue; -1 where none can.
  [[nodiscard]] int32_t producer_of(size_t j) const {
    const PlanNode& node = nodes_[j];
    int32_t found = -1;
    for (const int32_t i : node.after) {
      const PlanNode& producer = nodes_[static_cast<size_t>(i)];
      const bool has_one_result = operation(producer).kernel && producer.outputs.size() == 1 && !producer.epilogue &&
                                  operation(producer).special == Special::none;
      if (i > found && has_one_result && std::ranges::find(node.inputs, producer.outputs[0]) != node.inputs.end() &&
          type(producer.outputs[0]) == type(node.outputs[0]) && !reads_view_of(node, producer.outputs[0]) &&
          part(producer) == part(node) && nobody_waits_between(i, j)) {
        found = i;
      }
    }
    return found;
  }

  // Another shape of the result is read from its buffer, where it is not before the producer is done.
  [[nodiscard]] bool reads_view_of(const PlanNode& node, int32_t value) const {
    return std::ranges::any_of(
        node.inputs, [&](int32_t input) { return input != value && owners_[static_cast<size_t>(input)] == value; });
  }

  // Then the producer may as well run when j would.
  [[nodiscard]] bool nobody_waits_between(int32_t i, size_t j) const {
    return std::ranges::none_of(followers_[static_cast<size_t>(i)], [&](int32_t k) {
      return static_cast<size_t>(k) < j && gone_[static_cast<size_t>(k)] == 0;
    });
  }

  void attach(size_t i, size_t j) {
    PlanNode merged = std::move(nodes_[i]);
    PlanNode& last = nodes_[j];
    merged.epilogue = PlanEpilogue{std::move(last.members), std::move(last.inputs), std::move(last.outputs),
                                   only_reader_of(merged.outputs[0]) == several};
    for (const int32_t earlier : merged.after) {
      followers_[static_cast<size_t>(earlier)].push_back(static_cast<int32_t>(j));
    }
    for (const int32_t earlier : last.after) {
      if (earlier != static_cast<int32_t>(i) && std::ranges::find(merged.after, earlier) == merged.after.end()) {
        merged.after.push_back(earlier);
      }
    }
    nodes_[j] = std::move(merged);
    gone_[i] = 1;
    for (const int32_t k : followers_[i]) {
      if (k != static_cast<int32_t>(j)) {
        rename(nodes_[static_cast<size_t>(k)].after, static_cast<int32_t>(i), static_cast<int32_t>(j));
        followers_[j].push_back(k);
      }
    }
  }

  static void rename(std::vector<int32_t>& list, int32_t from, int32_t to) {
    if (std::erase(list, from) > 0 && std::ranges::find(list, to) == list.end()) {
      list.push_back(to);
    }
  }

  void compact() {
    std::vector<int32_t> place_of(nodes_.size(), -1);
    std::vector<PlanNode> left;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (gone_[i] == 0) {
        place_of[i] = static_cast<int32_t>(left.size());
        left.push_back(std::move(nodes_[i]));
      }
    }
    for (PlanNode& node : left) {
      for (int32_t& earlier : node.after) {
        earlier = place_of[static_cast<size_t>(earlier)];
      }
      std::ranges::sort(node.after);
    }
    nodes_ = std::move(left);
  }

  std::vector<PlanNode>& nodes_;
  const Graph& graph_;
  std::vector<int32_t> owners_;
  std::vector<char> gone_;
  std::vector<std::vector<int32_t>> followers_;  // by plan node: those that it comes before, gone ones among them
  std::vector<int32_t> only_reader_;             // by the value that owns a buffer; several where it is kept, too
};

}  // namespace

void attach_epilogues(Schedule& schedule, const Graph& graph, const std::vector<char>& kept) {
  Attacher(schedule, graph, kept).run();
}

}  // namespace atelier::plan
