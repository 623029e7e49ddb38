// The functions behind the core table, by what they are for, and what they have in common. atelier/abi.h says what each
// does.
#pragma once

#include <atelier/abi.h>

#include <new>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "plugin/context.hpp"

namespace atelier::plugin::core {

// ---- Operations by name (core_operations.cpp)

atl_status operation(atl_string name, atl_operation* out);
const record::Operation* public_operation(atl_operation handle);  // null where it is none
std::string why_refused(atl_operation handle);

// ---- Recording a step (core_recording.cpp)

atl_status apply(atl_context* context, const atl_call* call);
atl_status describe(atl_context* context, atl_tensor tensor, atl_tensor_info* info);
atl_status constant(atl_context* context, atl_dtype dtype, const int64_t* dims, uint32_t rank, const void* data,
                    atl_location location, atl_tensor* tensor);
atl_status gradient(atl_context* context, atl_tensor output, const atl_tensor* inputs, uint64_t input_count,
                    atl_location location, atl_tensor* gradients);
atl_status minimize(atl_context* context, atl_string group, atl_tensor loss, atl_location location);
atl_status materialize(atl_context* context, atl_tensor* tensors, uint64_t count, atl_location location);
atl_status read(atl_context* context, atl_tensor tensor, double* values, uint64_t capacity, atl_location location);
atl_status log(atl_context* context, atl_string name, atl_tensor value, atl_tensor count, atl_location location);
atl_status annotate(atl_context* context, atl_string name, atl_tensor tensor);
atl_status field(atl_context* context, atl_string name, atl_location location, atl_tensor* tensor);
atl_status next_batch(atl_context* context, atl_location location);
atl_status use(atl_context* context, atl_parameter parameter_handle, atl_tensor* tensor);
atl_status assign(atl_context* context, atl_parameter parameter_handle, atl_tensor value, atl_location location);
atl_status after_update(atl_context* context, atl_string name, void* self,
                        atl_status (*action)(void* self, atl_context* context, atl_string group));

// ---- Building a model (core_building.cpp)

atl_status parameter(atl_context* context, const atl_parameter_info* info, atl_parameter* out);
atl_status group(atl_context* context, atl_string name, atl_parameter* parameters, uint64_t capacity, uint64_t* count);
atl_status describe_parameter(atl_context* context, atl_parameter parameter_handle, atl_parameter_info* info);
atl_status loss(atl_context* context, atl_string slot, atl_loss* out);
atl_status features(atl_context* context, atl_string run_name, atl_features* out);

// ---- Calling other components while recording (core_components.cpp)

atl_status call_loss(atl_context* context, atl_loss handle, int32_t function, const atl_tensor* inputs,
                     uint64_t input_count, const atl_network* network, atl_location, atl_tensor* output);
atl_status apply_features(atl_context* context, atl_features handle, atl_tensor images, const atl_string* names,
                          uint64_t name_count, atl_location location, atl_tensor* outputs);
atl_status model_output(atl_context* context, atl_string name, int64_t draws, atl_location location,
                        atl_tensor* output);
atl_status generated(atl_context* context, atl_location location, atl_tensor* samples);
atl_status gradients_at(atl_context* context, const atl_tensor* values, atl_tensor* gradients, uint64_t count,
                        atl_location location);

// ---- What they have in common (core_functions.cpp)

atl_status status_of(ErrorKind kind);
record::Location to_location(atl_location at);
std::string at_place(atl_location location, const std::string& message);

// A shape that a plugin gives. Throws Error(shape) for one that cannot be.
tensor::Shape shape_of(const int64_t* dims, uint32_t rank, std::string_view call, atl_location location);

// A text that is only looked at, without a copy. Throws Error(plugin) for one that is nowhere.
std::string_view text_of(atl_string text);

// The session that `call` records into. Throw Error(plugin) in a phase in which it may not be called.
execute::Session& recording(atl_context& context, std::string_view call);
execute::Session& training(atl_context& context, std::string_view call, atl_location location);

// The place on the tape. Throws Error(plugin).
uint32_t value_of(const execute::Session& session, atl_tensor handle, std::string_view call, atl_location location);

// What a plugin hands in may be of a step, a session or a call that is over: a tensor that it has kept keeps its
// context too. The given one where it belongs to a call that is being made on this thread, and null where not, after
// that has been made a failure of the call that is; nothing of it is touched before.
atl_context* serving(atl_context* context, std::string_view call, atl_location& location);

// Runs one function of the table: after a failure nothing runs any more, and no exception leaves. `call` is what
// messages call it.
template <typename F>
atl_status run(atl_context* given, std::string_view call, atl_location location, const F& body) {
  atl_context* context = serving(given, call, location);
  if (context == nullptr) {
    return ATL_ERROR_ARGUMENT;
  }
  if (context->failed()) {
    return context->status();
  }
  try {
    body(*context, location);
  } catch (const Error& error) {
    context->latch(status_of(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    context->latch(
        ATL_ERROR_MEMORY,
        at_place(location, std::string(call) +
                               ": needs more memory than the system gives; hint: smaller layers or a smaller batch"));
  } catch (const std::exception& error) {
    context->latch(ATL_ERROR_INTERNAL, error.what());
  }
  return context->status();
}

}  // namespace atelier::plugin::core
