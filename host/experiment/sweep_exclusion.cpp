// Conditions of a sweep: skip = [{"optimizer.use" = "sgd", "optimizer.learning_rate" = {above = 0.01}}].
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "experiment/sweep_axes.hpp"

namespace atelier::experiment {
namespace {

using Bound = std::optional<double> Condition::*;
constexpr std::array<std::pair<const char*, Bound>, 4> bounds{{{"above", &Condition::above},
                                                               {"below", &Condition::below},
                                                               {"at_least", &Condition::at_least},
                                                               {"at_most", &Condition::at_most}}};

std::optional<double> number_of(const Node& node) {
  if (node.kind == Node::Kind::integer) {
    return static_cast<double>(std::get<int64_t>(node.scalar));
  }
  return node.kind == Node::Kind::number ? std::optional(std::get<double>(node.scalar)) : std::nullopt;
}

bool is_bounds(const Node& table) {
  return std::ranges::any_of(bounds, [&](const auto& bound) { return find(table, bound.first) != nullptr; });
}

void read_bounds(Problems& problems, const Node& table, const std::string& path, Condition& condition) {
  for (const Node& child : table.children) {
    const auto bound = std::ranges::find_if(bounds, [&](const auto& one) { return one.first == child.key; });
    if (bound == bounds.end()) {
      problems.add(child.key_place, join_path(path, child.key),
                   "got an unknown key" + instead_of(child.key, {"above", "below", "at_least", "at_most"}));
    } else if (const auto number = number_of(child)) {
      condition.*bound->second = *number;
    } else {
      problems.add(child.place, join_path(path, child.key), fmt::format("got {}, expected a number", describe(child)));
    }
  }
}

void read_conditions(Problems& problems, const Node& table, const std::string& path,
                     const std::vector<std::string>& below, Exclusion& exclusion) {
  for (const Node& child : table.children) {
    const std::string child_path = join_path(path, child.key);
    Condition condition{read_path(problems, child, below), child.key_place};
    if (condition.path.empty()) {
      continue;
    }
    if (child.kind == Node::Kind::table && !is_bounds(child)) {
      read_conditions(problems, child, child_path, condition.path, exclusion);
      continue;
    }
    if (child.kind == Node::Kind::table) {
      read_bounds(problems, child, child_path, condition);
    } else if (child.kind == Node::Kind::list) {
      condition.any_of = child.children;
      condition.any_of.push_back(child);  // of a setting that is a list itself
    } else {
      condition.any_of = {child};
    }
    exclusion.push_back(std::move(condition));
  }
}

bool is_equal(const Node& a, const Node& b) {
  const auto number = number_of(a);
  const auto other = number_of(b);
  if (number && other) {
    return *number == *other;
  }
  const std::string* const text = text_of(a);
  const std::string* const other_text = text_of(b);
  return text != nullptr && other_text != nullptr ? *text == *other_text : a.kind == b.kind && literal(a) == literal(b);
}

bool holds(const Condition& condition, const Node& document) {
  const Node* const node = find_path(document, condition.path);
  if (node == nullptr) {
    return false;
  }
  if (!condition.any_of.empty()) {
    return std::ranges::any_of(condition.any_of, [&](const Node& value) { return is_equal(*node, value); });
  }
  const auto number = number_of(*node);
  return number && !(condition.above && !(*number > *condition.above)) &&
         !(condition.below && !(*number < *condition.below)) &&
         !(condition.at_least && !(*number >= *condition.at_least)) &&
         !(condition.at_most && !(*number <= *condition.at_most));
}

}  // namespace

Exclusion read_exclusion(Problems& problems, const Node& node, const std::string& path) {
  Exclusion exclusion;
  if (node.kind != Node::Kind::table || node.children.empty()) {
    problems.add(node.place, path,
                 fmt::format("got {}, expected a table of keys and values that are left out together",
                             node.kind == Node::Kind::table ? "an empty table" : describe(node)));
  } else {
    read_conditions(problems, node, path, {}, exclusion);
  }
  return exclusion;
}

bool holds(const Exclusion& exclusion, const Node& document) {
  return std::ranges::all_of(exclusion, [&](const Condition& one) { return holds(one, document); });
}

}  // namespace atelier::experiment
