#include <algorithm>

#include "plugin/core_functions.hpp"
#include "plugin/model.hpp"

namespace atelier::plugin::core {

atl_status call_loss(atl_context* context, atl_loss handle, int32_t function, const atl_tensor* inputs,
                     uint64_t input_count, const atl_network* network, atl_location, atl_tensor* output) {
  *output = 0;
  return run(context, [&](atl_context& c) {
    recording(c, "a loss");
    const atl_status status = c.model->call_loss(c, handle, function, inputs, input_count, network, output);
    if (status != ATL_OK) {
      c.latch(status, "a loss failed");
    }
  });
}

atl_status apply_features(atl_context* context, atl_features handle, atl_tensor images, const atl_string* names,
                          uint64_t name_count, atl_location location, atl_tensor* outputs) {
  std::fill_n(outputs, name_count, atl_tensor{0});
  return run(context, [&](atl_context& c) {
    recording(c, "features");
    const atl_status status = c.model->features().apply(c, handle, images, names, name_count, location, outputs);
    if (status != ATL_OK) {
      c.latch(status, "the features of another run's model failed");
    }
  });
}

atl_status model_output(atl_context* context, atl_string name, int64_t draws, atl_location location,
                        atl_tensor* output) {
  *output = 0;
  return run(context, [&](atl_context& c) {
    recording(c, "an output of the model");
    const atl_status status = c.model->apply_output(c, own(name), draws, location, output);
    if (status != ATL_OK) {
      c.latch(status, "an output of the model failed");
    }
  });
}

}  // namespace atelier::plugin::core
