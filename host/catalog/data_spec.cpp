#include "catalog/data_spec.hpp"

#include <algorithm>

namespace atelier::catalog {

const FieldSpec* DataSpec::find(std::string_view name) const {
  const auto found = std::ranges::find(fields, name, &FieldSpec::name);
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace atelier::catalog
