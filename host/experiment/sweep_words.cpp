#include "experiment/sweep_words.hpp"

#include <utility>

#include "experiment/overrides.hpp"

namespace atelier::experiment {

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
