#include "compare/csv.hpp"

#include <fmt/core.h>

#include <cmath>

#include "compare/json.hpp"

namespace atelier::compare {

std::string csv_cell(double value) {
  return std::isnan(value) ? "" : fmt::format("{}", value);
}

std::string csv_cell(const std::optional<Value>& value) {
  if (!value) {
    return "";
  }
  return value->kind == Value::Kind::list ? to_json(*value) : to_string(*value);
}

}  // namespace atelier::compare
