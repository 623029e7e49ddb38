#include "training/recorded_optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <variant>

#include "base/error.hpp"
#include "base/floating_point.hpp"
#include "catalog/names.hpp"
#include "plugin/activity.hpp"
#include "plugin/borrowed.hpp"
#include "plugin/component_data.hpp"
#include "plugin/handles.hpp"
#include "plugin/model.hpp"
#include "plugin/parameter_info.hpp"
#include "tensor/memory.hpp"

namespace atelier::training {

RecordedOptimizer::RecordedOptimizer(const plugin::Registry& registry, const catalog::ComponentChoice& choice)
    : component_(registry.get(catalog::Kind::optimizer, choice.use)),
      table_(registry.recorded_optimizer(choice.use)),
      instance_(component_, table_.destroy) {
  const auto rate = choice.settings.find("learning_rate");
  if (rate == choice.settings.end() || !std::holds_alternative<double>(rate->second)) {
    throw Error(ErrorKind::plugin, "the optimizer '{}' describes no number 'learning_rate'", choice.use);
  }
  atl_context context;
  context.stage = fmt::format("optimizer '{}'", choice.use);
  const plugin::AbiSettings settings(choice.settings);
  const plugin::Activity activity(component_, "constructor", &context);
  const atl_status status = table_.create(&context, settings.get(), instance_.created());
  reset_floating_point();
  context.check(status);
}

namespace {

std::unique_ptr<record::Parameter> make_slot(const atl_slot& slot, const std::string& of, tensor::DType real) {
  auto out = std::make_unique<record::Parameter>();
  const std::string name = plugin::own(slot.name);
  if (const std::string problem = catalog::problem_of_name(name); !problem.empty()) {
    throw Error(ErrorKind::plugin, "what it keeps beside '{}' {}", of, problem);
  }
  out->name = of + "." + name;
  const bool integer = slot.dtype == ATL_INT64;
  if (slot.dtype != ATL_REAL && !integer) {
    throw Error(ErrorKind::plugin, "'{}' has the dtype {}, expected ATL_REAL or ATL_INT64", out->name, slot.dtype);
  }
  constexpr double beyond = 0x1p53;  // from here on a double leaves whole numbers out
  if (integer && !(std::abs(slot.initial) < beyond && std::trunc(slot.initial) == slot.initial)) {
    throw Error(ErrorKind::plugin, "'{}' begins at {}, expected a whole number, as its dtype is ATL_INT64", out->name,
                slot.initial);
  }
  const std::span<const int64_t> dims =
      plugin::span_of<int64_t>(slot.dims, slot.rank, tensor::Shape::max_rank, "the shape of '" + out->name + "'");
  const tensor::Shape shape(dims);
  const tensor::DType dtype = integer ? tensor::DType::i64 : real;
  out->value = tensor::take_memory(
      [&] { return fmt::format("'{}' of the optimizer, {},", out->name, tensor::described(shape, dtype)); },
      "smaller layers, or an optimizer that keeps less", [&] { return tensor::Tensor(shape, dtype); });
  const int64_t elements = out->value.shape.elements();
  switch (out->value.dtype) {
    case tensor::DType::f32:
      std::fill_n(out->value.storage.as<float>(), elements, static_cast<float>(slot.initial));
      break;
    case tensor::DType::f64:
      std::fill_n(out->value.storage.as<double>(), elements, slot.initial);
      break;
    case tensor::DType::i64:
      std::fill_n(out->value.storage.as<int64_t>(), elements, static_cast<int64_t>(slot.initial));
      break;
    case tensor::DType::bf16:
      break;
  }
  return out;
}

}  // namespace

void RecordedOptimizer::declare_slots(record::Bank& bank, size_t group) {
  constexpr uint64_t most = 64;
  for (const uint32_t member : bank.groups[group].members) {
    const record::Parameter& parameter = *bank.parameters[member];
    atl_context context;
    context.stage = fmt::format("optimizer '{}'", component_.description.name);
    const atl_parameter_info info = plugin::info_of(bank, parameter);
    const atl_slot* first = nullptr;
    uint64_t count = 0;
    const plugin::Activity activity(component_, "slots", &context);
    const atl_status status = table_.slots(instance_.self(), &context, &info, &first, &count);
    reset_floating_point();
    context.check(status);
    std::vector<atl_parameter>& slots = slots_.emplace_back();
    plugin::for_each(first, count, most, context.stage + ": slot", [&](const atl_slot& slot) {
      auto made = make_slot(slot, parameter.name, parameter.value.dtype);
      if (std::ranges::any_of(bank.parameters, [&](const auto& other) { return other->name == made->name; })) {
        throw Error(ErrorKind::plugin, "{}: '{}' is there already", context.stage, made->name);
      }
      made->slot_of = static_cast<int32_t>(member);
      bank.parameters.push_back(std::move(made));
      slots.push_back(static_cast<atl_parameter>(bank.parameters.size()));
    });
  }
}

void RecordedOptimizer::record(const plugin::RecordedUpdate& of, atl_context& context, const atl_update& update,
                               record::Location location) const {
  execute::Session& session = *context.session;
  const record::ParameterGroup& group = context.model->bank().groups[of.group];
  const uint32_t first = session.group_gradients(of.group, of.loss, location);
  std::vector<atl_parameter> parameters;
  std::vector<atl_tensor> gradients;
  std::vector<const atl_parameter*> slots;
  std::vector<uint64_t> counts;
  for (size_t i = 0; i < group.members.size(); ++i) {
    parameters.push_back(group.members[i] + 1);
    gradients.push_back(plugin::to_handle(session, first + static_cast<uint32_t>(i)));
    slots.push_back(slots_[i].data());
    counts.push_back(slots_[i].size());
  }
  const atl_group_update work{sizeof(atl_group_update), plugin::borrow(group.name), &update,      parameters.data(),
                              gradients.data(),         parameters.size(),          slots.data(), counts.data()};
  context.recorded_update = &of;
  const plugin::Activity activity(component_, "update", &context, context.phase.step);
  const atl_status status = table_.update(instance_.self(), &context, &work);
  context.recorded_update = nullptr;
  reset_floating_point();
  if (status != ATL_OK) {
    context.latch(status, "failed without saying why");
  }
}

void RecordedOptimizer::update(const double*, const double*, uint64_t count, tensor::DType real, void* parameter,
                               const void* value, void* const*) const {
  std::memcpy(parameter, value, count * tensor::size_of(real));
}

}  // namespace atelier::training
