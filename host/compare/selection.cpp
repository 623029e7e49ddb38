#include "compare/selection.hpp"

#include <fmt/core.h>
#include <fnmatch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iterator>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "compare/moments.hpp"
#include "runlog/creation_time.hpp"

namespace atelier::compare {
namespace {

using Kind = Value::Kind;

enum class Truth { no, unknown, yes };  // in the order of `and`, which takes the least, and of `or`

Truth truth_of(bool value) {
  return value ? Truth::yes : Truth::no;
}

// A condition whose keys are known.
struct Bound {
  const Condition* condition;
  std::vector<Bound> parts{};
  Key key{};
  Value value{};
};

template <typename T>
bool holds(Relation relation, const T& a, const T& b) {
  switch (relation) {
    case Relation::less:
      return a < b;
    case Relation::at_most:
      return a <= b;
    case Relation::greater:
      return a > b;
    case Relation::at_least:
      return a >= b;
    default:
      return relation == Relation::equal ? a == b : a != b;
  }
}

bool compares(Relation relation, const Value& have, const Value& wanted);

bool any_item(Relation relation, const Value& list, const Value& wanted) {
  return std::ranges::any_of(list.items, [&](const Value& item) { return compares(relation, item, wanted); });
}

// What a value of one kind is compared with one of another kind comes to: that it is no such thing.
bool compares(Relation relation, const Value& have, const Value& wanted) {
  const bool list = have.kind == Kind::list;
  switch (relation) {
    case Relation::contains:
      return list ? any_item(Relation::equal, have, wanted)
                  : have.kind == Kind::text && have.text.find(wanted.text) != std::string::npos;
    case Relation::matches:
      return list ? any_item(relation, have, wanted)
                  : have.kind == Kind::text && fnmatch(wanted.text.c_str(), have.text.c_str(), 0) == 0;
    case Relation::in:
      return std::ranges::any_of(wanted.items, [&](const Value& one) { return compares(Relation::equal, have, one); });
    default:
      break;
  }
  if (list && wanted.kind != Kind::list) {  // a tag
    return relation == Relation::unequal ? !any_item(Relation::equal, have, wanted) : any_item(relation, have, wanted);
  }
  if (have.kind != wanted.kind) {
    return relation == Relation::unequal;
  }
  switch (have.kind) {
    case Kind::number:
      return holds(relation, have.number, wanted.number);
    case Kind::text:
      return holds(relation, have.text, wanted.text);
    default:
      return (have == wanted) == (relation == Relation::equal);
  }
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_created(const Key& key) {
  return key.kind == Key::Kind::fact && key.name == "created";
}

// A time that is written less exactly, a day say, is equal to every time in it.
bool lies_in(const std::string& time, const std::string& wanted) {
  return time == wanted || (time.starts_with(wanted) && !is_digit(time[wanted.size()]));
}

bool compares_times(Relation relation, const Value& time, const Value& wanted) {
  switch (relation) {
    case Relation::in:
      return std::ranges::any_of(wanted.items, [&](const Value& one) { return lies_in(time.text, one.text); });
    case Relation::equal:
    case Relation::unequal:
      return lies_in(time.text, wanted.text) == (relation == Relation::equal);
    default:
      return compares(relation, time, wanted);
  }
}

// Times as texts that sort by time.
Value comparable(const Key& key, Value value) {
  if (is_created(key)) {
    value.text = runlog::sortable(value.text);
    std::ranges::transform(value.items, value.items.begin(), [&](const Value& one) { return comparable(key, one); });
  }
  return value;
}

class Binder {
 public:
  Binder(const std::vector<RunSummary>& runs, const RunKeys& keys, const std::string& text)
      : runs_(runs), keys_(keys), text_(text) {}

  [[nodiscard]] Bound bind(const Condition& condition) {
    Bound bound{&condition};
    for (const Condition& part : condition.parts) {
      bound.parts.push_back(bind(part));
    }
    if (condition.kind == Condition::Kind::comparison) {
      if (const std::string problem = keys_.look_up(condition.key, bound.key); !problem.empty()) {
        throw_at(text_, condition.key_at, problem);
      }
      bound.value = as_text_where_runs_have_texts(condition.value, bound.key);
      check_comparable(condition, bound.value);
      check_kinds(condition, bound.key, bound.value);
      check_status(condition, bound.key, bound.value);
      if (is_created(bound.key)) {
        bound.value = as_moment(condition, bound.value);
      } else {
        look_for_texts(condition, bound.key, bound.value);
      }
      bound.value = comparable(bound.key, bound.value);
    }
    return bound;
  }

  [[nodiscard]] std::vector<std::string> take_hints() { return std::move(hints_); }

 private:
  // What is compared as a whole, and not looked through.
  static bool is_of_whole_values(Relation relation) {
    return relation != Relation::contains && relation != Relation::matches;
  }

  // The values that it names: one, or those of a list.
  static std::vector<Value> named_values(const Condition& condition, const Value& value) {
    return condition.relation == Relation::in ? value.items : std::vector<Value>{value};
  }

  void check_comparable(const Condition& condition, const Value& value) const {
    if (condition.relation == Relation::in && value.items.empty()) {
      throw_at(text_, condition.value_at, "got an empty list, expected one that has a value");
    }
    for (const Value& one : named_values(condition, value)) {
      if (one.kind == Kind::number && std::isnan(one.number)) {
        throw_at(text_, condition.value_at,
                 "got nan, which no number is equal to, less or greater; hint: runs without a value are left out of "
                 "every comparison, and counted");
      }
    }
  }

  // A date that a run can have begun at.
  [[nodiscard]] Value as_moment(const Condition& condition, Value value) const {
    if (!is_of_whole_values(condition.relation)) {
      return value;
    }
    if (value.kind == Kind::list) {
      std::ranges::transform(value.items, value.items.begin(),
                             [&](const Value& one) { return as_moment(condition, one); });
      return value;
    }
    const std::optional<std::string> moment = moment_of(value.text, std::chrono::system_clock::now());
    if (!moment) {
      throw_at(text_, condition.value_at,
               fmt::format("'created' is a date, got {}, expected {}{}", described(value), expected_moment,
                           did_you_mean(value.text, {"today", "yesterday"})));
    }
    value.text = *moment;
    return value;
  }

  // A text that none of the runs has is most likely misspelt.
  void look_for_texts(const Condition& condition, const Key& key, const Value& wanted) {
    if (condition.relation != Relation::equal && condition.relation != Relation::unequal &&
        condition.relation != Relation::in) {
      return;
    }
    std::set<std::string> texts;
    const auto add = [&](const Value& value) {
      if (value.kind == Kind::text) {
        texts.insert(value.text);
      }
    };
    for (const RunSummary& run : runs_) {
      if (const std::optional<Value> value = value_of(run, key)) {
        add(*value);
        std::ranges::for_each(value->items, add);
      }
    }
    for (const Value& value : named_values(condition, wanted)) {
      if (value.kind == Kind::text && !texts.contains(value.text)) {
        hints_.push_back(fmt::format("no run here has {} as its '{}'{}", described(value), key.name,
                                     did_you_mean(value.text, {texts.begin(), texts.end()})));
      }
    }
  }

  // A fact is one where it is no number; of other values some run must have this one.
  [[nodiscard]] bool may_be_text(const Key& key, const Value& text) const {
    if (key.kind == Key::Kind::fact) {
      return !is_number(runs_, key) && key.name != "best";
    }
    return std::ranges::any_of(runs_, [&](const RunSummary& run) { return value_of(run, key) == text; });
  }

  // A run's id may look like a number, a tag may be "true", and a year is the beginning of a time.
  [[nodiscard]] Value as_text_where_runs_have_texts(Value value, const Key& key) const {
    if (value.kind == Kind::number || value.kind == Kind::truth) {
      const Value text{Kind::text, false, 0, value.kind == Kind::number ? value.text : to_string(value)};
      return may_be_text(key, text) ? text : value;
    }
    std::ranges::transform(value.items, value.items.begin(),
                           [&](const Value& one) { return as_text_where_runs_have_texts(one, key); });
    return value;
  }

  // Of the values that runs have, and of the items of lists.
  void check_kinds(const Condition& condition, const Key& key, const Value& wanted) const {
    std::set<Kind> kinds;
    std::set<Kind> item_kinds;
    bool empty_list = false;
    for (const RunSummary& run : runs_) {
      if (const std::optional<Value> value = value_of(run, key)) {
        kinds.insert(value->kind);
        empty_list = empty_list || (value->kind == Kind::list && value->items.empty());
        for (const Value& item : value->items) {
          item_kinds.insert(item.kind);
        }
      }
    }
    if (kinds.empty()) {
      return;
    }
    item_kinds.insert(kinds.begin(), kinds.end());
    if (condition.relation == Relation::contains && !kinds.contains(Kind::text) && !kinds.contains(Kind::list)) {
      refuse(condition, key, kinds, "a text or a list for 'contains'");
    }
    if (condition.relation == Relation::matches && wanted.kind != Kind::text) {
      throw_at(text_, condition.value_at, fmt::format("got {}, expected a pattern for 'matches'", described(wanted)));
    }
    if (condition.relation == Relation::matches && !item_kinds.contains(Kind::text) && !empty_list) {
      refuse(condition, key, kinds, "a text for 'matches'");
    }
    if (condition.relation >= Relation::less && condition.relation <= Relation::at_least &&
        wanted.kind != Kind::number && wanted.kind != Kind::text) {
      throw_at(text_, condition.value_at,
               fmt::format("got {}, expected a number or a text after '{}'", described(wanted),
                           to_string(condition.relation)));
    }
    if (empty_list) {
      return;
    }
    for (const Value& value : named_values(condition, wanted)) {
      if (!item_kinds.contains(value.kind)) {
        throw_at(text_, condition.value_at,
                 fmt::format("'{}' is {}, got {}", key.name, one_of(names_of(kinds)), described(value)));
      }
    }
  }

  void check_status(const Condition& condition, const Key& key, const Value& wanted) const {
    const bool names = condition.relation == Relation::equal || condition.relation == Relation::unequal ||
                       condition.relation == Relation::in;
    if (key.kind != Key::Kind::fact || key.name != "status" || !names) {
      return;
    }
    for (const Value& value : named_values(condition, wanted)) {
      if (std::ranges::find(names_of_states(), value.text) == names_of_states().end()) {
        throw_at(text_, condition.value_at,
                 fmt::format("no run is '{}', expected {}{}", value.text, one_of(names_of_states()),
                             did_you_mean(value.text, names_of_states())));
      }
    }
  }

  static std::vector<std::string> names_of(const std::set<Kind>& kinds) {
    std::vector<std::string> names;
    std::ranges::transform(kinds, std::back_inserter(names), kind_name);
    return names;
  }

  [[noreturn]] void refuse(const Condition& condition, const Key& key, const std::set<Kind>& kinds,
                           const std::string& expected) const {
    throw_at(text_, condition.key_at,
             fmt::format("'{}' is {}, expected {}", key.name, one_of(names_of(kinds)), expected));
  }

  const std::vector<RunSummary>& runs_;
  const RunKeys& keys_;
  const std::string& text_;
  std::vector<std::string> hints_;
};

// What a run lacks is added to `lacking`.
Truth truth(const RunSummary& run, const Bound& bound, std::set<std::string>& lacking) {
  const Condition::Kind kind = bound.condition->kind;
  if (kind == Condition::Kind::comparison) {
    const std::optional<Value> value = value_of(run, bound.key);
    if (!value) {
      lacking.insert(bound.key.name);
      return Truth::unknown;
    }
    const auto& compare = is_created(bound.key) ? compares_times : compares;
    return truth_of(compare(bound.condition->relation, comparable(bound.key, *value), bound.value));
  }
  if (kind == Condition::Kind::negation) {
    const Truth inner = truth(run, bound.parts.front(), lacking);
    return inner == Truth::unknown ? inner : truth_of(inner == Truth::no);
  }
  const bool all = kind == Condition::Kind::all;
  Truth whole = truth_of(all);
  for (const Bound& part : bound.parts) {
    const Truth one = truth(run, part, lacking);
    whole = all ? std::min(whole, one) : std::max(whole, one);
  }
  return whole;
}

int rank_of(const std::optional<Value>& value) {
  return value ? static_cast<int>(value->kind) : static_cast<int>(Kind::list) + 1;
}

std::optional<Value> sorted_value(const RunSummary& run, const Key& key) {
  std::optional<Value> value = value_of(run, key);
  return value ? std::optional(comparable(key, *value)) : value;
}

// Values of one kind as they sort, and those of several by their kinds.
bool is_less(const Value& a, const Value& b) {
  if (a.kind != b.kind) {
    return a.kind < b.kind;
  }
  switch (a.kind) {
    case Kind::truth:
      return a.truth < b.truth;
    case Kind::number:
      return a.number < b.number;
    case Kind::text:
      return a.text < b.text;
    case Kind::list:
      break;
  }
  return std::ranges::lexicographical_compare(a.items, b.items, is_less);
}

}  // namespace

Selection select(const std::vector<RunSummary>& runs, const RunKeys& keys, const Filter& filter) {
  Selection selection;
  Binder binder(runs, keys, filter.text);
  const Bound bound = binder.bind(filter.condition);
  selection.hints = binder.take_hints();
  for (const RunSummary& run : runs) {
    std::set<std::string> lacking;
    const Truth found = truth(run, bound, lacking);
    if (found == Truth::yes) {
      selection.runs.push_back(run);
    } else if (found == Truth::unknown && run.state != State::broken) {
      for (const std::string& name : lacking) {
        ++selection.lacking[name];
      }
    }
  }
  return selection;
}

void sort_by(std::vector<RunSummary>& runs, const Key& key, bool descending) {
  struct Keyed {
    std::optional<Value> value;
    RunSummary run;
  };
  std::vector<Keyed> keyed;
  for (RunSummary& run : runs) {
    std::optional<Value> value = sorted_value(run, key);
    keyed.push_back({std::move(value), std::move(run)});
  }
  std::ranges::stable_sort(keyed, [&](const Keyed& a, const Keyed& b) {
    if (!a.value || !b.value || a.value->kind != b.value->kind) {
      return rank_of(a.value) < rank_of(b.value);
    }
    return descending ? is_less(*b.value, *a.value) : is_less(*a.value, *b.value);
  });
  std::ranges::transform(keyed, runs.begin(), [](Keyed& one) { return std::move(one.run); });
}

}  // namespace atelier::compare
