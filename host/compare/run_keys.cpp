#include "compare/run_keys.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"
#include "experiment/document.hpp"
#include "runlog/creation_time.hpp"

namespace atelier::compare {
namespace {

using Kind = Value::Kind;

Value number(auto value) {
  return {Kind::number, false, static_cast<long double>(value)};
}
Value text(const std::string& value) {
  return {Kind::text, false, 0, value};
}
Value texts(const std::vector<std::string>& values) {
  Value list{Kind::list};
  std::ranges::transform(values, std::back_inserter(list.items), text);
  return list;
}
std::optional<Value> unless_empty(const std::string& value) {
  return value.empty() ? std::nullopt : std::optional(text(value));
}
std::optional<Value> unless_nan(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(number(value));
}

// All that was said of it, to be looked through for words.
std::string notes_of(const RunSummary& run) {
  std::string all;
  for (const runlog::Note& note : run.notes) {
    all += (all.empty() ? "" : "\n") + note.text;
  }
  return all;
}

struct Fact {
  const char* name;
  const char* other_name;  // "" for none
  std::optional<Value> (*value)(const RunSummary& run);
};

constexpr size_t of_broken_runs = 4;  // so many of them are known of a log that cannot be read
constexpr std::array facts{
    Fact{"status", "state", [](const RunSummary& run) { return std::optional(text(to_string(run.state))); }},
    Fact{"path", "", [](const RunSummary& run) { return std::optional(text(run.path.string())); }},
    Fact{"reason", "", [](const RunSummary& run) { return unless_empty(run.problem); }},
    Fact{"size", "bytes", [](const RunSummary& run) { return std::optional(number(run.bytes)); }},
    Fact{"name", "", [](const RunSummary& run) { return std::optional(text(run.name)); }},
    Fact{"id", "run_id", [](const RunSummary& run) { return std::optional(text(run.run_id)); }},
    Fact{"seed", "", [](const RunSummary& run) { return std::optional(number(run.seed)); }},
    Fact{"tags", "tag", [](const RunSummary& run) { return std::optional(texts(run.tags)); }},
    Fact{"notes", "note", [](const RunSummary& run) { return std::optional(text(notes_of(run))); }},
    Fact{"created", "created_utc", [](const RunSummary& run) { return std::optional(text(run.created_utc)); }},
    Fact{"steps", "", [](const RunSummary& run) { return std::optional(number(run.steps)); }},
    Fact{"seconds", "", [](const RunSummary& run) { return std::optional(number(run.seconds)); }},
    Fact{"samples_per_second", "",
         [](const RunSummary& run) { return unless_nan(run.samples_per_second > 0 ? run.samples_per_second : NAN); }},
    Fact{"best", "", [](const RunSummary& run) { return unless_nan(run.best.value); }}};

const Fact* find_fact(std::string_view name) {
  const auto found = std::ranges::find_if(
      facts, [&](const Fact& fact) { return name == fact.name || (!name.empty() && name == fact.other_name); });
  return found == facts.end() ? nullptr : &*found;
}

Value value_of_node(const experiment::Node& node) {
  switch (node.kind) {
    case experiment::Node::Kind::boolean:
      return {Kind::truth, std::get<bool>(node.scalar)};
    case experiment::Node::Kind::integer:
      return number(std::get<int64_t>(node.scalar));
    case experiment::Node::Kind::number:
      return number(std::get<double>(node.scalar));
    case experiment::Node::Kind::text:
    case experiment::Node::Kind::date:
      return text(std::get<std::string>(node.scalar));
    case experiment::Node::Kind::list:
    case experiment::Node::Kind::table:
      break;
  }
  Value list{Kind::list};
  std::ranges::transform(node.children, std::back_inserter(list.items), value_of_node);
  return list;
}

std::optional<Value> setting_value(const RunSummary& run, const std::string& key) {
  const auto found = run.settings.find(key);
  if (found == run.settings.end()) {
    return std::nullopt;
  }
  const auto read = experiment::read_document("value = " + found->second, key);
  const auto* const document = std::get_if<experiment::Node>(&read);
  const experiment::Node* const node = document == nullptr ? nullptr : experiment::find(*document, "value");
  return node == nullptr ? text(found->second) : value_of_node(*node);
}

std::optional<Value> metric(const RunSummary& run, const std::string& name) {
  for (const bool by_split : {false, true}) {
    for (const Final& final : run.finals) {
      if ((by_split ? final.full_name() : final.cadence + "/" + final.name) == name) {
        return unless_nan(final.last);
      }
    }
  }
  return std::nullopt;
}

// "a.b.c" ends in "c" and in "b.c".
bool ends_in(const std::string& key, const std::string& part) {
  return key.size() > part.size() && key.ends_with(part) && key[key.size() - part.size() - 1] == '.';
}

std::vector<std::string> all_of(const std::set<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

std::optional<Value> value_of(const RunSummary& run, const Key& key) {
  switch (key.kind) {
    case Key::Kind::fact: {
      const Fact* const fact = find_fact(key.name);
      const bool known = run.state != State::broken || fact < facts.data() + of_broken_runs;
      return known ? fact->value(run) : std::nullopt;
    }
    case Key::Kind::setting:
      return setting_value(run, key.name);
    case Key::Kind::metric:
      break;
  }
  return metric(run, key.name);
}

std::string shown(const RunSummary& run, const Key& key) {
  const std::optional<Value> value = value_of(run, key);
  const bool fact = key.kind == Key::Kind::fact;
  if (!value || (fact && to_string(*value).empty())) {
    return "–";
  }
  if (fact && key.name == "best") {
    return fmt::format("{} {}", run.best.metric, terminal::number_text(run.best.value));
  }
  if (fact && key.name == "status" && !run.host.empty()) {
    return fmt::format("{} ({})", to_string(run.state), run.host);
  }
  if (fact && key.name == "created") {
    return runlog::whole_seconds(run.created_utc);
  }
  if (fact && key.name == "size") {
    return human_bytes(static_cast<double>(run.bytes));
  }
  if (fact && key.name == "seconds") {
    return terminal::duration_text(run.seconds);
  }
  if (fact && key.name == "steps") {
    return terminal::grouped(run.steps);
  }
  const bool measured =
      value->kind == Kind::number && (key.kind == Key::Kind::metric || key.name == "samples_per_second");
  return measured ? terminal::number_text(static_cast<double>(value->number)) : to_string(*value);
}

bool is_number(const std::vector<RunSummary>& runs, const Key& key) {
  return key.name != "best" && std::ranges::all_of(runs, [&](const RunSummary& run) {
           const std::optional<Value> value = value_of(run, key);
           return !value || value->kind == Kind::number;
         });
}

RunKeys::RunKeys(const std::vector<RunSummary>& runs) {
  for (const RunSummary& run : runs) {
    for (const auto& [key, value] : run.settings) {
      settings_.insert(key);
    }
    for (const Final& final : run.finals) {
      metrics_.insert(final.cadence + "/" + final.name);
      full_metrics_.insert(final.full_name());
    }
  }
}

std::string RunKeys::look_up(const std::string& word, Key& key) const {
  if (const Fact* const fact = find_fact(word)) {
    key = {Key::Kind::fact, fact->name};
    return "";
  }
  if (settings_.contains(word)) {
    key = {Key::Kind::setting, word};
    return "";
  }
  if (metrics_.contains(word) || full_metrics_.contains(word)) {
    key = {Key::Kind::metric, word};
    return "";
  }
  std::vector<Key> meant;
  std::vector<std::string> names;
  std::vector<std::string> inside;  // settings of the table that the word is
  for (const std::string& setting : settings_) {
    if (ends_in(setting, word)) {
      meant.push_back({Key::Kind::setting, setting});
      names.push_back(setting);
    } else if (setting.starts_with(word + ".")) {
      inside.push_back(setting);
    }
  }
  for (const std::string& metric : metrics_) {
    if (metric.substr(metric.find('/') + 1) == word) {
      meant.push_back({Key::Kind::metric, metric});
      names.push_back(metric);
    }
  }
  if (meant.size() == 1) {
    key = meant.front();
    return "";
  }
  if (!meant.empty()) {
    return fmt::format("'{}' can mean {}", word, one_of(names));
  }
  if (!inside.empty()) {
    return fmt::format("'{}' is a table, expected one of its settings: {}", word, one_of(inside));
  }
  std::vector<std::string> known = all_of(settings_);
  for (const Fact& fact : facts) {
    known.emplace_back(fact.name);
  }
  for (const auto* const more : {&metrics_, &full_metrics_}) {
    known.insert(known.end(), more->begin(), more->end());
  }
  for (const std::string& setting : settings_) {
    known.push_back(setting.substr(setting.rfind('.') + 1));
  }
  for (const std::string& metric : metrics_) {
    known.push_back(metric.substr(metric.find('/') + 1));
  }
  const std::string hint = did_you_mean(word, known);
  return fmt::format(
      "no run has '{}'{}", word,
      hint.empty() ? ", expected a setting by its key, a metric as eval/loss, or a fact: name, status, ..." : hint);
}

Key RunKeys::find(const std::string& word, const std::string& where) const {
  Key key;
  if (const std::string problem = look_up(word, key); !problem.empty()) {
    throw Error(ErrorKind::usage, "{}: {}", where, problem);
  }
  return key;
}

}  // namespace atelier::compare
