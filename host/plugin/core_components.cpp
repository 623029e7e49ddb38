#include <algorithm>

#include "plugin/core_functions.hpp"
#include "plugin/handles.hpp"
#include "plugin/model.hpp"

namespace atelier::plugin::core {

atl_status call_loss(atl_context* context, atl_loss handle, int32_t function, const atl_tensor* inputs,
                     uint64_t input_count, const atl_network* network, atl_location location, atl_tensor* output) {
  *output = 0;
  return run(context, "a loss", location, [&](atl_context& c, atl_location at) {
    recording(c, "a loss");
    c.model->call_loss(c, {handle, function, std::span(inputs, input_count), network, at}, output);
  });
}

atl_status apply_features(atl_context* context, atl_features handle, atl_tensor images, const atl_string* names,
                          uint64_t name_count, atl_location location, atl_tensor* outputs) {
  std::fill_n(outputs, name_count, atl_tensor{0});
  return run(context, "features", location, [&](atl_context& c, atl_location at) {
    const uint32_t seen = value_of(recording(c, "features"), images, "features", at);
    c.model->features().apply(c, handle, seen, std::span(names, name_count), at, outputs);
  });
}

atl_status model_output(atl_context* context, atl_string name, int64_t draws, atl_location location,
                        atl_tensor* output) {
  *output = 0;
  return run(context, "an output of the model", location, [&](atl_context& c, atl_location at) {
    recording(c, "an output of the model");
    c.model->apply_output(c, own(name), draws, at, output);
  });
}

atl_status generated(atl_context* context, atl_location location, atl_tensor* samples) {
  *samples = 0;
  return run(context, "generated", location, [&](atl_context& c, atl_location at) {
    if (c.generated.generation == 0) {
      throw Error(ErrorKind::phase, "{}",
                  at_place(at, "generated: only in a metric's pass that generates; hint: Pass::generates"));
    }
    *samples = to_handle(c.generated.generation, c.generated.value);
  });
}

atl_status gradients_at(atl_context* context, const atl_tensor* values, atl_tensor* gradients, uint64_t count,
                        atl_location location) {
  std::fill_n(gradients, count, atl_tensor{0});
  return run(context, "gradients_at", location, [&](atl_context& c, atl_location at) {
    if (c.recorded_update == nullptr) {
      throw Error(ErrorKind::phase, "{}", at_place(at, "gradients_at: only in a recorded optimizer's update"));
    }
    execute::Session& session = *c.session;
    std::vector<uint32_t> places;
    for (uint64_t i = 0; i < count; ++i) {
      places.push_back(value_of(session, values[i], "gradients_at", at));
    }
    const uint32_t first =
        session.gradients_at(c.recorded_update->group, c.recorded_update->loss, places, to_location(at));
    for (uint64_t i = 0; i < count; ++i) {
      gradients[i] = to_handle(session, first + static_cast<uint32_t>(i));
    }
  });
}

}  // namespace atelier::plugin::core
