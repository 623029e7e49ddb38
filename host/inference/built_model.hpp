// An experiment's model, built, with all that is needed to run it but data: the other runs' models that it uses, and
// the threads and the memory that its sessions share.
#pragma once

#include <memory>
#include <vector>

#include "execute/session.hpp"
#include "inference/foreign_runs.hpp"

namespace atelier::inference {

plugin::ModelRecipe recipe_of(const experiment::Experiment& experiment, const catalog::DataSpec& spec);

class BuiltModel {
 public:
  // `spec`: of the samples as the model sees them. `foreign_runs` empty: runs_by_name. Borrows the experiment and the
  // registry. Throws Error for a model that cannot be, and for parameter groups that it does not have.
  BuiltModel(const experiment::Experiment& experiment, const catalog::DataSpec& spec, const plugin::Registry& registry,
             const Environment& environment, ForeignRuns foreign_runs = {});
  BuiltModel(const BuiltModel&) = delete;
  BuiltModel& operator=(const BuiltModel&) = delete;

  [[nodiscard]] plugin::Model& model() { return *model_; }
  [[nodiscard]] record::Bank& bank() { return model_->bank(); }
  [[nodiscard]] const catalog::DataSpec& spec() const { return model_->recipe().data; }
  [[nodiscard]] execute::Arena& arena() { return arena_; }
  // One of its sessions runs at a time. `precision`: of the products and convolutions in it; `shards`: as in Session.
  [[nodiscard]] std::unique_ptr<execute::Session> session(execute::Mode mode,
                                                          kernels::Precision precision = kernels::Precision::float32,
                                                          size_t shards = 1, Ranks* ranks = nullptr);
  [[nodiscard]] const std::vector<ForeignRun>& foreign_runs() const { return foreign_used_; }

 private:
  execute::Executor executor_;
  execute::Arena arena_;
  ForeignRuns foreign_runs_;
  std::vector<ForeignRun> foreign_used_;
  std::unique_ptr<plugin::Model> model_;
};

}  // namespace atelier::inference
