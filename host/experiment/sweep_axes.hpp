// Inside this room only: what a sweep varies, as [sweep] says it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiment/document.hpp"
#include "experiment/problems.hpp"
#include "experiment/sweep.hpp"
#include "experiment/toml_table.hpp"

namespace atelier::experiment {

inline constexpr int64_t most_points = 10'000;  // of one sweep

// Numbers to draw from, both ends among them.
struct DrawnRange {
  double low = 0, high = 0;
  bool integers = false;
  bool logarithmic = false;
};

// The values that one key takes.
struct Axis {
  std::vector<std::string> path;  // {"model", "latent"}
  Place place;                    // of the key
  std::vector<Node> values;       // empty where they are drawn from a range
  std::optional<DrawnRange> drawn{};

  [[nodiscard]] std::string key() const;  // "model.latent"
};

// What varies together: every axis has as many values as the first.
using Group = std::vector<Axis>;

struct RandomPoints {
  int64_t count = 0;
  uint64_t seed = 0;
  Place place;
};

// A point is left out where all of these hold of it.
struct Condition {
  std::vector<std::string> path;
  Place place;
  std::vector<Node> any_of{};  // one of these values; empty where it is bounded instead
  std::optional<double> above{}, below{}, at_least{}, at_most{};
};
using Exclusion = std::vector<Condition>;

struct SweepTable {
  std::vector<Group> groups;  // as they stand in the file
  std::optional<RandomPoints> random;
  std::vector<Exclusion> exclusions;
  std::optional<SweepHalving> halving;
};

// The children of [sweep]; what is wrong with them goes to the context's problems.
SweepTable read_sweep_table(Context& context, const Node& sweep);

// The axes of a table of keys, dotted or in tables, in the order of their places. `is_drawn`: a range may stay one.
std::vector<Axis> read_axes(Problems& problems, const Node& table, const std::string& path, bool is_drawn);

// {range = [1, 5], step = 2}, {log_range = [1e-4, 1.0], count = 5}
bool is_range(const Node& table);
void read_range(Problems& problems, const Node& table, const std::string& path, bool is_drawn, Axis& axis);

// A number near this one that is short to write, with so many significant digits.
double rounded(double value, int digits);

// [sweep.halving]
SweepHalving read_halving(Context& context, const Node& node);

Exclusion read_exclusion(Problems& problems, const Node& node, const std::string& path);
bool holds(const Exclusion& exclusion, const Node& document);

// The path of a key of a sweep that is written as in a file, below another; empty, and a problem, where it is none.
std::vector<std::string> read_path(Problems& problems, const Node& child, const std::vector<std::string>& below);
std::string join(const std::vector<std::string>& path);
const Node* find_path(const Node& document, const std::vector<std::string>& path);

}  // namespace atelier::experiment
