#include "experiment/sweep.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "experiment/document.hpp"
#include "experiment/overrides.hpp"
#include "experiment/reading.hpp"
#include "experiment/resolved.hpp"
#include "experiment/sweep_axes.hpp"
#include "experiment/sweep_draw.hpp"
#include "experiment/sweep_given.hpp"
#include "experiment/sweep_problems.hpp"
#include "experiment/sweep_words.hpp"
#include "experiment/toml_table.hpp"

namespace atelier::experiment {
namespace {

class Expansion {
 public:
  Expansion(Source source, const SweepWords& words, const std::vector<catalog::Description>& catalog)
      : source_(std::move(source)), catalog_(catalog), context_{catalog, {}, {}, {}} {
    document_ = parse_document(source_.text, source_.file_name);
    for (size_t i = 0; i < words.overrides.size(); ++i) {
      words_.add(words.overrides[i], place_of_override(words.overrides[i], i), context_.problems);
    }
    apply_to_sweep(document_, words_.of_the_sweep, context_.problems);
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
      sweep_.halving = table_.halving;
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
    const size_t in_file = count_axes();
    for (const std::string& word : words_.fixed) {
      remove_given(table_.groups, word);
    }
    for (const Axis& axis : words_.axes) {
      remove_axis(table_.groups, axis.path);
    }
    for (size_t i = 0; i < words.overrides.size(); ++i) {
      refuse_contradiction(table_.groups, words.overrides[i], place_of_override(words.overrides[i], i),
                           context_.problems);
    }
    narrowed_ = count_axes() < in_file;
    for (Axis& axis : words_.axes) {
      table_.groups.push_back({std::move(axis)});
    }
    if (!words.seeds.empty()) {
      remove_axis(table_.groups, {"seed"});
      table_.groups.push_back({axis_of_seeds(words.seeds, place_of_override("--seeds", words.overrides.size()))});
      seeds_ = words.seeds.size();
    }
  }

  [[nodiscard]] size_t count_axes() const {
    size_t count = 0;
    for (const Group& group : table_.groups) {
      count += group.size();
    }
    return count;
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
      PointValues values;
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
    const auto seeds = static_cast<int64_t>(std::max<size_t>(seeds_, 1));
    if (random.count > most_points / seeds) {
      context_.problems.add(random.place, "sweep.random.count",
                            fmt::format("got {} points with {} seeds each, expected at most {} in all", random.count,
                                        seeds, most_points));
      return;
    }
    const std::vector<Group> groups = drawn_groups();
    Draw draw(random.seed);
    std::set<std::string> seen;
    int64_t points = 0;
    for (int64_t tries = 0; points < random.count && tries < tries_for_each * random.count + more_tries; ++tries) {
      const PointValues values = draw.of(groups);
      if (!seen.insert(label_of(values)).second) {
        continue;
      }
      if (add_with_seeds(values)) {
        ++points;
      } else {
        ++sweep_.left_out;
      }
    }
    if (points < random.count && !(narrowed_ && points > 0)) {  // of fewer values there may be fewer points
      context_.problems.add(random.place, "sweep.random.count",
                            fmt::format("got {}, but there are only {} different points, expected at most so many",
                                        random.count, points));
    }
  }

  // False where conditions leave it out with each of its seeds.
  bool add_with_seeds(const PointValues& drawn) {
    if (seeds_ == 0) {
      return add_point(drawn);
    }
    bool any = false;
    for (const Node& seed : table_.groups.back().front().values) {
      PointValues values = drawn;
      values.push_back(seed);
      any = add_point(values) || any;
    }
    return any;
  }

  // False where a condition leaves it out.
  bool add_point(const PointValues& values) {
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

  // Whether some point could have the key: by a value that has been drawn for none of them, too.
  [[nodiscard]] bool may_be_given(const std::vector<std::string>& path) const {
    return std::ranges::any_of(axes_, [&](const Axis* axis) {
      const auto gives = [&](const Node& value) { return find_path(nested(*axis, value), path) != nullptr; };
      return axis->path == path || std::ranges::any_of(axis->values, gives);
    });
  }

  [[nodiscard]] std::string label_of(const PointValues& values) const {
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
        if (met_.count(&condition) == 0 && !may_be_given(condition.path)) {
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
                              fmt::format("got the points {} and {}, which are the same experiment, expected each "
                                          "once",
                                          first->second->label, point.label));
      }
    }
  }

  Source source_;
  const std::vector<catalog::Description>& catalog_;
  Context context_;  // of the sweep's own mistakes
  Node document_;    // without [sweep]
  Place place_;
  VaryingWords words_;
  bool is_sweep_ = false;
  SweepTable table_;
  size_t seeds_ = 0;       // of the command line, as the last group
  bool narrowed_ = false;  // by the command line: it varies less than the file says
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
