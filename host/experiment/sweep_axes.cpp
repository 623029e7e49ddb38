#include "experiment/sweep_axes.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "experiment/overrides.hpp"
#include "experiment/sections.hpp"

namespace atelier::experiment {
namespace {

constexpr const char* the_values = "expected a list of values, or a range such as {range = [1, 5]}";

void read_axes_below(Problems& problems, const Node& table, const std::string& path, bool is_drawn,
                     const std::vector<std::string>& below, std::vector<Axis>& axes) {
  for (const Node& child : table.children) {
    const std::string child_path = join_path(path, child.key);
    Axis axis{read_path(problems, child, below), child.key_place, {}};
    if (axis.path.empty()) {
      continue;
    }
    if (child.kind == Node::Kind::table && !is_range(child)) {
      read_axes_below(problems, child, child_path, is_drawn, axis.path, axes);
      continue;
    }
    if (child.kind == Node::Kind::table) {
      read_range(problems, child, child_path, is_drawn, axis);
    } else if (child.kind == Node::Kind::list && !child.children.empty()) {
      axis.values = child.children;
    } else {
      const bool empty = child.kind == Node::Kind::list;
      problems.add(child.place, child_path,
                   fmt::format("got {}, {}", empty ? "an empty list" : describe(child), the_values));
    }
    axes.push_back(std::move(axis));
  }
}

// Nodes of a list of tables, or the one table that stands in its place.
std::vector<const Node*> tables_of(const Node& node) {
  std::vector<const Node*> tables;
  if (node.kind == Node::Kind::list) {
    for (const Node& child : node.children) {
      tables.push_back(&child);
    }
  } else {
    tables.push_back(&node);
  }
  return tables;
}

void read_zip(Problems& problems, const Node& zip, std::vector<Group>& groups) {
  for (const Node* const table : tables_of(zip)) {
    if (table->kind != Node::Kind::table) {
      problems.add(table->place, "sweep.zip",
                   fmt::format("got {}, expected a table of lists that vary together", describe(*table)));
      continue;
    }
    Group group = read_axes(problems, *table, "sweep.zip", false);
    for (const Axis& axis : group) {
      const size_t expected = group.front().values.size();
      if (!axis.values.empty() && expected > 0 && axis.values.size() != expected) {
        problems.add(axis.place, "sweep.zip." + axis.key(),
                     fmt::format("got {} values, expected {}, as {} has: they vary together", axis.values.size(),
                                 expected, group.front().key()));
      }
    }
    if (group.size() < 2) {
      problems.add(table->place, "sweep.zip", "got fewer than two keys, expected what varies together");
    }
    groups.push_back(std::move(group));
  }
}

void read_random(Context& context, const Node& node, std::optional<RandomPoints>& random) {
  if (node.kind != Node::Kind::table) {
    context.problems.add(node.place, "sweep.random",
                         fmt::format("got {}, expected a table: {{count = 20, seed = 1}}", describe(node)));
    return;
  }
  const TomlTable table{&node, "sweep.random", node.place, true};
  report_unknown(context, table, names_in(section("sweep.random")));
  const Values values = read_values(context, table, section("sweep.random").keys);
  const int64_t count = values.get<int64_t>("count");
  random = RandomPoints{count, static_cast<uint64_t>(values.get<int64_t>("seed")),
                        values.given("count") ? values.places.at("count") : node.place};
  if (count > most_points) {
    context.problems.add(random->place, "sweep.random.count",
                         fmt::format("got {}, expected at most {} points", count, most_points));
  }
}

// What an override says of a key stands for what the file says of it, written in whichever way.
void replace_overridden(std::vector<Group>& groups) {
  std::vector<std::vector<std::string>> overridden;
  for (const Group& group : groups) {
    for (const Axis& axis : group) {
      if (axis.place.override_index > 0) {
        overridden.push_back(axis.path);
      }
    }
  }
  for (Group& group : groups) {
    std::erase_if(group, [&](const Axis& axis) {
      return axis.place.override_index == 0 && std::ranges::count(overridden, axis.path) > 0;
    });
  }
  std::erase_if(groups, [](const Group& group) { return group.empty(); });
}

void report_twice(Problems& problems, const std::vector<Group>& groups) {
  std::vector<const Axis*> seen;
  for (const Group& group : groups) {
    for (const Axis& axis : group) {
      const auto same = [&](const Axis* other) { return other->path == axis.path; };
      if (const auto first = std::ranges::find_if(seen, same); first != seen.end()) {
        problems.add(
            axis.place, "sweep",
            fmt::format("got '{}' a second time, which {} varies already", axis.key(), (*first)->place.text()));
      }
      seen.push_back(&axis);
    }
  }
}

}  // namespace

std::string Axis::key() const {
  return join(path);
}

std::string join(const std::vector<std::string>& path) {
  std::string text;
  for (const std::string& key : path) {
    text = join_path(text, key);
  }
  return text;
}

const Node* find_path(const Node& document, const std::vector<std::string>& path) {
  const Node* node = &document;
  for (const std::string& key : path) {
    node = node == nullptr ? nullptr : find(*node, key);
  }
  return node;
}

std::vector<std::string> read_path(Problems& problems, const Node& child, const std::vector<std::string>& below) {
  std::vector<std::string> path = path_of(child.key + "=0");
  if (path.empty() && child.key.find('.') == std::string::npos) {
    path = {child.key};  // a name with spaces, say
  }
  if (path.empty()) {
    problems.add(child.key_place, "sweep",
                 fmt::format("got the key {}, expected a dotted one such as \"model.latent\"", quote_key(child.key)));
    return {};
  }
  std::vector<std::string> all = below;
  all.insert(all.end(), path.begin(), path.end());
  return all;
}

std::vector<Axis> read_axes(Problems& problems, const Node& table, const std::string& path, bool is_drawn) {
  std::vector<Axis> axes;
  read_axes_below(problems, table, path, is_drawn, {}, axes);
  std::ranges::stable_sort(axes, {}, &Axis::place);
  return axes;
}

SweepTable read_sweep_table(Context& context, const Node& sweep) {
  SweepTable read;
  Node grid = sweep;
  std::erase_if(grid.children, [](const Node& child) {
    return child.key == "zip" || child.key == "random" || child.key == "skip" || child.key == "halving";
  });
  if (const Node* const random = find(sweep, "random")) {
    read_random(context, *random, read.random);
  }
  if (const Node* const halving = find(sweep, "halving")) {
    read.halving = read_halving(context, *halving);
  }
  for (Axis& axis : read_axes(context.problems, grid, "sweep", read.random.has_value())) {
    read.groups.push_back({std::move(axis)});
  }
  if (const Node* const zip = find(sweep, "zip")) {
    read_zip(context.problems, *zip, read.groups);
  }
  std::ranges::stable_sort(read.groups, {},
                           [](const Group& group) { return group.empty() ? Place{} : group[0].place; });
  replace_overridden(read.groups);
  report_twice(context.problems, read.groups);
  if (const Node* const skip = find(sweep, "skip")) {
    for (const Node* const table : tables_of(*skip)) {
      read.exclusions.push_back(read_exclusion(context.problems, *table, "sweep.skip"));
    }
  }
  return read;
}

}  // namespace atelier::experiment
