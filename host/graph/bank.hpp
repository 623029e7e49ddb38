// The parameters and state tensors of a model, with what an optimizer keeps beside them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tensor/storage.hpp"

namespace atelier::graph {

// An optimizer as the engine sees it: elementwise, so that a parameter may be updated in blocks, by any thread.
class UpdateRule {
 public:
  static constexpr size_t max_scalars = 16;
  static constexpr size_t max_slots = 4;

  UpdateRule() = default;
  UpdateRule(const UpdateRule&) = delete;
  UpdateRule& operator=(const UpdateRule&) = delete;
  virtual ~UpdateRule() = default;

  [[nodiscard]] virtual const std::vector<std::string>& slots() const = 0;
  // `scalars` has max_scalars elements; t counts from 1.
  virtual void begin_update(int64_t t, double learning_rate, double* scalars) = 0;
  virtual void update(const double* scalars, uint64_t count, float* parameter, const float* gradient,
                      float* const* slots) const = 0;
};

struct Parameter {
  std::string name;
  int32_t group = -1;    // in Bank::groups; -1 for a state tensor
  bool foreign = false;  // belongs to another run's model: frozen, and left out of checkpoints
  tensor::Tensor value;
  std::vector<tensor::Storage> slots;
};

struct ParameterGroup {
  std::string name;
  std::vector<uint32_t> members;  // in declaration order
  UpdateRule* rule = nullptr;     // null where the group is frozen
  double clip_norm = 0;           // 0: gradients are not clipped
  double average = 0;  // decay of the moving average of the weights, each member's last slot; 0: none is kept
};

struct Bank {
  std::vector<std::unique_ptr<Parameter>> parameters;
  std::vector<ParameterGroup> groups;
  bool averaged = false;  // the averages are in the weights' place (AveragedWeights)
  uint64_t version = 1;   // grows with every change of a value, whoever makes it: what was computed from them is kept

  [[nodiscard]] const ParameterGroup* find_group(std::string_view name) const {
    for (const ParameterGroup& group : groups) {
      if (group.name == name) {
        return &group;
      }
    }
    return nullptr;
  }
};

}  // namespace atelier::graph
