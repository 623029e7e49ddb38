#include "plugin/core_functions.hpp"

#include "plugin/activity.hpp"
#include "plugin/borrowed.hpp"
#include "plugin/handles.hpp"

namespace atelier::plugin::core {

atl_status status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::shape:
      return ATL_ERROR_SHAPE;
    case ErrorKind::data:
      return ATL_ERROR_DATA;
    case ErrorKind::phase:
      return ATL_ERROR_PHASE;
    case ErrorKind::unsupported:
      return ATL_ERROR_UNSUPPORTED;
    case ErrorKind::memory:
      return ATL_ERROR_MEMORY;
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

std::string_view text_of(atl_string text) {
  const std::span<const char> letters = span_of<char>(text.data, text.size, SIZE_MAX, "a text");
  return {letters.data(), letters.size()};
}

tensor::Shape shape_of(const int64_t* dims, uint32_t rank, std::string_view call, atl_location location) {
  if (dims == nullptr && rank > 0) {
    throw Error(ErrorKind::shape, "{}",
                at_place(location, fmt::format("{}: got {} lengths at a null pointer", call, rank)));
  }
  try {
    return tensor::Shape(std::span(dims, rank));
  } catch (const Error& error) {
    throw Error(error.kind(), "{}", at_place(location, fmt::format("{}: {}", call, error.what())));
  }
}

execute::Session& recording(atl_context& context, std::string_view call) {
  if (context.session == nullptr) {
    throw Error(ErrorKind::phase, "{}: only while recording a training step, an evaluation or a sampling", call);
  }
  return *context.session;
}

execute::Session& training(atl_context& context, std::string_view call, atl_location location) {
  if (context.phase.phase != ATL_PHASE_TRAIN) {
    throw Error(ErrorKind::phase, "{}", at_place(location, fmt::format("{}: only in train_step", call)));
  }
  return *context.session;
}

namespace {

std::string empty_tensor(std::string_view call) {
  return fmt::format("{}: got an empty tensor, one that nothing has made", call);
}

std::string foreign_tensor(std::string_view call) {
  return fmt::format(
      "{}: got a tensor of another step or from before a read; hint: tensors last for one step, and after "
      "materialize() only the materialized ones do",
      call);
}

// Of a call that has no place: the one before it has.
std::string near_place(atl_location location, const std::string& message) {
  const Activity* newest = Activity::newest();
  if (location.line != 0 || newest == nullptr || newest->line().line == 0) {
    return at_place(location, message);
  }
  return fmt::format("after {}: {}", to_string(to_location(newest->line())), message);
}

}  // namespace

uint32_t value_of(const execute::Session& session, atl_tensor handle, std::string_view call, atl_location location) {
  const DecodedHandle decoded = from_handle(session, handle);
  if (decoded.state == HandleState::empty) {
    throw Error(ErrorKind::plugin, "{}", near_place(location, empty_tensor(call)));
  }
  if (decoded.state == HandleState::foreign) {
    throw Error(ErrorKind::plugin, "{}", near_place(location, foreign_tensor(call)));
  }
  return decoded.value;
}

atl_context* serving(atl_context* context, std::string_view call, atl_location& location) {
  Activity* const newest = Activity::newest();
  if (newest == nullptr) {
    if (context != nullptr && Activity::serves(context)) {
      context->latch(ATL_ERROR_PHASE,
                     at_place(location, fmt::format("{}: called on another thread than the function that the plugin "
                                                    "was called with; hint: record on that one",
                                                    call)));
    }
    return nullptr;
  }
  location = newest->author_line(location);
  for (const Activity* activity = newest; activity != nullptr; activity = activity->around()) {
    if (activity->context() == context && context != nullptr) {
      return context;
    }
  }
  if (atl_context* current = newest->context(); current != nullptr) {
    const std::string words = context == nullptr ? empty_tensor(call) : foreign_tensor(call);
    current->latch(ATL_ERROR_ARGUMENT, near_place(location, words));
  }
  return nullptr;
}

}  // namespace atelier::plugin::core
