#include "experiment/sweep.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "experiment/document.hpp"
#include "experiment/overrides.hpp"
#include "experiment/reading.hpp"
#include "experiment/resolved.hpp"
#include "experiment/sweep_axes.hpp"
#include "experiment/toml_table.hpp"

namespace atelier::experiment {
namespace {

// What one point takes of each axis, in their order.
using Values = std::vector<Node>;

// The command line, told apart: what varies, and what holds for all points.
struct Words {
  std::vector<Axis> axes;
  std::vector<std::string> fixed;
  std::vector<std::string> of_the_sweep;  // "sweep.random.count=5"
  std::set<std::vector<std::string>> fixed_paths;
};

void read_word(const std::string& word, const Place& place, Words& words, Problems& problems) {
  const std::vector<std::string> pieces = each_value(word);
  const std::vector<std::string> path = path_of(word);
  if (pieces.size() == 1) {
    (!path.empty() && path.front() == "sweep" ? words.of_the_sweep : words.fixed).push_back(word);
    words.fixed_paths.insert(path);
    return;
  }
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
  std::erase_if(words.axes, [&](const Axis& other) { return other.path == path; });  // the last one wins
  words.axes.push_back(std::move(axis));
}

Axis axis_of_seeds(const std::vector<int64_t>& seeds, size_t words) {
  Axis axis{{"seed"}, place_of_override("--seeds", words), {}};
  for (const int64_t seed : seeds) {
    Node node;
    node.kind = Node::Kind::integer;
    node.scalar = seed;
    node.place = axis.place;
    axis.values.push_back(std::move(node));
  }
  return axis;
}

void remove_axis(std::vector<Group>& groups, const std::vector<std::string>& path) {
  for (Group& group : groups) {
    std::erase_if(group, [&](const Axis& axis) { return axis.path == path; });
  }
  std::erase_if(groups, [](const Group& group) { return group.empty(); });
}

class Draw {
 public:
  explicit Draw(uint64_t seed) : bits_(seed) {}

  Values of(const std::vector<Group>& groups) {
    Values values;
    for (const Group& group : groups) {
      const Axis& first = group.front();
      const auto index = first.drawn ? 0 : static_cast<size_t>(share() * static_cast<double>(first.values.size()));
      for (const Axis& axis : group) {
        values.push_back(axis.drawn ? number(*axis.drawn, axis.place) : axis.values[index]);
      }
    }
    return values;
  }

 private:
  // In [0, 1), as std::mt19937_64 is the same everywhere and the distributions of the library are not.
  double share() { return static_cast<double>(bits_() >> 11U) * 0x1p-53; }

  Node number(const DrawnRange& range, const Place& place) {
    constexpr int digits = 6;
    const double low = range.logarithmic ? std::log(range.low) : range.low;
    const double high = range.logarithmic ? std::log(range.high) : range.high;
    const bool counts = range.integers && !range.logarithmic;
    const double drawn = low + share() * (high - low + (counts ? 1 : 0));
    Node node;
    node.place = place;
    if (range.integers) {
      node.kind = Node::Kind::integer;
      node.scalar = static_cast<int64_t>(counts ? std::floor(drawn) : std::round(std::exp(drawn)));
    } else {
      node.kind = Node::Kind::number;
      node.scalar = std::clamp(rounded(range.logarithmic ? std::exp(drawn) : drawn, digits), range.low, range.high);
    }
    return node;
  }

  std::mt19937_64 bits_;
};

// What is wrong with the points, each line once, and with which of them.
class PointProblems {
 public:
  void add(const Problems& problems, const std::string& label) {
    for (const auto& problem : problems.all()) {
      auto [found, is_new] = found_.try_emplace(problem.line, Found{problem.place, label, 0});
      ++found->second.points;
      if (is_new) {
        lines_.push_back(problem.line);
      }
    }
  }

  void move_to(Problems& problems, size_t points) const {
    for (const std::string& line : lines_) {
      const Found& found = found_.at(line);
      const std::string where =
          found.points == points || found.label.empty() ? ""
          : found.points == 1                           ? fmt::format(" (at the point {})", found.label)
                              : fmt::format(" (at {} of {} points, the first {})", found.points, points, found.label);
      problems.add({found.place, line + where});
    }
  }

 private:
  struct Found {
    Place place;
    std::string label;
    size_t points;
  };
  std::map<std::string, Found> found_;
  std::vector<std::string> lines_;
};

class Expansion {
 public:
  Expansion(Source source, const SweepWords& words, const std::vector<catalog::Description>& catalog)
      : source_(std::move(source)), catalog_(catalog), context_{catalog, {}, {}, {}} {
    document_ = parse_document(source_.text, source_.file_name);
    for (size_t i = 0; i < words.overrides.size(); ++i) {
      read_word(words.overrides[i], place_of_override(words.overrides[i], i), words_, context_.problems);
    }
    apply_overrides(document_, words_.of_the_sweep, context_.problems);
    const Node* const sweep = find(document_, "sweep");
    is_sweep_ = sweep != nullptr || !words_.axes.empty() || !words.seeds.empty();
    if (is_sweep_) {
      read_table(sweep);
      add_words(words);
    }
  }

  std::optional<Sweep> expand() {
    if (!is_sweep_) {
      return std::nullopt;
    }
    context_.problems.throw_if_any();
    for (const Group& group : table_.groups) {
      for (const Axis& axis : group) {
        axes_.push_back(&axis);
        sweep_.keys.push_back(axis.key());
      }
    }
    if (table_.random) {
      add_drawn_points();
    } else {
      add_all_points();
    }
    report_unmet_conditions();
    problems_.move_to(context_.problems, tried_);
    context_.problems.throw_if_any();
    report_empty();
    report_equal_points();
    context_.problems.throw_if_any();
    return std::move(sweep_);
  }

 private:
  void read_table(const Node* sweep) {
    if (sweep != nullptr && sweep->kind != Node::Kind::table) {
      context_.problems.add(sweep->place, "sweep", fmt::format("got {}, expected a table", describe(*sweep)));
    } else if (sweep != nullptr) {
      place_ = sweep->place;
      table_ = read_sweep_table(context_, *sweep);
      if (sweep->children.empty() && words_.axes.empty()) {
        context_.problems.add(place_, "sweep",
                              "got nothing that varies, expected lists of values by their keys, such as "
                              "\"model.latent\" = [2, 10]");
      }
    }
    std::erase_if(document_.children, [](const Node& child) { return child.key == "sweep"; });
  }

  // The command line's are the last, and vary fastest; seeds are never drawn.
  void add_words(const SweepWords& words) {
    for (const auto& path : words_.fixed_paths) {
      remove_axis(table_.groups, path);
    }
    for (Axis& axis : words_.axes) {
      remove_axis(table_.groups, axis.path);
      table_.groups.push_back({std::move(axis)});
    }
    if (!words.seeds.empty()) {
      remove_axis(table_.groups, {"seed"});
      table_.groups.push_back({axis_of_seeds(words.seeds, words.overrides.size())});
      seeds_ = words.seeds.size();
    }
  }

  [[nodiscard]] std::vector<Group> drawn_groups() const {
    std::vector<Group> groups = table_.groups;
    if (seeds_ > 0) {
      groups.pop_back();
    }
    return groups;
  }

  void add_all_points() {
    double count = 1;
    for (const Group& group : table_.groups) {
      count *= static_cast<double>(group.front().values.size());
    }
    if (count > static_cast<double>(most_points)) {
      context_.problems.add(place_, "sweep",
                            fmt::format("got {:.0f} points, expected at most {}; hint: [sweep.random] count draws some "
                                        "of them",
                                        count, most_points));
      return;
    }
    std::vector<size_t> at(table_.groups.size(), 0);
    for (auto left = static_cast<size_t>(count); left > 0; --left) {
      Values values;
      for (size_t g = 0; g < at.size(); ++g) {
        for (const Axis& axis : table_.groups[g]) {
          values.push_back(axis.values[at[g]]);
        }
      }
      sweep_.left_out += add_point(values) ? 0 : 1;
      for (size_t g = at.size(); g-- > 0 && ++at[g] == table_.groups[g].front().values.size();) {
        at[g] = 0;
      }
    }
  }

  // Each one once, so that a larger count keeps those of a smaller one.
  void add_drawn_points() {
    constexpr int64_t tries_for_each = 100, more_tries = 10'000;
    const RandomPoints& random = *table_.random;
    const std::vector<Group> groups = drawn_groups();
    Draw draw(random.seed);
    std::set<std::string> seen;
    int64_t points = 0;
    for (int64_t tries = 0; points < random.count && tries < tries_for_each * random.count + more_tries; ++tries) {
      const Values values = draw.of(groups);
      if (!seen.insert(label_of(values)).second) {
        continue;
      }
      if (add_with_seeds(values)) {
        ++points;
      } else {
        ++sweep_.left_out;
      }
    }
    if (points < random.count) {
      context_.problems.add(random.place, "sweep.random.count",
                            fmt::format("got {}, but there are only {} different points, expected at most so many",
                                        random.count, points));
    }
  }

  // False where conditions leave it out with each of its seeds.
  bool add_with_seeds(const Values& drawn) {
    if (seeds_ == 0) {
      return add_point(drawn);
    }
    bool any = false;
    for (const Node& seed : table_.groups.back().front().values) {
      Values values = drawn;
      values.push_back(seed);
      any = add_point(values) || any;
    }
    return any;
  }

  // False where a condition leaves it out.
  bool add_point(const Values& values) {
    Context context{catalog_, {}, {}, {}};
    Node document = document_;
    for (size_t i = 0; i < axes_.size(); ++i) {
      merge(document, nested(*axes_[i], values[i]));
    }
    apply_overrides(document, words_.fixed, context.problems);
    if (is_excluded(document)) {
      return false;
    }
    ++tried_;
    const Experiment experiment = read_experiment(context, document);
    SweepPoint point;
    point.label = label_of(values);
    point.name = experiment.name;
    for (size_t i = 0; i < axes_.size(); ++i) {
      point.values.push_back(literal(values[i]));
      point.overrides.push_back(axes_[i]->key() + "=" + point.values.back());
    }
    point.overrides.insert(point.overrides.end(), words_.fixed.begin(), words_.fixed.end());
    problems_.add(context.problems, point.label);
    point.identity = identity_of(write_resolved(context.resolved));
    sweep_.points.push_back(std::move(point));
    return true;
  }

  bool is_excluded(const Node& document) {
    bool excluded = false;
    for (const Exclusion& exclusion : table_.exclusions) {
      for (const Condition& condition : exclusion) {
        if (find_path(document, condition.path) != nullptr) {
          met_.insert(&condition);
        }
      }
      excluded = excluded || holds(exclusion, document);
    }
    return excluded;
  }

  // The tables that lead to the value, as an override has them.
  static Node nested(const Axis& axis, Node value) {
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

  [[nodiscard]] std::string label_of(const Values& values) const {
    std::string label;
    for (size_t i = 0; i < values.size(); ++i) {
      label += (label.empty() ? "" : " ") + axes_[i]->key() + "=" + literal(values[i]);
    }
    return label;
  }

  void report_unmet_conditions() {
    std::vector<std::string> known = sweep_.keys;
    for (const auto& [key, value] : flatten(source_.text, source_.file_name)) {
      known.push_back(key);
    }
    for (const Exclusion& exclusion : table_.exclusions) {
      for (const Condition& condition : exclusion) {
        if (met_.count(&condition) == 0) {
          const std::string key = join(condition.path);
          const std::string hint = did_you_mean(key, known);
          context_.problems.add(condition.place, "sweep.skip",
                                fmt::format("got '{}', which neither the file nor the sweep gives{}", key,
                                            hint.empty() ? ", and defaults are not looked at" : hint));
        }
      }
    }
  }

  void report_empty() {
    if (sweep_.points.empty()) {
      context_.problems.add(
          place_, "sweep.skip",
          fmt::format("got conditions that leave out all {} points, expected some left", sweep_.left_out));
    }
  }

  void report_equal_points() {
    std::map<std::string, const SweepPoint*> seen;
    for (const SweepPoint& point : sweep_.points) {
      const auto [first, is_new] = seen.try_emplace(point.identity, &point);
      if (!is_new) {
        context_.problems.add(axes_.empty() ? place_ : axes_.front()->place, "sweep",
                              fmt::format("got the points {} and {}, which are the same experiment, expected each once",
                                          first->second->label, point.label));
      }
    }
  }

  Source source_;
  const std::vector<catalog::Description>& catalog_;
  Context context_;  // of the sweep's own mistakes
  Node document_;    // without [sweep]
  Place place_;
  Words words_;
  bool is_sweep_ = false;
  SweepTable table_;
  size_t seeds_ = 0;  // of the command line, as the last group
  std::vector<const Axis*> axes_;
  std::set<const Condition*> met_;  // whose key some point has
  size_t tried_ = 0;                // points that were read
  PointProblems problems_;
  Sweep sweep_;
};

}  // namespace

std::string identity_of(std::string_view resolved_text) {
  Sha256 hash;
  hash.update(resolved_text.data(), resolved_text.size());
  return hash.digest();
}

std::optional<Sweep> expand_sweep(std::string_view text, std::string_view file_name,
                                  const std::filesystem::path& directory, const SweepWords& words,
                                  const std::vector<catalog::Description>& catalog) {
  return Expansion({std::string(text), std::string(file_name), directory}, words, catalog).expand();
}

std::optional<Sweep> load_sweep(const std::filesystem::path& file, const SweepWords& words,
                                const std::vector<catalog::Description>& catalog) {
  return Expansion(read_source(file), words, catalog).expand();
}

Experiment load_point(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                      const std::vector<catalog::Description>& catalog) {
  const Source source = read_source(file);
  Context context{catalog, {}, {}, {}};
  Node document = parse_document(source.text, source.file_name);
  std::erase_if(document.children, [](const Node& child) { return child.key == "sweep"; });
  apply_overrides(document, overrides, context.problems);
  Experiment experiment = read_experiment(context, document);
  return finished(context, std::move(experiment), source, overrides);
}

}  // namespace atelier::experiment
