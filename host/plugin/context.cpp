#include "plugin/context.hpp"

#include "base/error.hpp"

void atl_context::latch(atl_status status, std::string message) {
  const std::scoped_lock lock(failure_mutex);
  if (failure == ATL_OK) {
    failure = status;
    failure_is_shape = status == ATL_ERROR_SHAPE;
    failure_message = std::move(message);
  }
}

void atl_context::check(atl_status status) {
  if (failure == ATL_OK && status == ATL_OK) {
    return;
  }
  const std::string reason =
      failure_message.empty() ? fmt::format("the plugin returned status {}", status) : failure_message;
  throw atelier::Error(failure == ATL_ERROR_DATA
                           ? atelier::ErrorKind::data
                           : (failure_is_shape ? atelier::ErrorKind::shape : atelier::ErrorKind::plugin),
                       "{}: {}", stage, reason);
}
