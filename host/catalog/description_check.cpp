#include "catalog/description_check.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "catalog/names.hpp"

namespace atelier::catalog {
namespace {

constexpr size_t most_settings = 1000;
constexpr size_t most_choices = 1000;
constexpr size_t most_listed = 10'000;  // of a list

// Collects what is wrong, each with the part of the description that it is about in front: "the setting 'n' ".
class Problems {
 public:
  void add(const std::string& of, const std::string& problem) {
    if (!problem.empty()) {
      found_.push_back(of + " " + problem);
    }
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(found_); }

 private:
  std::vector<std::string> found_;
};

bool is_numeric(SettingType type) {
  return type == SettingType::integer || type == SettingType::number || type == SettingType::integers ||
         type == SettingType::numbers;
}

bool is_textual(SettingType type) {
  return type == SettingType::text || type == SettingType::texts;
}

std::string problem_of_default(const SettingDescription& setting, double value) {
  if (!std::isfinite(value)) {
    return fmt::format("has the default {}, expected a finite number", value);
  }
  if (setting.minimum && (setting.above_minimum ? value <= *setting.minimum : value < *setting.minimum)) {
    return fmt::format("has the default {}, expected {} its minimum, {}", value,
                       setting.above_minimum ? "more than" : "at least", *setting.minimum);
  }
  if (setting.maximum && (setting.below_maximum ? value >= *setting.maximum : value > *setting.maximum)) {
    return fmt::format("has the default {}, expected {} its maximum, {}", value,
                       setting.below_maximum ? "less than" : "at most", *setting.maximum);
  }
  return "";
}

std::string problem_of_default(const SettingDescription& setting, int64_t value) {
  return problem_of_default(setting, static_cast<double>(value));
}

std::string problem_of_default(const SettingDescription&, bool) {
  return "";
}

std::string problem_of_default(const SettingDescription& setting, const std::string& value) {
  if (const std::string problem = problem_of_text(value); !problem.empty()) {
    return "has a default that " + problem;
  }
  if (!setting.choices.empty() && std::ranges::find(setting.choices, value) == setting.choices.end()) {
    return fmt::format("has the default {}, expected {}", quoted(value), one_of(setting.choices));
  }
  return "";
}

template <typename T>
std::string problem_of_default(const SettingDescription& setting, const std::vector<T>& values) {
  if (values.size() > most_listed) {
    return fmt::format("has a default of {} elements, expected at most {}", values.size(), most_listed);
  }
  for (const T& value : values) {
    if (std::string problem = problem_of_default(setting, value); !problem.empty()) {
      return problem;
    }
  }
  return "";
}

std::string problem_of_range(const SettingDescription& setting) {
  if (!setting.minimum && !setting.maximum) {
    return "";
  }
  if (!is_numeric(setting.type)) {
    return fmt::format("has a range, expected none for {}", name_of(setting.type));
  }
  for (const auto& [bound, name] : {std::pair(setting.minimum, "minimum"), std::pair(setting.maximum, "maximum")}) {
    if (bound && !std::isfinite(*bound)) {
      return fmt::format("has the {} {}, expected a finite number", name, *bound);
    }
  }
  if (setting.minimum && setting.maximum && *setting.minimum > *setting.maximum) {
    return fmt::format("has the minimum {}, expected at most its maximum, {}", *setting.minimum, *setting.maximum);
  }
  return "";
}

std::string problem_of_choices(const SettingDescription& setting) {
  if (!setting.choices.empty() && !is_textual(setting.type)) {
    return fmt::format("has choices, expected none for {}", name_of(setting.type));
  }
  if (setting.choices.size() > most_choices) {
    return fmt::format("has {} choices, expected at most {}", setting.choices.size(), most_choices);
  }
  for (const std::string& choice : setting.choices) {
    if (const std::string problem = problem_of_text(choice); !problem.empty()) {
      return "has a choice that " + problem;
    }
  }
  const std::vector<std::string> twice = repeated(setting.choices);
  return twice.empty() ? "" : fmt::format("has the choice {} twice", quoted(twice.front()));
}

void check_setting(const SettingDescription& setting, Problems& problems) {
  const std::string of = "the setting " + quoted(setting.name);
  problems.add(of, problem_of_name(setting.name));
  problems.add(of + ": its help", problem_of_text(setting.help));
  const std::string range = problem_of_range(setting);
  const std::string choices = problem_of_choices(setting);
  problems.add(of, range);
  problems.add(of, choices);
  if (range.empty() && choices.empty() && !setting.required) {
    problems.add(
        of, std::visit([&](const auto& value) { return problem_of_default(setting, value); }, setting.default_value));
  }
}

void check_settings(const Description& description, Problems& problems) {
  if (description.settings.size() > most_settings) {
    problems.add("it", fmt::format("has {} settings, expected at most {}", description.settings.size(), most_settings));
    return;
  }
  std::vector<std::string> names;
  for (const SettingDescription& setting : description.settings) {
    names.push_back(setting.name);
    check_setting(setting, problems);
  }
  for (const std::string& name : repeated(names)) {
    problems.add("the setting " + quoted(name), "is declared twice");
  }
  for (const std::string& key : reserved_keys(description.kind)) {
    if (std::ranges::find(names, key) != names.end()) {
      problems.add("the setting " + quoted(key), "has the name of a key of atelier's own");
    }
  }
}

void check_slots(const Description& description, Problems& problems) {
  if (!description.slots.empty() && description.kind != Kind::model) {
    problems.add("it", "has loss slots, expected them of a model only");
  }
  if (description.slots.size() > most_settings) {
    problems.add("it", fmt::format("has {} loss slots, expected at most {}", description.slots.size(), most_settings));
    return;
  }
  std::vector<std::string> names;
  for (const LossSlot& slot : description.slots) {
    const std::string of = "the loss slot " + quoted(slot.name);
    names.push_back(slot.name);
    problems.add(of, problem_of_name(slot.name));
    problems.add(of + ": its role", problem_of_name(slot.role));
    problems.add(of + ": its default", slot.default_loss.empty() ? "" : problem_of_name(slot.default_loss));
    problems.add(of + ": its help", problem_of_text(slot.help));
  }
  for (const std::string& name : repeated(names)) {
    problems.add("the loss slot " + quoted(name), "is declared twice");
  }
}

// By which the best of a run is told.
void check_measures(const Description& description, Problems& problems) {
  std::vector<std::string> names;
  for (const Measure& measure : description.measures) {
    const std::string of = "the measure " + quoted(measure.name);
    names.push_back(measure.name);
    if (measure.name.empty() && description.kind == Kind::model) {
      problems.add("a measure", "has no name, expected the name that the model logs it by");
    }
    problems.add(of, problem_of_text(measure.name));
    problems.add(of + ": its unit", problem_of_text(measure.unit));
    problems.add(of + ": its help", problem_of_text(measure.help));
    if (measure.direction == Direction::unknown) {
      problems.add(
          of, "has a direction that is neither ATL_LARGER_IS_BETTER, ATL_SMALLER_IS_BETTER nor ATL_NEITHER_IS_BETTER");
    }
  }
  for (const std::string& name : repeated(names)) {
    problems.add("the measure " + quoted(name), "is declared twice");
  }
}

}  // namespace

std::vector<std::string> problems_of(const Description& description) {
  Problems problems;
  problems.add("it", description.kind == Kind::operation ? problem_of_operation_name(description.name)
                                                         : problem_of_versioned_name(description.name));
  problems.add("its summary", problem_of_text(description.summary));
  problems.add("its reference", problem_of_text(description.reference));
  if (description.kind == Kind::loss) {
    problems.add("its role", problem_of_name(description.role));
  }
  check_settings(description, problems);
  check_slots(description, problems);
  check_measures(description, problems);
  return problems.take();
}

const std::vector<std::string>& reserved_keys(Kind kind) {
  static const std::vector<std::string> of_any{"use"};
  static const std::vector<std::string> of_dataset{"use", "source", "sources", "transform", "range", "validation"};
  static const std::vector<std::string> of_metric{"use", "when"};
  return kind == Kind::dataset ? of_dataset : kind == Kind::metric ? of_metric : of_any;
}

}  // namespace atelier::catalog
