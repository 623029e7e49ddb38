#include "catalog/data_spec.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "catalog/names.hpp"

namespace atelier::catalog {
namespace {

constexpr int64_t most_elements = INT32_MAX;  // of one field of one sample

std::string problem_of_dims(const tensor::Shape& dims) {
  int64_t elements = 1;
  for (const int64_t length : dims.dims()) {
    if (length < 1) {
      return fmt::format("has the shape {}, expected lengths of at least 1", tensor::to_string(dims));
    }
    if (length > most_elements / elements) {
      return fmt::format("has the shape {}, expected at most {} elements", tensor::to_string(dims), most_elements);
    }
    elements *= length;
  }
  return "";
}

// Two zeros say that the values have no range, so that nobody scales them.
std::string problem_of_range(const FieldSpec& field) {
  const bool no_range = field.low == 0 && field.high == 0;
  if (field.dtype != tensor::DType::f32 || no_range) {
    return "";
  }
  const std::string got = fmt::format("has values from {} to {}, expected ", field.low, field.high);
  const auto low = static_cast<float>(field.low), high = static_cast<float>(field.high);
  if (!std::isfinite(high - low)) {
    return got + "finite ones, whose difference is finite in float32 too";
  }
  return high > low ? "" : got + "a high above the low, or 0 and 0 for no range";
}

std::string problem_of_classes(const FieldSpec& field) {
  if (field.classes < 0) {
    return fmt::format("has {} classes, expected at least 0", field.classes);
  }
  if (!field.class_names.empty() && std::ssize(field.class_names) != field.classes) {
    return fmt::format("has {} class names, expected none or one for each of its {} classes", field.class_names.size(),
                       field.classes);
  }
  const bool integers = field.dtype == tensor::DType::i64;
  return field.classes == 0 || integers ? "" : "has classes, expected them of integers only";
}

struct KindRule {
  FieldKind kind;
  const char* name;
  size_t rank;  // 0: any
  const char* axes;
  int channel_axis;  // -1: no channels that may have names
  int time_axis;     // -1: none, along which samples may be of unequal length
};
constexpr std::array<KindRule, 6> kind_rules{{
    {FieldKind::numbers, "numbers", 0, "", -1, 0},
    {FieldKind::image, "image", 3, "(C, H, W)", 0, -1},
    {FieldKind::image_sequence, "image sequence", 4, "(T, C, H, W)", 1, 0},
    {FieldKind::tokens, "tokens", 1, "(T)", -1, 0},
    {FieldKind::signal, "signal", 2, "(C, T)", 0, 1},
    {FieldKind::table_row, "table row", 1, "(columns)", 0, -1},
}};

const KindRule& rule_of(FieldKind kind) {
  return kind_rules.at(static_cast<size_t>(kind));
}

std::string problem_of_kind(const FieldSpec& field) {
  const KindRule& rule = rule_of(field.kind);
  if (rule.rank != 0 && field.dims.rank() != rule.rank) {
    return fmt::format("is of the kind '{}' and has the shape {}, expected {}", rule.name,
                       tensor::to_string(field.dims), rule.axes);
  }
  const bool tokens = field.kind == FieldKind::tokens;
  if (tokens && (field.dtype != tensor::DType::i64 || field.classes < 1)) {
    return "has tokens, expected integers with a number of classes, the size of their vocabulary";
  }
  if (!tokens && field.kind != FieldKind::numbers && field.dtype == tensor::DType::i64) {
    return fmt::format("is of the kind '{}' and has integers, expected float32 or bytes", rule.name);
  }
  const bool has_channels = rule.channel_axis >= 0;
  const int64_t channels = has_channels ? field.dims[static_cast<size_t>(rule.channel_axis)] : 0;
  if (!field.channel_names.empty() && std::ssize(field.channel_names) != channels) {
    return fmt::format("has {} names of channels, expected none{}", field.channel_names.size(),
                       has_channels ? fmt::format(" or one for each of its {}", channels) : "");
  }
  return std::isfinite(field.rate) && field.rate >= 0
             ? ""
             : fmt::format("has a rate of {}, expected values a second, or 0 where it is unknown", field.rate);
}

// Lengths are another field, of one integer, each below one more than the axis of time is long.
std::string problem_of_lengths(const FieldSpec& field, const DataSpec& spec) {
  if (field.length_field.empty()) {
    return "";
  }
  const KindRule& rule = rule_of(field.kind);
  if (rule.time_axis < 0 || field.dims.rank() <= static_cast<size_t>(rule.time_axis)) {
    return "has a field of lengths, expected it of what has an axis of time only";
  }
  const FieldSpec* lengths = spec.find(field.length_field);
  const int64_t longest = field.dims[static_cast<size_t>(rule.time_axis)];
  return lengths != nullptr && lengths->dtype == tensor::DType::i64 && lengths->dims.rank() == 0 &&
                 lengths->classes == longest + 1
             ? ""
             : fmt::format("takes its lengths from {}, expected a field of one integer below {}",
                           quoted(field.length_field), longest + 1);
}

std::string problem_of_count(int64_t count, const char* kind) {
  if (count < 0) {
    return fmt::format("it has {} {} samples, expected at least 0", count, kind);
  }
  return count <= max_samples
             ? ""
             : fmt::format(
                   "it has {} {} samples, expected at most {}: the order of an epoch is kept in memory; hint: "
                   "where samples are made without end, give a number that one epoch may have",
                   count, kind, max_samples);
}

}  // namespace

std::vector<std::string> axes_of(const FieldSpec& field) {
  const std::string_view axes = rule_of(field.kind).axes;
  std::vector<std::string> names;
  for (size_t begin = 1; begin < axes.size();) {  // "(C, H, W)"
    const size_t end = axes.find_first_of(",)", begin);
    names.emplace_back(axes.substr(begin, end - begin));
    begin = end + 2;
  }
  return names.size() == field.dims.rank() ? names : std::vector<std::string>();
}

std::string name_of(FieldKind kind) {
  return rule_of(kind).name;
}

std::optional<FieldKind> field_kind_from(std::string_view name) {
  const auto* const found = std::ranges::find(kind_rules, name, &KindRule::name);
  return found == kind_rules.end() ? std::nullopt : std::optional(found->kind);
}

const FieldSpec* DataSpec::find(std::string_view name) const {
  const auto found = std::ranges::find(fields, name, &FieldSpec::name);
  return found == fields.end() ? nullptr : &*found;
}

std::vector<std::string> problems_of(const DataSpec& spec) {
  std::vector<std::string> found;
  const auto add = [&](const std::string& of, const std::string& problem) {
    if (!problem.empty()) {
      found.push_back(of + problem);
    }
  };
  if (spec.fields.empty() || spec.fields.size() > max_fields) {
    add("", fmt::format("it has {} fields, expected 1 to {}", spec.fields.size(), max_fields));
    return found;
  }
  std::vector<std::string> names;
  for (const FieldSpec& field : spec.fields) {
    const std::string of = "the field " + quoted(field.name) + " ";
    names.push_back(field.name);
    add(of, problem_of_name(field.name));
    add(of, problem_of_dims(field.dims));
    add(of, problem_of_classes(field));
    add(of, problem_of_range(field));
    add(of, problem_of_kind(field));
    add(of, problem_of_lengths(field, spec));
  }
  for (const std::string& name : repeated(names)) {
    add("the field " + quoted(name) + " ", "is declared twice");
  }
  add("", problem_of_count(spec.train_count, "training"));
  add("", problem_of_count(spec.test_count, "test"));
  return found;
}

}  // namespace atelier::catalog
