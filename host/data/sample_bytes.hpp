// Inside this room only: how much memory a field takes.
#pragma once

#include "catalog/data_spec.hpp"

namespace atelier::data {

inline size_t bytes_of_sample(const catalog::FieldSpec& field) {
  return static_cast<size_t>(field.dims.elements()) * tensor::size_of(field.dtype);
}

}  // namespace atelier::data
