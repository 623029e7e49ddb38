#include "plugin/core_table.hpp"

#include <algorithm>

#include "plugin/activity.hpp"
#include "plugin/component_data.hpp"
#include "plugin/core_functions.hpp"
#include "plugin/version_exchange.hpp"

namespace atelier::plugin::core {
namespace {

std::function<void(std::string_view)>& inform_sink() {
  static std::function<void(std::string_view)> sink = [](std::string_view) {};
  return sink;
}

// A message, of which nothing may be thrown: it is somebody's last word.
std::string words_of(atl_string message) {
  try {
    return own(message);
  } catch (const Error& error) {
    return std::string("its message cannot be read: ") + error.what();
  }
}

// ---- What may be called in any phase

void fail(atl_context* context, atl_status status, atl_string message, atl_location location) {
  Activity* const newest = Activity::newest();
  if (newest != nullptr) {
    location = newest->author_line(location);
  }
  // One that is over hears nothing any more; then it is the one that is being called that fails.
  atl_context* const failed = Activity::serves(context) ? context : newest == nullptr ? nullptr : newest->context();
  if (failed != nullptr) {
    failed->latch(status == ATL_OK ? ATL_ERROR_INTERNAL : status, at_place(location, words_of(message)));
  } else if (context == nullptr) {
    VersionExchange::fail(words_of(message));
  }
}

void inform(atl_string message) {
  inform_sink()(words_of(message));
}

atl_status phase(atl_context* context, atl_phase_info* info) {
  atl_location nowhere{};
  const atl_context* found = serving(context, "phase", nowhere);
  if (found == nullptr) {
    return ATL_ERROR_ARGUMENT;
  }
  const uint64_t size = std::min<uint64_t>(info->size, sizeof(atl_phase_info));
  const uint64_t theirs = info->size;
  std::copy_n(reinterpret_cast<const char*>(&found->phase), size, reinterpret_cast<char*>(info));
  info->size = theirs;
  return ATL_OK;
}

constexpr atl_core table = {sizeof(atl_core),
                            fail,
                            inform,
                            operation,
                            phase,
                            apply,
                            describe,
                            constant,
                            gradient,
                            minimize,
                            materialize,
                            read,
                            log,
                            annotate,
                            field,
                            next_batch,
                            parameter,
                            use,
                            assign,
                            group,
                            describe_parameter,
                            after_update,
                            loss,
                            call_loss,
                            features,
                            apply_features,
                            model_output,
                            generated,
                            gradients_at};

}  // namespace
}  // namespace atelier::plugin::core

namespace atelier::plugin {

const atl_core& core_table() {
  return core::table;
}

void set_inform(std::function<void(std::string_view)> sink) {
  core::inform_sink() = std::move(sink);
}

}  // namespace atelier::plugin
