#include "experiment/sweep_given.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "experiment/overrides.hpp"
#include "experiment/resolved.hpp"

namespace atelier::experiment {
namespace {

bool begins_with(const std::vector<std::string>& path, const std::vector<std::string>& beginning) {
  return path.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), path.begin());
}

void remove_if(std::vector<Group>& groups, const auto& is_gone) {
  for (Group& group : groups) {
    std::erase_if(group, is_gone);
  }
  std::erase_if(groups, [](const Group& group) { return group.empty(); });
}

}  // namespace

Node nested(const Axis& axis, Node value) {
  value.key_place = axis.place;
  for (size_t i = axis.path.size(); i-- > 0;) {
    value.key = axis.path[i];
    Node table;
    table.place = table.key_place = axis.place;
    table.children.push_back(std::move(value));
    value = std::move(table);
  }
  return value;
}

void remove_axis(std::vector<Group>& groups, const std::vector<std::string>& path) {
  remove_if(groups, [&](const Axis& axis) { return axis.path == path; });
}

void remove_given(std::vector<Group>& groups, const std::string& override_text) {
  const std::variant<Node, Refusal> read = read_override(override_text);
  const std::vector<std::string> path = path_of(override_text);
  if (const auto* const given = std::get_if<Node>(&read)) {
    remove_if(groups, [&](const Axis& axis) {
      return begins_with(axis.path, path) && find_path(*given, axis.path) != nullptr;
    });
  }
}

void refuse_contradiction(const std::vector<Group>& groups, const std::string& override_text, const Place& place,
                          Problems& problems) {
  const std::vector<std::string> path = path_of(override_text);
  for (const Group& group : groups) {
    for (const Axis& axis : group) {
      const auto says = [&](const Node& value) { return find_path(nested(axis, value), path) != nullptr; };
      const auto value = std::ranges::find_if(axis.values, says);
      if (path.size() > axis.path.size() && begins_with(path, axis.path) && value != axis.values.end()) {
        problems.add(place, join(path),
                     fmt::format("got a value beside that of {} = {}, which the sweep varies, expected a key that none "
                                 "of its values has; hint: {}={{...}} takes the place of what varies",
                                 axis.key(), literal(*value), axis.key()));
        return;
      }
    }
  }
}

}  // namespace atelier::experiment
