// An optimizer from a plugin.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plugin/context.hpp"
#include "plugin/registry.hpp"
#include "record/bank.hpp"

namespace atelier::training {

class Optimizer final : public record::UpdateRule {
 public:
  // Throws Error(plugin) in the plugin's words.
  Optimizer(const plugin::Registry& registry, const catalog::ComponentChoice& choice);
  ~Optimizer() override;
  [[nodiscard]] const std::vector<std::string>& slots() const override { return slots_; }
  void begin_update(int64_t t, double learning_rate, double* scalars) override;
  void update(const double* scalars, const double* constants, uint64_t count, tensor::DType real, void* parameter,
              const void* gradient, void* const* slots) const override;
  // Asks for the constants of each parameter of the group. Throws Error(plugin).
  void prepare(record::Bank& bank, size_t group) const;
  // Throws Error(plugin) where an update has failed since; the parameters then belong to no step.
  void check() const { updating_->check(ATL_OK); }

 private:
  void read_slots(atl_context& context, const std::string& use);
  void check_repeatable(const atl_settings* settings, const std::string& use);
  void destroy();

  const plugin::Component& component_;
  const atl_optimizer_v1& table_;
  void* self_ = nullptr;
  std::vector<std::string> slots_;
  std::unique_ptr<atl_context> beginning_;  // of all begin_update, made once as steps allocate nothing
  std::unique_ptr<atl_context> updating_;   // of all update: keeps the first failure
};

}  // namespace atelier::training
