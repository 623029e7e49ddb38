// A model from a plugin, with its losses and its parameters.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugin/component_data.hpp"
#include "plugin/context.hpp"
#include "plugin/group_updates.hpp"
#include "plugin/registry.hpp"
#include "record/bank.hpp"

namespace atelier::plugin {

struct ModelRecipe {
  catalog::ComponentChoice model;
  std::map<std::string, catalog::ComponentChoice> losses;  // by slot
  catalog::DataSpec data;                                  // with the range that the images are scaled to
  uint64_t seed = 0;                              // of the initial weights
  tensor::DType real = tensor::DType::f32;
};

// Another run's model as it was left: what `features("…")` in a plugin asks for.
struct ForeignModel {
  ModelRecipe recipe;
  std::map<std::string, tensor::Tensor> weights;  // parameters and state, by name
};

struct ViewDescription {  // a picture that a model can draw; see atl_view
  std::string name;
  std::string help;
  bool uses_data = false;
  bool animation = false;
};

using ForeignModels = std::function<ForeignModel(const std::string& run)>;

class Model {
 public:
  // Builds the model: parameters declared and initialized. Throws Error(plugin) with the author's own words.
  Model(const Registry& registry, const ModelRecipe& recipe, ForeignModels foreign = {});
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  [[nodiscard]] record::Bank& bank() { return bank_; }
  [[nodiscard]] const ModelRecipe& recipe() const { return recipe_; }
  [[nodiscard]] std::vector<std::string> group_names() const;

  // These record into the session. Throw Error(plugin), or Error(shape) with the author's file and line.
  void train_step(execute::Session& session, BatchSource& batch, const atl_phase_info& phase, GroupUpdates& updates);
  void evaluate(execute::Session& session, BatchSource& batch, const atl_phase_info& phase);
  // The images' place on the tape; none of a model that makes no images.
  std::optional<uint32_t> sample(execute::Session& session, int64_t n, const atl_phase_info& phase);
  [[nodiscard]] std::vector<ViewDescription> views() const;
  // The place of the strips (n, k, C, H, W). `batch` has n samples; null for a view that uses no data.
  uint32_t draw_view(execute::Session& session, const std::string& name, int64_t n, BatchSource* batch);
  // Runs `create` as a part of building this model, so that it may find other runs' models.
  void while_building(const std::function<void()>& create);

  // ---- For the core table
  atl_parameter declare(atl_context& context, const atl_parameter_info& info);
  atl_loss find_loss(atl_context& context, const std::string& slot);
  atl_status call_loss(atl_context& context, atl_loss loss, int32_t function, const atl_tensor* inputs, uint64_t count,
                       const atl_network* network, atl_tensor* output);
  atl_features find_features(atl_context& context, const std::string& run);
  atl_status apply_features(atl_context& context, atl_features features, atl_tensor images, const atl_string* names,
                            uint64_t count, atl_location location, atl_tensor* outputs);
  atl_status apply_output(atl_context& context, const std::string& name, int64_t draws, atl_location location,
                          atl_tensor* output);
  void minimize(atl_context& context, const std::string& group, uint32_t loss, record::Location location);

 private:
  struct Instance {  // a model or a loss inside its plugin
    void* self = nullptr;
    void (*destroy)(void*) = nullptr;
  };
  struct BuiltLoss {
    const atl_loss_v1* table = nullptr;
    Instance instance;
  };
  struct BuiltFeatures {
    const atl_model_v1* table = nullptr;
    Instance instance;
    const atl_features_v1* features = nullptr;
    std::vector<std::string> names;  // of the features
    double scale = 1, shift = 0;     // from this run's range to that model's
  };

  Instance build(const ModelRecipe& recipe, const std::string& prefix);
  void destroy();
  void make_context(atl_context& context, execute::Session& session, const atl_phase_info& phase, std::string stage);

  const Registry& registry_;
  ModelRecipe recipe_;
  ForeignModels foreign_models_;
  record::Bank bank_;
  const atl_model_v1* table_ = nullptr;
  Instance instance_;
  std::vector<BuiltLoss> losses_;
  std::vector<BuiltFeatures> features_;
  std::deque<ForeignModel> foreign_;  // a deque: one may ask for another while it is built

  // While a model is being built: whose, and under which name.
  const ModelRecipe* building_ = nullptr;
  std::string building_prefix_;
  const ForeignModel* building_foreign_ = nullptr;
};

}  // namespace atelier::plugin
