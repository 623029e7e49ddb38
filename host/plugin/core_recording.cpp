#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "catalog/names.hpp"
#include "plugin/activity.hpp"
#include "plugin/core_functions.hpp"
#include "plugin/handles.hpp"
#include "plugin/model.hpp"

namespace atelier::plugin::core {

using record::RawAttribute;
using record::TensorType;

atl_status apply(atl_context* context, const atl_call* call) {
  std::fill_n(call->outputs, call->output_count, atl_tensor{0});
  const record::Operation* found = public_operation(call->operation);
  const std::string_view name = found == nullptr ? std::string_view("apply") : found->name;
  return run(context, name, {call->file, call->line, 0}, [&](atl_context& c, atl_location at) {
    if (found == nullptr) {
      throw Error(ErrorKind::unsupported, "{}", at_place(at, why_refused(call->operation)));
    }
    execute::Session& session = recording(c, found->name);
    constexpr size_t few = 16;
    std::array<uint32_t, few> small_inputs{};
    std::vector<uint32_t> many_inputs(call->input_count > few ? call->input_count : 0);
    uint32_t* inputs = call->input_count > few ? many_inputs.data() : small_inputs.data();
    for (uint32_t i = 0; i < call->input_count; ++i) {
      inputs[i] = value_of(session, call->inputs[i], found->name, at);
    }
    std::array<RawAttribute, few> attributes{};
    if (call->attribute_count > few) {
      throw Error(ErrorKind::plugin, "{}",
                  at_place(at, fmt::format("{}: got {} attributes", found->name, call->attribute_count)));
    }
    for (uint32_t i = 0; i < call->attribute_count; ++i) {
      const atl_attribute& from = call->attributes[i];
      RawAttribute& to = attributes[i];
      if (from.type == ATL_INTEGERS) {
        to.type = record::AttributeType::integers;
        to.count = from.count;
        to.integers = from.value.integers;
      } else {
        to.type = from.type == ATL_NUMBER ? record::AttributeType::number : record::AttributeType::integer;
        to.integer = from.value.integer;
      }
    }
    const uint32_t first = session.apply(*found, std::span(inputs, call->input_count),
                                         std::span(attributes.data(), call->attribute_count), to_location(at));
    for (uint32_t i = 0; i < call->output_count && i < found->outputs; ++i) {
      call->outputs[i] = to_handle(session, first + i);
    }
  });
}

atl_status describe(atl_context* context, atl_tensor tensor, atl_tensor_info* info) {
  info->rank = 0;
  return run(context, "the shape of a tensor", {}, [&](atl_context& c, atl_location) {
    execute::Session& session = recording(c, "describe");
    const TensorType& type = session.type(value_of(session, tensor, "the shape of a tensor", {}));
    info->dtype = static_cast<atl_dtype>(type.dtype);
    info->rank = static_cast<uint32_t>(type.shape.rank());
    std::ranges::copy(type.shape.dims(), info->dims);
  });
}

atl_status constant(atl_context* context, atl_dtype dtype, const int64_t* dims, uint32_t rank, const void* data,
                    atl_location location, atl_tensor* tensor) {
  *tensor = 0;
  return run(context, "constant", location, [&](atl_context& c, atl_location at) {
    execute::Session& session = recording(c, "constant");
    const tensor::Shape shape = shape_of(dims, rank, "constant", at);
    if (data == nullptr && shape.elements() > 0) {
      throw Error(ErrorKind::plugin, "{}",
                  at_place(at, fmt::format("constant: got {} elements at a null pointer", shape.elements())));
    }
    const tensor::DType real = session.recorder().real();
    if (dtype == ATL_FLOAT32 && real == tensor::DType::f64) {  // a run in double precision sees the same numbers
      const auto* floats = static_cast<const float*>(data);
      const std::vector<double> wide(floats, floats + shape.elements());
      *tensor = to_handle(session, session.constant({shape, real}, wide.data(), to_location(at)));
      return;
    }
    const tensor::DType wanted = dtype == ATL_INT64 ? tensor::DType::i64 : real;
    if (dtype != ATL_INT64 && dtype != ATL_REAL && static_cast<tensor::DType>(dtype) != real) {
      throw Error(ErrorKind::shape, "{}",
                  at_place(at, fmt::format("constant: this run computes in {}", tensor::name_of(real))));
    }
    *tensor = to_handle(session, session.constant({shape, wanted}, data, to_location(at)));
  });
}

atl_status gradient(atl_context* context, atl_tensor output, const atl_tensor* inputs, uint64_t input_count,
                    atl_location location, atl_tensor* gradients) {
  std::fill_n(gradients, input_count, atl_tensor{0});
  return run(context, "gradient", location, [&](atl_context& c, atl_location at) {
    execute::Session& session = recording(c, "gradient");
    std::vector<uint32_t> values;
    for (uint64_t i = 0; i < input_count; ++i) {
      values.push_back(value_of(session, inputs[i], "gradient", at));
    }
    const uint32_t first = session.gradient(value_of(session, output, "gradient", at), values, to_location(at));
    for (uint64_t i = 0; i < input_count; ++i) {
      gradients[i] = to_handle(session, first + static_cast<uint32_t>(i));
    }
  });
}

atl_status minimize(atl_context* context, atl_string group, atl_tensor loss, atl_location location) {
  return run(context, "minimize", location, [&](atl_context& c, atl_location at) {
    execute::Session& session = training(c, "minimize", at);
    const std::string name = own(group);
    c.model->minimize(c, name, value_of(session, loss, "minimize", at), to_location(at));
    std::vector<PendingAction> due;
    std::erase_if(c.after_updates, [&](const PendingAction& action) {
      const bool is_due = action.group == name;
      if (is_due) {
        due.push_back(action);
      }
      return is_due;
    });
    for (const PendingAction& action : due) {
      const Activity activity(*action.component, "an action after an update", &c, c.phase.step);
      if (const atl_status status = action.action(action.self, &c, group); status != ATL_OK) {
        c.latch(status, "an action after the update of '" + name + "' failed");
      }
    }
  });
}

namespace {

// Runs what was recorded so far, after which these values are there, under new numbers; of a metric the generated
// images too, which it may ask for again.
void keep(atl_context& c, std::vector<uint32_t>& values, atl_location at) {
  const bool has_images = c.generated.generation == c.session->generation();
  if (has_images) {
    values.push_back(c.generated.value);
  }
  c.session->materialize(values, to_location(at));
  if (has_images) {
    c.generated = {values.back(), c.session->generation()};
    values.pop_back();
  }
}

}  // namespace

atl_status materialize(atl_context* context, atl_tensor* tensors, uint64_t count, atl_location location) {
  return run(context, "materialize", location, [&](atl_context& c, atl_location at) {
    execute::Session& session = recording(c, "materialize");
    std::vector<uint32_t> values;
    for (uint64_t i = 0; i < count; ++i) {
      values.push_back(value_of(session, tensors[i], "materialize", at));
    }
    keep(c, values, at);
    for (uint64_t i = 0; i < count; ++i) {
      tensors[i] = to_handle(session, values[i]);
    }
  });
}

atl_status read(atl_context* context, atl_tensor tensor, double* values, uint64_t capacity, atl_location location) {
  return run(context, "read", location, [&](atl_context& c, atl_location at) {
    execute::Session& session = recording(c, "read");
    uint32_t value = value_of(session, tensor, "read", at);
    if (!session.is_known(value) && c.generated.generation == session.generation()) {
      std::vector<uint32_t> kept{value};
      keep(c, kept, at);
      value = kept.front();
    }
    session.read(value, values, capacity, to_location(at));
  });
}

atl_status log(atl_context* context, atl_string name, atl_tensor value, atl_tensor count, atl_location location) {
  return run(context, "log", location, [&](atl_context& c, atl_location at) {
    execute::Session& session = recording(c, "log");
    const std::string_view text = text_of(name);
    if (const std::string problem = catalog::problem_of_logged_name(text); !problem.empty()) {
      throw Error(ErrorKind::plugin, "{}", at_place(at, fmt::format("log: {} {}", catalog::quoted(text), problem)));
    }
    const uint32_t logged = value_of(session, value, "log", at);
    if (count == 0) {
      session.log(text, logged, nullptr, to_location(at));
    } else {
      const uint32_t counted = value_of(session, count, "log", at);
      session.log(text, logged, &counted, to_location(at));
    }
  });
}

atl_status annotate(atl_context* context, atl_string name, atl_tensor tensor) {
  return run(context, "annotate", {}, [&](atl_context& c, atl_location) {
    execute::Session& session = recording(c, "annotate");
    if (c.phase.training == 0) {
      return;  // only training is looked at, and there not the layers of another run's model, whose names may be ours
               // too
    }
    session.annotate(text_of(name), value_of(session, tensor, "annotate", {}));
  });
}

atl_status field(atl_context* context, atl_string name, atl_location location, atl_tensor* tensor) {
  *tensor = 0;
  return run(context, "field", location, [&](atl_context& c, atl_location at) {
    execute::Session& session = recording(c, "field");
    const std::string_view wanted = text_of(name);
    if (c.batch == nullptr) {
      const std::string_view why = c.generated.generation != 0
                                       ? "this pass looks at what the model generates, and at no data"
                                       : "there is no data while sampling";
      throw Error(ErrorKind::phase, "{}", at_place(at, fmt::format("'{}': {}", wanted, why)));
    }
    const std::vector<BatchField>& fields = c.batch->fields();
    const auto found = std::ranges::find(fields, wanted, &BatchField::name);
    if (found != fields.end()) {
      if (!found->refusal.empty()) {
        throw Error(ErrorKind::data, "{}", at_place(location, fmt::format("'{}': {}", wanted, found->refusal)));
      }
      auto& known = c.field_tensors.at(static_cast<size_t>(found - fields.begin()));
      if (known.generation != session.generation()) {
        known = {session.input(found->type, found->data, to_location(at)), session.generation()};
      }
      *tensor = to_handle(session, known.value);
      return;
    }
    std::vector<std::string> names;
    for (const BatchField& candidate : fields) {
      names.push_back(candidate.name);
    }
    throw Error(ErrorKind::plugin, "{}",
                at_place(at, fmt::format("the data has no '{}', it has {}", wanted, list_of(names))));
  });
}

atl_status next_batch(atl_context* context, atl_location location) {
  return run(context, "next_batch", location, [&](atl_context& c, atl_location at) {
    training(c, "next_batch", at);
    c.batch->advance();
    c.field_tensors = {};
    c.phase.batch_size = c.batch->size();
  });
}

atl_status use(atl_context* context, atl_parameter parameter_handle, atl_tensor* tensor) {
  *tensor = 0;
  return run(context, "use of a parameter", {}, [&](atl_context& c, atl_location) {
    execute::Session& session = recording(c, "use of a parameter");
    if (parameter_handle == 0 || parameter_handle > c.model->bank().parameters.size()) {
      throw Error(ErrorKind::plugin, "a parameter that this model has not declared");
    }
    *tensor = to_handle(session, session.use(parameter_handle - 1));
  });
}

atl_status assign(atl_context* context, atl_parameter parameter_handle, atl_tensor value, atl_location location) {
  return run(context, "assign", location, [&](atl_context& c, atl_location at) {
    execute::Session& session = training(c, "assign", at);
    if (parameter_handle == 0 || parameter_handle > c.model->bank().parameters.size()) {
      throw Error(ErrorKind::plugin, "assign: a parameter that this model has not declared");
    }
    const record::Parameter& parameter = *c.model->bank().parameters[parameter_handle - 1];
    if (c.recorded_update != nullptr && parameter.group == static_cast<int32_t>(c.recorded_update->group)) {
      session.replace(parameter_handle - 1, value_of(session, value, "assign", at), c.recorded_update->average_share,
                      to_location(at));
      return;
    }
    if (parameter.foreign) {
      throw Error(ErrorKind::plugin, "{}",
                  at_place(at,
                           "assign: another run's model is frozen; hint: assign only where "
                           "step.training() is true"));
    }
    session.assign(parameter_handle - 1, value_of(session, value, "assign", at), to_location(at));
  });
}

atl_status after_update(atl_context* context, atl_string name, void* self,
                        atl_status (*action)(void* self, atl_context* context, atl_string group)) {
  return run(context, "after_update", {}, [&](atl_context& c, atl_location) {
    if (c.phase.phase != ATL_PHASE_TRAIN) {
      return;  // an evaluation computes the loss without updating anything
    }
    const record::ParameterGroup* found = c.model->bank().find_group(text_of(name));
    if (action == nullptr) {
      throw Error(ErrorKind::plugin, "after_update: got no action");
    }
    if (found == nullptr) {
      throw Error(ErrorKind::plugin,
                  "this loss acts on the weights of its network's parameter group, and was given {}; hint: "
                  "hand it a network that was built with a group",
                  name.size == 0 ? "a network without one" : "'" + own(name) + "'");
    }
    if (!found->frozen) {  // nothing updates it, so there is nothing to act on
      c.after_updates.push_back({Activity::newest()->component(), own(name), self, action});
    }
  });
}

}  // namespace atelier::plugin::core
