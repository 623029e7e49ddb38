// The parameters and state tensors of a model, with what an optimizer keeps beside them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tensor/storage.hpp"

namespace atelier::record {

// An optimizer as the engine sees it: elementwise, so that a parameter may be updated in blocks, by any thread.
class UpdateRule {
 public:
  static constexpr size_t plugin_scalars = 16, plugin_slots = 4;  // at most, of an optimizer of the contract
  static constexpr size_t max_delay = 16;                         // updates that gradients may wait for
  static constexpr size_t max_scalars = plugin_scalars + 1;       // that of whose gradients wait is the last
  static constexpr size_t max_slots = plugin_slots + max_delay;
  static constexpr size_t max_constants = 4;

  UpdateRule() = default;
  UpdateRule(const UpdateRule&) = delete;
  UpdateRule& operator=(const UpdateRule&) = delete;
  virtual ~UpdateRule() = default;

  [[nodiscard]] virtual const std::vector<std::string>& slots() const = 0;
  // `scalars` has max_scalars elements; t counts from 1.
  virtual void begin_update(int64_t t, double learning_rate, double* scalars) = 0;
  // `constants` are the parameter's own, max_constants elements. Everything is of the type `real`, float32 or float64.
  virtual void update(const double* scalars, const double* constants, uint64_t count, tensor::DType real,
                      void* parameter, const void* gradient, void* const* slots) const = 0;
};

struct Parameter {
  std::string name;
  int32_t group = -1;    // in Bank::groups; -1 for a state tensor
  bool foreign = false;  // belongs to another run's model: frozen, and left out of checkpoints
  bool frozen = false;   // goes with a frozen group: nothing gives it another value
  int32_t slot_of = -1;  // the parameter that a recorded optimizer keeps this beside; -1 for a model's own
  tensor::Tensor value;
  std::vector<tensor::Storage> slots;                         // of an elementwise optimizer
  std::array<double, UpdateRule::max_constants> constants{};  // for it

  // Whether it belongs to the model that is trained, as its weights and state do.
  [[nodiscard]] bool is_models_own() const { return !foreign && slot_of < 0; }
};

struct ParameterGroup {
  std::string name;
  std::vector<uint32_t> members;  // in declaration order
  UpdateRule* rule = nullptr;     // null where nothing updates it
  bool frozen = false;            // the experiment asks that its weights and state stay as they are
  double clip_norm = 0;           // 0: gradients are not clipped
  double average = 0;  // decay of the moving average of the weights, each member's last slot; 0: none is kept
};

struct Bank {
  std::vector<std::unique_ptr<Parameter>> parameters;
  std::vector<ParameterGroup> groups;
  bool averaged = false;  // the averages are in the weights' place (AveragedWeights)
  uint64_t version = 1;   // grows with every change of a value, whoever makes it: what was computed from them is kept
  // Set, by any thread, where a gradient, an update or an assignment of the step that runs is not finite. The values
  // here then belong to no step, and nothing of them may be kept.
  mutable std::atomic<bool> went_bad{false};

  [[nodiscard]] const ParameterGroup* find_group(std::string_view name) const {
    for (const ParameterGroup& group : groups) {
      if (group.name == name) {
        return &group;
      }
    }
    return nullptr;
  }

  // The group that a tensor goes with, an index in `groups`: a weight's own, and that whose name begins the state's, as
  // "critic" begins "critic.0.norm.mean" (the longest such name). -1 for none.
  [[nodiscard]] int32_t group_of(const Parameter& parameter) const {
    int32_t found = parameter.group;
    size_t longest = 0;
    for (size_t g = 0; g < groups.size() && parameter.group < 0 && !parameter.foreign; ++g) {
      const std::string& group = groups[g].name;
      if (group.size() > longest && parameter.name.starts_with(group + ".")) {
        found = static_cast<int32_t>(g);
        longest = group.size();
      }
    }
    return found;
  }
};

}  // namespace atelier::record
