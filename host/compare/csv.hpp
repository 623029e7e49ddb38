// Inside this room only: values as a table for machines has them.
#pragma once

#include <optional>
#include <string>

#include "compare/filter.hpp"

namespace atelier::compare {

// With all digits; "" for NaN.
std::string csv_cell(double value);
// Lists as JSON, whatever is in their texts; "" where there is nothing.
std::string csv_cell(const std::optional<Value>& value);

}  // namespace atelier::compare
