// How to write a model. See the plugins gan and vae for whole ones.
#pragma once

#include <atelier/layers.hpp>
#include <atelier/losses.hpp>
#include <atelier/plugin.hpp>

namespace atelier {

// Derived classes have
//   static void describe(Description& d);
//   Derived(const Settings& settings, const DataSpec& data, Builder& build);
// and end with ATELIER_MODEL("name", Derived). One thread at a time for each model.
class Model {
 public:
  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model() = default;

  virtual void train_step(Step& step) = 0;
  virtual void evaluate(Evaluation& evaluation) = 0;         // once for each batch
  virtual Tensor sample(Sampling& sampling, int64_t n) = 0;  // (n, C, H, W), scaled as the data is

  // Features for other models' losses; empty where there are none. Images as (B, C, H, W), scaled as this model's data.
  virtual std::vector<std::string> feature_names() const { return {}; }
  virtual Tensor feature(Recording& recording, Tensor images, std::string_view name) {
    (void)images;
    recording.fail("there is no feature '" + std::string(name) + "'");
    return {};
  }
};

namespace detail {

struct ModelHolder {  // what `self` points at: the model, and the names that the host may borrow
  std::unique_ptr<Model> model;
  std::vector<std::string> names;
  std::vector<atl_string> views;
};

ATELIER_OWN inline const atl_features_v1 features_table = {
    sizeof(atl_features_v1),
    [](void* self, const atl_string** names, uint64_t* count) -> atl_status {
      auto& holder = *static_cast<ModelHolder*>(self);
      *names = holder.views.data();
      *count = holder.views.size();
      return ATL_OK;
    },
    [](void* self, atl_context* context, atl_tensor images, const atl_string* names, uint64_t count,
       atl_tensor* outputs) -> atl_status {
      return guard(context, [&] {
        Recording recording(context);
        for (uint64_t i = 0; i < count; ++i) {
          outputs[i] = static_cast<ModelHolder*>(self)
                           ->model->feature(recording, Tensor(context, images), view(names[i]))
                           .handle();
        }
      });
    }};

template <typename T>
ATELIER_OWN inline const atl_model_v1 model_table = {
    sizeof(atl_model_v1),
    [](atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self) -> atl_status {
      return guard(context, [&] {
        Builder builder(context);
        auto holder = std::make_unique<ModelHolder>();
        holder->model = std::make_unique<T>(Settings(context, settings), DataSpec(*spec), builder);
        holder->names = holder->model->feature_names();
        for (const std::string& name : holder->names) {
          holder->views.push_back(string(name));
        }
        *self = holder.release();
      });
    },
    destroy<ModelHolder>,
    [](void* self, atl_context* context) -> atl_status {
      return guard(context, [&] {
        Step step(context);
        static_cast<ModelHolder*>(self)->model->train_step(step);
      });
    },
    [](void* self, atl_context* context) -> atl_status {
      return guard(context, [&] {
        Evaluation evaluation(context);
        static_cast<ModelHolder*>(self)->model->evaluate(evaluation);
      });
    },
    [](void* self, atl_context* context, int64_t n, atl_tensor* images) -> atl_status {
      return guard(context, [&] {
        Sampling sampling(context);
        *images = static_cast<ModelHolder*>(self)->model->sample(sampling, n).handle();
      });
    },
    [](void* self, atl_string name) -> const void* {
      const bool known = view(name) == ATL_FEATURES_V1 && !static_cast<ModelHolder*>(self)->names.empty();
      return known ? &features_table : nullptr;
    }};

}  // namespace detail
}  // namespace atelier

#define ATELIER_MODEL(name, type) ATELIER_REGISTER_(ATL_MODEL_V1, name, "", type, atelier::detail::model_table<type>)
