// How to write a model. See the plugins gan, vae and cnn for whole ones.
#pragma once

#include <atelier/layers.hpp>
#include <atelier/losses.hpp>
#include <atelier/plugin.hpp>
#include <utility>

namespace atelier {

// A picture that a model can draw of what it does: n strips of images, (n, k, C, H, W), for `atelier sample --view
// NAME`. Names that ours use: "interpolation" (a strip goes from one latent vector to another), "traversal" (strip i
// moves along the latent dimension i), "reconstruction" (a sample, what the model makes of it), "classes" (a column for
// each class), "manipulation" (input, output, target), "animation", "segmentation" (image, mask, prediction),
// "detection" (an image with its true boxes, and with those that are found), "saliency".
struct View {
  std::string name;
  std::string help;
  bool uses_data = false;       // a batch of n test samples is there: images(), labels(), data()
  bool animation = false;       // the elements of a strip follow each other in time
  std::string field = "image";  // of the data: what is drawn is shown as this is, by its kind, range, tokens, rate
};

class Metric;

// What records is const: it may be recorded more often than it runs, and what must last from step to step lives in
// parameters and state tensors.
//
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

  virtual void train_step(Step& step) const = 0;
  virtual void evaluate(Evaluation& evaluation) const = 0;  // once for each batch
  // The data's field that samples are like.
  virtual std::string sampled_field() const { return "image"; }
  // (n, ...) as that field is, scaled as the data is: images (n, C, H, W). A model that makes none, a classifier,
  // leaves this out.
  virtual Tensor sample(Sampling& sampling, int64_t n) const {
    (void)n;
    sampling.fail("this model makes no samples");
    return {};
  }

  // What an evaluation reports beside this that is no mean over samples, but made of sums over all batches: how many
  // codes are used. Results are logged by their own names. Owned<Metric>(new CodeUse(*this)), of a class from
  // atelier/metric.hpp; empty where there is nothing. Asked for once.
  virtual Owned<Metric> own_metric() { return {}; }

  // Features for other models' losses; empty where there are none. Images as (B, C, H, W), scaled as this model's data.
  virtual std::vector<std::string> feature_names() const { return {}; }
  virtual Tensor feature(Recording& recording, Tensor images, std::string_view name) const {
    (void)images;
    recording.fail("there is no feature '" + std::string(name) + "'");
    return {};
  }

  // Values for metrics, for the batch that is evaluated. Names that our metrics ask for, with their shapes:
  //   "logits" (B, classes) of the field "label", or (B, classes, H, W) of the field "mask"
  //   "log_likelihood" (B): log p(x) in nats, or a lower bound of it
  //   "reconstruction" (B), "divergence" (B): the two parts of -ELBO, in nats
  //   "posterior_mean" (B, Z), "posterior_log_variance" (B, Z)
  //   "detections" (B, M, 6): class, score, x0, y0, x1, y1 of what is found, in pixels; rows of -1 where there is less
  //   "log_importance_weights" (B, draws): log p(x, z) - log q(z | x) of so many fresh draws z ~ q(z | x)
  virtual std::vector<std::string> output_names() const { return {}; }
  virtual Tensor output(Evaluation& evaluation, std::string_view name, int64_t draws) const {
    (void)draws;
    evaluation.fail("there is no output '" + std::string(name) + "'");
    return {};
  }

  // Pictures; see View.
  virtual std::vector<View> views() const { return {}; }
  virtual Tensor view(Sampling& sampling, std::string_view name, int64_t n) const {
    (void)n;
    sampling.fail("there is no view '" + std::string(name) + "'");
    return {};
  }
};

namespace detail {

struct Names {  // kept where the host may borrow them
  std::vector<std::string> texts;
  std::vector<atl_string> views;

  void keep(std::vector<std::string> names) {
    texts = std::move(names);
    for (const std::string& text : texts) {
      views.push_back(string(text));
    }
  }
  atl_status lend(const atl_string** names, uint64_t* count) const {
    *names = views.data();
    *count = views.size();
    return ATL_OK;
  }
};

// Whether T, or what it derives from, has a function in place of Model's; one that is private is. Only for those are
// the host's tables compiled.
#define ATELIER_HAS_OWN_(T, function)                                             \
  [] {                                                                            \
    if constexpr (requires { &T::function; }) {                                   \
      return !std::is_same_v<decltype(&T::function), decltype(&Model::function)>; \
    }                                                                             \
    return true;                                                                  \
  }()
template <typename T>
constexpr bool makes_samples = ATELIER_HAS_OWN_(T, sample);
template <typename T>
constexpr bool has_features = ATELIER_HAS_OWN_(T, feature_names);
template <typename T>
constexpr bool has_outputs = ATELIER_HAS_OWN_(T, output_names);
template <typename T>
constexpr bool has_views = ATELIER_HAS_OWN_(T, views);
template <typename T>
constexpr bool has_own_metric = ATELIER_HAS_OWN_(T, own_metric);
#undef ATELIER_HAS_OWN_

struct MetricHolder;
template <typename T>
struct OwnMetric;  // in metric.hpp, which a model T that has a metric includes

struct ModelHolder {  // what `self` points at: the model, and what the host may borrow of it
  Owned<Model> model;
  std::string sampled_field;
  Names features, outputs;
  std::vector<View> views;
  std::vector<atl_view> lent_views;
  Owned<MetricHolder> own_metric;  // empty where there is none

  template <typename T>
  explicit ModelHolder(T* made) : model(made), own_metric(metric_of<T>(made)) {
    if constexpr (makes_samples<T>) {
      sampled_field = model->sampled_field();
    }
    if constexpr (has_features<T>) {
      features.keep(model->feature_names());
    }
    if constexpr (has_outputs<T>) {
      outputs.keep(model->output_names());
    }
    if constexpr (has_views<T>) {
      views = model->views();
      for (const View& view : views) {
        lent_views.push_back({sizeof(atl_view), string(view.name), string(view.help), string(view.field),
                              view.uses_data ? 1 : 0, view.animation ? 1 : 0});
      }
    }
  }
  template <typename T>
  static Owned<MetricHolder> metric_of(Model* model) {
    if constexpr (has_own_metric<T>) {
      if (Owned<Metric> metric = model->own_metric(); metric.get() != nullptr) {
        return Owned<MetricHolder>(OwnMetric<T>::hold(std::move(metric)));
      }
    }
    return {};
  }
};

ATELIER_OWN inline const atl_features_v1 features_table = {
    sizeof(atl_features_v1),
    [](const void* self, const atl_string** names, uint64_t* count) -> atl_status {
      return static_cast<const ModelHolder*>(self)->features.lend(names, count);
    },
    [](const void* self, atl_context* context, atl_tensor images, const atl_string* names, uint64_t count,
       atl_tensor* outputs) -> atl_status {
      return guard(context, [&] {
        Recording recording(context);
        for (uint64_t i = 0; i < count; ++i) {
          outputs[i] = static_cast<const ModelHolder*>(self)
                           ->model->feature(recording, Tensor(context, images), view(names[i]))
                           .handle();
        }
      });
    }};

ATELIER_OWN inline const atl_outputs_v1 outputs_table = {
    sizeof(atl_outputs_v1),
    [](const void* self, const atl_string** names, uint64_t* count) -> atl_status {
      return static_cast<const ModelHolder*>(self)->outputs.lend(names, count);
    },
    [](const void* self, atl_context* context, atl_string name, int64_t draws, atl_tensor* output) -> atl_status {
      return guard(context, [&] {
        Evaluation evaluation(context);
        *output = static_cast<const ModelHolder*>(self)->model->output(evaluation, view(name), draws).handle();
      });
    }};

inline MetricHolder& metric_of_model(const void* self) {
  return *static_cast<const ModelHolder*>(self)->own_metric;
}

ATELIER_OWN inline const atl_views_v1 views_table = {
    sizeof(atl_views_v1),
    [](const void* self, const atl_view** views, uint64_t* count) -> atl_status {
      const auto& holder = *static_cast<const ModelHolder*>(self);
      *views = holder.lent_views.data();
      *count = holder.lent_views.size();
      return ATL_OK;
    },
    [](const void* self, atl_context* context, atl_string name, int64_t n, atl_tensor* strips) -> atl_status {
      return guard(context, [&] {
        Sampling sampling(context);
        *strips = static_cast<const ModelHolder*>(self)->model->view(sampling, view(name), n).handle();
      });
    }};

// What a model has beside what all have; null for what it has not.
template <typename T>
const void* optional_table(const ModelHolder& model, std::string_view name) {
  if constexpr (has_features<T>) {
    if (name == ATL_FEATURES_V1) return model.features.texts.empty() ? nullptr : &features_table;
  }
  if constexpr (has_outputs<T>) {
    if (name == ATL_OUTPUTS_V1) return model.outputs.texts.empty() ? nullptr : &outputs_table;
  }
  if constexpr (has_views<T>) {
    if (name == ATL_VIEWS_V1) return model.views.empty() ? nullptr : &views_table;
  }
  if constexpr (has_own_metric<T>) {
    if (name == ATL_METRIC_V1)
      return model.own_metric.get() == nullptr ? nullptr : &OwnMetric<T>::template table<metric_of_model>;
  }
  return nullptr;
}

template <typename T>
ATELIER_OWN inline const atl_model_v1 model_table = {
    sizeof(atl_model_v1),
    [](atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self) -> atl_status {
      return guard(context, [&] {
        Builder builder(context);
        *self = new ModelHolder(new T(Settings(context, settings), DataSpec(*spec), builder));
      });
    },
    destroy<ModelHolder>,
    [](const void* self, atl_context* context) -> atl_status {
      return guard(context, [&] {
        Step step(context);
        static_cast<const ModelHolder*>(self)->model->train_step(step);
      });
    },
    [](const void* self, atl_context* context) -> atl_status {
      return guard(context, [&] {
        Evaluation evaluation(context);
        static_cast<const ModelHolder*>(self)->model->evaluate(evaluation);
      });
    },
    [](const void* self, atl_string* name) -> atl_status {
      *name = string(static_cast<const ModelHolder*>(self)->sampled_field);
      return ATL_OK;
    },
    [](const void* self, atl_context* context, int64_t n, atl_tensor* samples) -> atl_status {
      return guard(context, [&] {
        Sampling sampling(context);
        *samples = static_cast<const ModelHolder*>(self)->model->sample(sampling, n).handle();
      });
    },
    [](const void* self, atl_string name, const void** table) -> atl_status {
      *table = optional_table<T>(*static_cast<const ModelHolder*>(self), view(name));
      return *table == nullptr ? ATL_ERROR_UNSUPPORTED : ATL_OK;
    }};

}  // namespace detail
}  // namespace atelier

#define ATELIER_MODEL(name, type) ATELIER_REGISTER_(ATL_MODEL_V1, name, "", type, atelier::detail::model_table<type>)
