/* Models, and what else a model may offer: features, outputs for metrics, views. */
#ifndef ATELIER_ABI_MODEL_H
#define ATELIER_ABI_MODEL_H

#include <atelier/abi/data.h>

/* train_step, evaluate, sample, and all that records, are pure: they may be recorded more often than they run (after a
 * refused read, to probe, to replay), so that what lasts from step to step lives in parameters and state tensors. Where
 * `self` is const, nothing behind it may change. */
#define ATL_MODEL_V1 "atelier.model/1"
typedef struct atl_model_v1 {
  uint64_t size;
  /* Build: declares parameters, finds losses. One thread. `spec` and `settings` are borrowed for the call. */
  atl_status (*create)(atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self);
  void (*destroy)(void* self);
  /* These record; one thread at a time for each model. evaluate is called once a batch. */
  atl_status (*train_step)(const void* self, atl_context* context);
  atl_status (*evaluate)(const void* self, atl_context* context);
  /* The data's field that samples are like: "image", "text", ...; empty where the model makes none, as a classifier.
   * Borrowed as long as the model. Any thread. */
  atl_status (*sampled_field)(const void* self, atl_string* name);
  /* (n, ...) as that field is, in the range that the experiment scaled the data to; the axis of time of a sequence may
   * have another length. Draws count from the absolute index of the sample. */
  atl_status (*sample)(const void* self, atl_context* context, int64_t n, atl_tensor* samples);
  /* A further interface of this model, ATL_ERROR_UNSUPPORTED where it has none of this name. Any thread.
   * "atelier.features/1", "atelier.outputs/1", "atelier.views/1", and "atelier.metric/1" for what an evaluation reports
   * that is no mean over samples: self is the model's, create and destroy are not called, and the results are called by
   * their own names. */
  atl_status (*extension)(const void* self, atl_string name, const void** table);
} atl_model_v1;
ATL_LAYOUT(atl_model_v1, size, 0);
ATL_LAYOUT(atl_model_v1, create, 8);
ATL_LAYOUT(atl_model_v1, destroy, 16);
ATL_LAYOUT(atl_model_v1, train_step, 24);
ATL_LAYOUT(atl_model_v1, evaluate, 32);
ATL_LAYOUT(atl_model_v1, sampled_field, 40);
ATL_LAYOUT(atl_model_v1, sample, 48);
ATL_LAYOUT(atl_model_v1, extension, 56);
ATL_SIZE(atl_model_v1, 64);

#define ATL_FEATURES_V1 "atelier.features/1"
typedef struct atl_features_v1 {
  uint64_t size;
  /* The names that apply knows; borrowed as long as the model. Any thread. */
  atl_status (*names)(const void* self, const atl_string** names, uint64_t* count);
  atl_status (*apply)(const void* self, atl_context* context, atl_tensor samples, const atl_string* names,
                      uint64_t name_count, atl_tensor* outputs);
} atl_features_v1;
ATL_LAYOUT(atl_features_v1, size, 0);
ATL_LAYOUT(atl_features_v1, names, 8);
ATL_LAYOUT(atl_features_v1, apply, 16);
ATL_SIZE(atl_features_v1, 24);

/* Named values of a model for metrics; what the names mean stands in <atelier/model.hpp>. */
#define ATL_OUTPUTS_V1 "atelier.outputs/1"
typedef struct atl_outputs_v1 {
  uint64_t size;
  /* As atl_features_v1.names. */
  atl_status (*names)(const void* self, const atl_string** names, uint64_t* count);
  /* Evaluate: records. `draws` is the length of the axis of random draws of an output that has one. */
  atl_status (*apply)(const void* self, atl_context* context, atl_string name, int64_t draws, atl_tensor* output);
} atl_outputs_v1;
ATL_LAYOUT(atl_outputs_v1, size, 0);
ATL_LAYOUT(atl_outputs_v1, names, 8);
ATL_LAYOUT(atl_outputs_v1, apply, 16);
ATL_SIZE(atl_outputs_v1, 24);

/* What a model does beside plain samples, to look at: interpolations, reconstructions, animations. */
#define ATL_VIEWS_V1 "atelier.views/1"
typedef struct atl_view {
  uint64_t size;
  atl_string name; /* "interpolation" */
  atl_string help;
  atl_string field;  /* of the data: its kind, range, tokens and rate are those of what is drawn */
  int32_t uses_data; /* a batch of n samples of the test split is there, as in evaluate */
  int32_t animation; /* the elements of a strip follow each other in time */
} atl_view;
ATL_LAYOUT(atl_view, size, 0);
ATL_LAYOUT(atl_view, name, 8);
ATL_LAYOUT(atl_view, help, 24);
ATL_LAYOUT(atl_view, field, 40);
ATL_LAYOUT(atl_view, uses_data, 56);
ATL_LAYOUT(atl_view, animation, 60);
ATL_SIZE(atl_view, 64);
typedef struct atl_views_v1 {
  uint64_t size;
  /* Borrowed as long as the model. Any thread. */
  atl_status (*list)(const void* self, const atl_view** views, uint64_t* count);
  /* Sample: n strips of k elements, (n, k, ...), k at the view's choice, each as the view's field is; of images the
   * number of channels and the sides are free, of sequences the axis of time. Values in the range that the experiment
   * scaled the data to. */
  atl_status (*draw)(const void* self, atl_context* context, atl_string name, int64_t n, atl_tensor* strips);
} atl_views_v1;
ATL_LAYOUT(atl_views_v1, size, 0);
ATL_LAYOUT(atl_views_v1, list, 8);
ATL_LAYOUT(atl_views_v1, draw, 16);
ATL_SIZE(atl_views_v1, 24);

#endif
