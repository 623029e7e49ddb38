#include "training/optimizer.hpp"

#include <atelier/abi.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <variant>

#include "base/error.hpp"
#include "base/floating_point.hpp"
#include "catalog/names.hpp"
#include "plugin/activity.hpp"
#include "plugin/borrowed.hpp"
#include "plugin/component_data.hpp"
#include "plugin/instance.hpp"
#include "plugin/parameter_info.hpp"

namespace atelier::training {

Optimizer::Optimizer(const plugin::Registry& registry, const catalog::ComponentChoice& choice)
    : component_(registry.get(catalog::Kind::optimizer, choice.use)), table_(registry.optimizer(choice.use)) {
  const auto rate = choice.settings.find("learning_rate");
  if (rate == choice.settings.end() || !std::holds_alternative<double>(rate->second)) {
    throw Error(ErrorKind::plugin, "the optimizer '{}' describes no number 'learning_rate'", choice.use);
  }
  atl_context context;
  context.stage = fmt::format("optimizer '{}'", choice.use);
  beginning_ = std::make_unique<atl_context>();
  beginning_->stage = fmt::format("optimizer '{}', the beginning of an update", choice.use);
  updating_ = std::make_unique<atl_context>();
  updating_->stage = fmt::format("optimizer '{}', an update", choice.use);
  const plugin::AbiSettings settings(choice.settings);
  const plugin::Activity activity(component_, "constructor", &context);
  try {
    context.check(table_.create(&context, settings.get(), &self_));
    read_slots(context, choice.use);
    check_repeatable(settings.get(), choice.use);
  } catch (...) {  // a destructor does not run for what was not constructed
    destroy();
    throw;
  }
}

Optimizer::~Optimizer() {
  destroy();
}

void Optimizer::destroy() {
  if (self_ != nullptr) {
    const plugin::Activity activity(component_, "destructor");
    table_.destroy(self_);
  }
}

void Optimizer::read_slots(atl_context& context, const std::string& use) {
  const atl_string* names = nullptr;
  uint64_t count = 0;
  context.check(table_.slots(self_, &names, &count));
  if (count > plugin_slots) {
    throw Error(ErrorKind::plugin, "optimizer '{}': keeps {} arrays, at most {} are possible", use, count,
                plugin_slots);
  }
  for (const atl_string& name :
       plugin::span_of<atl_string>(names, count, plugin_slots, "the optimizer's list of arrays")) {
    slots_.push_back(plugin::own(name));
    if (const std::string problem = catalog::problem_of_name(slots_.back()); !problem.empty()) {
      throw Error(ErrorKind::plugin, "optimizer '{}': an array {}", use, problem);
    }
  }
  for (const std::string& name : catalog::repeated(slots_)) {
    throw Error(ErrorKind::plugin, "optimizer '{}': keeps the array {} twice", use, catalog::quoted(name));
  }
}

// A resumed run makes the optimizer anew: what it keeps in members is lost, and its later updates would be others.
void Optimizer::check_repeatable(const atl_settings* settings, const std::string& use) {
  using Scalars = std::array<double, plugin_scalars>;
  constexpr int64_t last = 3;
  const auto scalars_of_last = [&](int64_t first) -> std::optional<Scalars> {
    atl_context context;
    plugin::Instance instance(component_, table_.destroy);
    const plugin::Activity activity(component_, "begin_update", &context);
    Scalars scalars{};
    bool fine = table_.create(&context, settings, instance.created()) == ATL_OK;
    for (int64_t t = first; t <= last && fine; ++t) {
      const atl_update update{sizeof(atl_update), t, 1e-3};
      scalars = {};
      fine = table_.begin_update(instance.self(), &context, &update, scalars.data()) == ATL_OK && !context.failed();
    }
    reset_floating_point();
    return fine ? std::optional(scalars) : std::nullopt;  // what fails says so when the time comes
  };
  const std::optional<Scalars> all = scalars_of_last(1);
  const std::optional<Scalars> resumed = scalars_of_last(last);
  const auto bits = [](double value) { return std::bit_cast<uint64_t>(value); };
  if (all && resumed && !std::ranges::equal(*all, *resumed, {}, bits, bits)) {
    throw Error(
        ErrorKind::plugin,
        "optimizer '{}': update {} is another one after the updates before it than where the run is resumed "
        "there; hint: begin_update may use the update's t and learning rate and the settings, and no member that "
        "it has changed",
        use, last);
  }
}

void Optimizer::begin_update(int64_t t, double learning_rate, double* scalars) {
  const atl_update update{sizeof(atl_update), t, learning_rate};
  const plugin::Activity activity(component_, "begin_update", beginning_.get(), t);
  const atl_status status = table_.begin_update(self_, beginning_.get(), &update, scalars);
  reset_floating_point();
  beginning_->check(status);
}

void Optimizer::prepare(record::Bank& bank, size_t group) const {
  for (const uint32_t member : bank.groups[group].members) {
    record::Parameter& parameter = *bank.parameters[member];
    atl_context context;
    context.stage = fmt::format("optimizer, for the parameter '{}'", parameter.name);
    const atl_parameter_info info = plugin::info_of(bank, parameter);
    parameter.constants = {};
    const plugin::Activity activity(component_, "prepare", &context);
    const atl_status status = table_.prepare(self_, &context, &info, parameter.constants.data());
    reset_floating_point();
    context.check(status);
  }
}

void Optimizer::update(const double* scalars, const double* constants, uint64_t count, tensor::DType real,
                       void* parameter, const void* gradient, void* const* slots) const {
  const plugin::Activity activity(component_, "update", updating_.get());
  const auto call = [&]<typename Real>(auto function, Real* values) {
    std::array<Real*, plugin_slots> kept{};
    for (size_t i = 0; i < slots_.size(); ++i) {
      kept[i] = static_cast<Real*>(slots[i]);
    }
    return function(self_, updating_.get(), scalars, constants, count, values, static_cast<const Real*>(gradient),
                    kept.data());
  };
  const atl_status status = real == tensor::DType::f32 ? call(table_.update, static_cast<float*>(parameter))
                                                       : call(table_.update_float64, static_cast<double*>(parameter));
  if (status != ATL_OK) {
    updating_->latch(status, "the plugin gave no reason");
  }
}

}  // namespace atelier::training
