// A model from a plugin, with its losses, its parameters and the optimizers of its groups.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/bank.hpp"
#include "plugin/component_data.hpp"
#include "plugin/context.hpp"
#include "plugin/registry.hpp"

namespace atelier::plugin {

struct ComponentChoice {
  std::string use;
  Settings settings;
};

struct ModelRecipe {
  ComponentChoice model;
  std::map<std::string, ComponentChoice> losses;  // by slot
  DataSpec data;                                  // with the range that the images are scaled to
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

class Optimizer final : public graph::UpdateRule {
 public:
  Optimizer(const Registry& registry, const ComponentChoice& choice);
  ~Optimizer() override;
  [[nodiscard]] const std::vector<std::string>& slots() const override { return slots_; }
  void begin_update(int64_t t, double learning_rate, double* scalars) override;
  void update(const double* scalars, uint64_t count, float* parameter, const float* gradient,
              float* const* slots) const override;
  // Throws Error(plugin) where an update has failed since; the parameters then belong to no step.
  void check() const { updating_->check(ATL_OK); }

 private:
  void read_slots(atl_context& context, const std::string& use);
  void destroy();

  const atl_optimizer_v1& table_;
  void* self_ = nullptr;
  std::vector<std::string> slots_;
  std::unique_ptr<atl_context> beginning_;  // of all begin_update, made once as steps allocate nothing
  std::unique_ptr<atl_context> updating_;   // of all update: keeps the first failure
};

class Model {
 public:
  // Builds the model: parameters declared and initialized. Throws Error(plugin) with the author's own words.
  Model(const Registry& registry, const ModelRecipe& recipe, ForeignModels foreign = {});
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  [[nodiscard]] graph::Bank& bank() { return bank_; }
  [[nodiscard]] const ModelRecipe& recipe() const { return recipe_; }
  [[nodiscard]] std::vector<std::string> group_names() const;

  // Gives a group its optimizer; null freezes it, with the state that goes with it. Once, before anything is recorded:
  // plans hold on to it. `average`: the decay of a moving average of the weights, which begins at what they are now; 0
  // for none.
  void set_optimizer(size_t group, std::unique_ptr<Optimizer> optimizer, double clip_norm, double average = 0);
  // learning_rate(t) is that of the group's t-th update.
  void set_learning_rate(size_t group, std::function<double(int64_t t)> learning_rate);
  // Throws Error(plugin) where an optimizer's update has failed; nothing may run.
  void check_updates() const;
  [[nodiscard]] double learning_rate(size_t group, int64_t t) const { return learning_rates_[group](t); }
  // Updates of each group so far; restored when a run goes on.
  [[nodiscard]] std::vector<int64_t>& updates() { return updates_; }

  // These record into the session. Throw Error(plugin), or Error(shape) with the author's file and line.
  void train_step(graph::Session& session, BatchSource& batch, const atl_phase_info& phase);
  void evaluate(graph::Session& session, BatchSource& batch, const atl_phase_info& phase);
  // The images' place on the tape; none of a model that makes no images.
  std::optional<uint32_t> sample(graph::Session& session, int64_t n, const atl_phase_info& phase);
  [[nodiscard]] std::vector<ViewDescription> views() const;
  // The place of the strips (n, k, C, H, W). `batch` has n samples; null for a view that uses no data.
  uint32_t draw_view(graph::Session& session, const std::string& name, int64_t n, BatchSource* batch);
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
  void minimize(atl_context& context, const std::string& group, uint32_t loss, graph::Location location);

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
  void make_context(atl_context& context, graph::Session& session, const atl_phase_info& phase, std::string stage);

  const Registry& registry_;
  ModelRecipe recipe_;
  ForeignModels foreign_models_;
  graph::Bank bank_;
  std::vector<std::unique_ptr<Optimizer>> optimizers_;
  std::vector<std::function<double(int64_t)>> learning_rates_;
  std::vector<int64_t> updates_;
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
