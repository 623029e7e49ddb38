#include "plugin/core_functions.hpp"

#include "plugin/handles.hpp"

namespace atelier::plugin::core {

atl_status status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::shape:
      return ATL_ERROR_SHAPE;
    case ErrorKind::data:
      return ATL_ERROR_DATA;
    case ErrorKind::internal:
      return ATL_ERROR_INTERNAL;
    default:
      return ATL_ERROR_ARGUMENT;
  }
}

record::Location to_location(atl_location at) {
  return {at.file == nullptr ? "" : at.file, at.line};
}

std::string at_place(atl_location location, const std::string& message) {
  const std::string place = to_string(to_location(location));
  return place.empty() ? message : place + ": " + message;
}

execute::Session& recording(atl_context& context, std::string_view call) {
  if (context.session == nullptr) {
    throw Error(ErrorKind::plugin, "{}: only while recording a training step, an evaluation or a sampling", call);
  }
  return *context.session;
}

execute::Session& training(atl_context& context, std::string_view call, atl_location location) {
  if (context.phase.phase != ATL_PHASE_TRAIN) {
    throw Error(ErrorKind::plugin, "{}", at_place(location, fmt::format("{}: only in train_step", call)));
  }
  return *context.session;
}

uint32_t value_of(const execute::Session& session, atl_tensor handle, std::string_view call, atl_location location) {
  const DecodedHandle decoded = from_handle(session, handle);
  if (decoded.state == HandleState::empty) {
    throw Error(ErrorKind::plugin, "{}", at_place(location, fmt::format("{}: got an empty tensor", call)));
  }
  if (decoded.state == HandleState::foreign) {
    throw Error(
        ErrorKind::plugin, "{}",
        at_place(location, fmt::format("{}: got a tensor of another step or from before a read; hint: tensors last for "
                                       "one step, and after materialize() only the materialized ones do",
                                       call)));
  }
  return decoded.value;
}

}  // namespace atelier::plugin::core
