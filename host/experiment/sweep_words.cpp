#include "experiment/sweep_words.hpp"

#include <algorithm>
#include <utility>

#include "experiment/overrides.hpp"

namespace atelier::experiment {
namespace {

// "model.latent" becomes a key in a table, unless the table has one of that name already, which is a mistake to be
// reported.
void nest_dotted_keys(Node& sweep) {
  std::vector<Node> children;
  std::swap(children, sweep.children);
  for (Node& child : children) {
    const std::vector<std::string> path = path_of(child.key + "=0");
    if (path.size() < 2 || find_path(sweep, path) != nullptr) {
      sweep.children.push_back(std::move(child));
      continue;
    }
    Node value = std::move(child);
    const Place place = value.key_place;
    for (size_t i = path.size(); i-- > 0;) {
      value.key = path[i];
      Node table;
      table.kind = Node::Kind::table;
      table.place = table.key_place = place;
      table.children.push_back(std::move(value));
      value = std::move(table);
    }
    merge(sweep, std::move(value));
  }
}

Node* find_changing(Node& table, const std::vector<std::string>& path) {
  Node* node = &table;
  for (const std::string& key : path) {
    const auto found = std::ranges::find(node->children, key, &Node::key);
    if (found == node->children.end()) {
      return nullptr;
    }
    node = &*found;
  }
  return node;
}

}  // namespace

void apply_to_sweep(Node& document, const std::vector<std::string>& overrides, Problems& problems) {
  if (overrides.empty()) {
    return;
  }
  if (Node* const sweep = find_changing(document, {"sweep"}); sweep != nullptr && sweep->kind == Node::Kind::table) {
    nest_dotted_keys(*sweep);
  }
  for (const std::string& word : overrides) {
    const std::vector<std::string> path = path_of(word);
    const std::variant<Node, Refusal> read = read_override(word);
    const auto* const given = std::get_if<Node>(&read);
    const Node* const value = given == nullptr ? nullptr : find_path(*given, path);
    Node* const there = find_changing(document, path);
    if (value != nullptr && there != nullptr && value->kind == Node::Kind::table && is_range(*value)) {
      there->children.clear();
      there->kind = Node::Kind::table;
    }
  }
  apply_overrides(document, overrides, problems);
}

void VaryingWords::add(const std::string& word, const Place& place, Problems& problems) {
  const std::vector<std::string> pieces = each_value(word);
  const std::vector<std::string> path = path_of(word);
  std::erase_if(axes, [&](const Axis& other) { return other.path == path; });
  if (pieces.size() == 1) {
    (!path.empty() && path.front() == "sweep" ? of_the_sweep : fixed).push_back(word);
    return;
  }
  if (!path.empty() && path.front() == "sweep") {
    problems.add(place, "",
                 "got several values of what the sweep itself is made of, expected one; hint: a list in brackets");
    return;
  }
  std::erase_if(fixed, [&](const std::string& other) { return path_of(other) == path; });
  Axis axis{path, place, {}};
  for (const std::string& piece : pieces) {
    std::variant<Node, Refusal> read = read_override(piece);
    if (const auto* refusal = std::get_if<Refusal>(&read)) {
      problems.add(place, "", refusal->syntax ? no_override : refusal->reason);
      return;
    }
    axis.values.push_back(*find_path(std::get<Node>(read), path));
    set_place(axis.values.back(), place);
  }
  axes.push_back(std::move(axis));
}

Axis axis_of_seeds(const std::vector<int64_t>& seeds, const Place& place) {
  Axis axis{{"seed"}, place, {}};
  for (const int64_t seed : seeds) {
    Node node;
    node.kind = Node::Kind::integer;
    node.scalar = seed;
    node.place = place;
    axis.values.push_back(std::move(node));
  }
  return axis;
}

}  // namespace atelier::experiment
