// How to write an optimizer that needs whole parameters: norms, matrix products, other evaluations of the loss. It
// records its update from the operations that models are made of. See the plugins lamb, muon and sam for whole ones.
#pragma once

#include <atelier/builder.hpp>
#include <atelier/optimizer.hpp>
#include <atelier/recording.hpp>

namespace atelier {

// An array kept beside one parameter, of any shape.
struct Slot {
  std::string name;
  std::vector<int64_t> dims;
  double initial = 0;
  bool whole_numbers = false;  // int64
};

// One weight of the group that is updated.
struct UpdatedParameter {
  ParameterInfo info;
  Parameter parameter;
  Tensor value;                  // as it is now
  Tensor gradient;               // clipped as the experiment says
  std::vector<Parameter> slots;  // use and assign them, as the parameter
};

// One update of a group.
class GroupUpdate : public Recording {
 public:
  GroupUpdate(atl_context* context, const atl_group_update* update)
      : Recording(context),
        t(update->update->t),
        learning_rate(update->update->learning_rate),
        group(detail::view(update->group)) {
    for (uint64_t i = 0; i < update->count; ++i) {
      atl_parameter_info info{};
      info.size = sizeof info;
      detail::core->describe_parameter(context, update->parameters[i], &info);
      const Parameter parameter(update->parameters[i]);
      parameters.push_back(
          {ParameterInfo(info), parameter, parameter.use(context), {context, update->gradients[i]}, {}});
      for (uint64_t slot = 0; slot < update->slot_counts[i]; ++slot) {
        parameters.back().slots.emplace_back(update->slots[i][slot]);
      }
    }
  }

  // The loss's gradients at other values of the parameters, one for each in their order. All else that the loss depends
  // on, random draws included, is the same.
  [[nodiscard]] std::vector<Tensor> gradients_at(const std::vector<Tensor>& values, Location at = {}) const {
    std::vector<atl_tensor> handles;
    for (const Tensor& value : values) {
      handles.push_back(value.handle());
    }
    std::vector<atl_tensor> found(handles.size());
    detail::core->gradients_at(context(), handles.data(), found.data(), handles.size(), at);
    std::vector<Tensor> out;
    for (const atl_tensor handle : found) {
      out.emplace_back(context(), handle);
    }
    return out;
  }

  int64_t t;             // updates so far, this one included
  double learning_rate;  // after the schedule
  std::string group;
  std::vector<UpdatedParameter> parameters;  // in declaration order
};

// Derived classes have
//   static void describe(Description& d);       // must offer the number "learning_rate"
//   explicit Derived(const Settings& settings);
// and end with ATELIER_RECORDED_OPTIMIZER("name", Derived).
class RecordedOptimizer {
 public:
  RecordedOptimizer() = default;
  RecordedOptimizer(const RecordedOptimizer&) = delete;
  RecordedOptimizer& operator=(const RecordedOptimizer&) = delete;
  virtual ~RecordedOptimizer() = default;

  // What is kept beside a parameter.
  [[nodiscard]] virtual std::vector<Slot> slots(const ParameterInfo& parameter) const {
    (void)parameter;
    return {};
  }
  // Records the update: gives each parameter, and what is kept beside it, a new value.
  virtual void update(GroupUpdate& update) const = 0;
};

namespace detail {

struct RecordedOptimizerHolder {  // what `self` points at, and what the host may borrow
  Owned<RecordedOptimizer> optimizer;
  std::vector<Slot> kept = {};
  std::vector<atl_slot> lent = {};

  explicit RecordedOptimizerHolder(RecordedOptimizer* made) : optimizer(made) {}

  void lend(const atl_parameter_info& parameter, const atl_slot** slots, uint64_t* count) {
    kept = optimizer->slots(ParameterInfo(parameter));
    lent.clear();
    for (const Slot& slot : kept) {
      lent.push_back({sizeof(atl_slot), string(slot.name), slot.dims.data(), static_cast<uint32_t>(slot.dims.size()),
                      slot.whole_numbers ? ATL_INT64 : ATL_REAL, slot.initial});
    }
    *slots = lent.data();
    *count = lent.size();
  }
};

template <typename T>
ATELIER_OWN inline const atl_recorded_optimizer_v1 recorded_optimizer_table = {
    sizeof(atl_recorded_optimizer_v1),
    [](atl_context* context, const atl_settings* settings, void** self) -> atl_status {
      return guard(context, [&] { *self = new RecordedOptimizerHolder(new T(Settings(context, settings))); });
    },
    destroy<RecordedOptimizerHolder>,
    [](void* self, atl_context* context, const atl_parameter_info* parameter, const atl_slot** slots,
       uint64_t* count) -> atl_status {
      return guard(context, [&] { static_cast<RecordedOptimizerHolder*>(self)->lend(*parameter, slots, count); });
    },
    [](const void* self, atl_context* context, const atl_group_update* update) -> atl_status {
      return guard(context, [&] {
        GroupUpdate recorded(context, update);
        static_cast<const RecordedOptimizerHolder*>(self)->optimizer->update(recorded);
      });
    }};

}  // namespace detail
}  // namespace atelier

#define ATELIER_RECORDED_OPTIMIZER(name, type) \
  ATELIER_REGISTER_(ATL_RECORDED_OPTIMIZER_V1, name, "", type, atelier::detail::recorded_optimizer_table<type>)
