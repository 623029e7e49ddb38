#include <algorithm>
#include <cstring>

#include "base/text.hpp"
#include "plugin/core_functions.hpp"
#include "plugin/model.hpp"
#include "plugin/parameter_info.hpp"

namespace atelier::plugin::core {

atl_status parameter(atl_context* context, const atl_parameter_info* info, atl_parameter* out) {
  *out = 0;
  return run(context, "parameter", {}, [&](atl_context& c, atl_location) { *out = c.model->declare(c, *info); });
}

atl_status group(atl_context* context, atl_string name, atl_parameter* parameters, uint64_t capacity, uint64_t* count) {
  *count = 0;
  return run(context, "group", {}, [&](atl_context& c, atl_location) {
    const record::ParameterGroup* found = c.model->bank().find_group(text_of(name));
    if (found == nullptr) {
      throw Error(ErrorKind::plugin, "there is no parameter group '{}'{}", own(name),
                  instead_of(own(name), c.model->group_names(), "none: no parameter with a group is declared yet"));
    }
    *count = found->members.size();
    for (uint64_t i = 0; i < std::min<uint64_t>(capacity, found->members.size()); ++i) {
      parameters[i] = found->members[i] + 1;
    }
  });
}

atl_status describe_parameter(atl_context* context, atl_parameter parameter_handle, atl_parameter_info* info) {
  return run(context, "describe_parameter", {}, [&](atl_context& c, atl_location) {
    const record::Bank& bank = c.model->bank();
    if (parameter_handle == 0 || parameter_handle > bank.parameters.size()) {
      throw Error(ErrorKind::plugin, "describe_parameter: a parameter that this model has not declared");
    }
    atl_parameter_info found = info_of(bank, *bank.parameters[parameter_handle - 1]);
    found.size = info->size;  // theirs, which may be of another minor
    std::memcpy(info, &found, std::min<uint64_t>(info->size, sizeof found));
  });
}

atl_status loss(atl_context* context, atl_string slot, atl_loss* out) {
  *out = 0;
  return run(context, "loss", {}, [&](atl_context& c, atl_location) { *out = c.model->find_loss(c, own(slot)); });
}

atl_status features(atl_context* context, atl_string run_name, atl_features* out) {
  *out = 0;
  return run(context, "features", {},
             [&](atl_context& c, atl_location) { *out = c.model->find_features(own(run_name)); });
}

}  // namespace atelier::plugin::core
