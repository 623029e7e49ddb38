// A model from a plugin, with its losses and its parameters.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plugin/component_data.hpp"
#include "plugin/context.hpp"
#include "plugin/foreign_features.hpp"
#include "plugin/group_updates.hpp"
#include "plugin/instance.hpp"
#include "plugin/model_recipe.hpp"
#include "plugin/promises.hpp"
#include "plugin/registry.hpp"
#include "record/bank.hpp"

namespace atelier::plugin {

struct ViewDescription {  // what a model can draw; see atl_view
  std::string name;
  std::string help;
  std::string field;
  bool uses_data = false;
  bool animation = false;
};

class Model {
 public:
  // Builds the model: parameters declared and initialized. Throws Error(plugin) with the author's own words.
  Model(const Registry& registry, const ModelRecipe& recipe, ForeignModels foreign = {});
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  [[nodiscard]] record::Bank& bank() { return bank_; }
  [[nodiscard]] const ModelRecipe& recipe() const { return recipe_; }
  [[nodiscard]] const Component& component() const { return component_; }
  [[nodiscard]] std::vector<std::string> group_names() const;

  // These record into the session. Throw Error(plugin), or Error(shape) with the author's file and line.
  void train_step(execute::Session& session, BatchSource& batch, const atl_phase_info& phase, GroupUpdates& updates);
  void evaluate(execute::Session& session, BatchSource& batch, const atl_phase_info& phase);
  // The field of the data that its samples are like; "" where it makes none.
  [[nodiscard]] const std::string& sampled_field() const;
  // The samples' place on the tape; none of a model that makes none.
  std::optional<uint32_t> sample(execute::Session& session, int64_t n, const atl_phase_info& phase);
  [[nodiscard]] std::vector<ViewDescription> views() const;
  // What an evaluation reports that is no mean over samples; the table is null where there is nothing.
  struct OwnMetric {
    const atl_metric_v1* table;
    void* self;
  };
  [[nodiscard]] OwnMetric own_metric() const;
  // The place of the strips (n, k, ...). `batch` has n samples; null for a view that uses no data.
  uint32_t draw_view(execute::Session& session, const std::string& name, int64_t n, BatchSource* batch);
  // Runs `create` as a part of building this model, so that it may find other runs' models.
  void while_building(const std::function<void()>& create);

  // ---- For the core table
  atl_parameter declare(atl_context& context, const atl_parameter_info& info);
  atl_loss find_loss(atl_context& context, const std::string& slot);
  // What goes wrong in the component that is called is latched in its name.
  void call_loss(atl_context& context, const LossCall& call, atl_tensor* output);
  atl_features find_features(const std::string& run);
  [[nodiscard]] const ForeignFeatures& features() const { return features_; }
  void apply_output(atl_context& context, const std::string& name, int64_t draws, atl_location location,
                    atl_tensor* output);
  void minimize(atl_context& context, const std::string& group, uint32_t loss, record::Location location);

 private:
  struct Building {  // whose model, and under which name
    const ModelRecipe* recipe = nullptr;
    std::string prefix;
    const ForeignModel* foreign = nullptr;  // null for this run's own
  };
  struct BuiltLoss {
    const Component* component = nullptr;
    const atl_loss_v1* table = nullptr;
    Instance instance;
  };

  Instance build(const Building& building);
  void while_building(const Building& building, const std::function<void()>& create);
  template <typename Table>
  const Table* own_extension(const char* interface_name) const;
  void find_sampled_field();
  [[nodiscard]] tensor::DType dtype_of(const atl_parameter_info& info) const;
  void begin(record::Parameter& parameter, const atl_parameter_info& info, uint32_t index) const;
  void make_context(atl_context& context, execute::Session& session, const atl_phase_info& phase, std::string stage);

  const Registry& registry_;
  ModelRecipe recipe_;
  record::Bank bank_;
  Building building_;  // without a recipe while nothing is built
  const Component& component_;
  const atl_model_v1* table_ = nullptr;
  std::vector<BuiltLoss> losses_;
  ForeignFeatures features_;
  Instance instance_;
  std::string sampled_field_;
};

}  // namespace atelier::plugin
