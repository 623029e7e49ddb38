// An optimizer from a plugin that sees whole parameters and records its updates.
#pragma once

#include <atelier/abi.h>

#include <string>
#include <vector>

#include "plugin/context.hpp"
#include "plugin/instance.hpp"
#include "plugin/registry.hpp"
#include "record/bank.hpp"

namespace atelier::training {

// As a rule of the engine's it writes the new values that were recorded, so that moving averages and the look at every
// written value are those of all optimizers.
class RecordedOptimizer final : public record::UpdateRule {
 public:
  // Throws Error(plugin) in the plugin's words.
  RecordedOptimizer(const plugin::Registry& registry, const catalog::ComponentChoice& choice);

  // Adds what it keeps beside each of the group's parameters to the bank, as states that are no part of the model.
  void declare_slots(record::Bank& bank, size_t group);
  void record(const plugin::RecordedUpdate& of, atl_context& context, const atl_update& update,
              record::Location location) const;

  [[nodiscard]] const std::vector<std::string>& slots() const override { return none_; }
  void begin_update(int64_t, double, double*) override {}
  void update(const double* scalars, const double* constants, uint64_t count, tensor::DType real, void* parameter,
              const void* value, void* const* slots) const override;

 private:
  const plugin::Component& component_;
  const atl_recorded_optimizer_v1& table_;
  plugin::Instance instance_;
  std::vector<std::string> none_;
  std::vector<std::vector<atl_parameter>> slots_;  // by member of the group
};

}  // namespace atelier::training
