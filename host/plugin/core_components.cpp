#include <algorithm>

#include "plugin/core_functions.hpp"
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

}  // namespace atelier::plugin::core
