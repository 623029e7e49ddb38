#include "catalog/data_spec.hpp"

#include <fmt/core.h>

#include <algorithm>
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
  }
  for (const std::string& name : repeated(names)) {
    add("the field " + quoted(name) + " ", "is declared twice");
  }
  add("", problem_of_count(spec.train_count, "training"));
  add("", problem_of_count(spec.test_count, "test"));
  return found;
}

}  // namespace atelier::catalog
