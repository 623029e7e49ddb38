// Parameters as the contract shows them.
#pragma once

#include <atelier/abi.h>

#include "record/bank.hpp"

namespace atelier::plugin {

// Borrows from the bank. How the parameter began is left out.
inline atl_parameter_info info_of(const record::Bank& bank, const record::Parameter& parameter) {
  const auto text = [](std::string_view of) { return atl_string{of.data(), of.size()}; };
  atl_parameter_info out{};
  out.size = sizeof out;
  out.name = text(parameter.name);
  out.group = text(parameter.group < 0 ? "" : std::string_view(bank.groups[static_cast<size_t>(parameter.group)].name));
  out.dims = parameter.value.shape.dims().data();
  out.rank = static_cast<uint32_t>(parameter.value.shape.rank());
  out.dtype = parameter.value.dtype == tensor::DType::i64 ? ATL_INT64 : ATL_REAL;
  out.fan_in = out.fan_out = 1;
  out.file = out.file_tensor = text("");
  return out;
}

}  // namespace atelier::plugin
