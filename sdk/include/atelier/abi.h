/* The contract between the Atelier host and its plugins: C11, no dependency. Plugin authors use <atelier/atelier.hpp>,
 * the C++20 wrapper over this file.
 *
 * Rules that hold everywhere
 * - A plugin exports one function, atelier_plugin. All else goes through tables.
 * - Every struct that may grow begins with its size, set by its maker from sizeof; a reader touches min(yours, mine).
 * New members are added at the end only. Arrays of such structs have the first element's size as their stride.
 * - Everything that can fail returns an atl_status. The host keeps the message (see `fail`).
 * - Arguments are borrowed for the call unless a comment says "kept". Whoever allocates frees. Strings are UTF-8,
 * pointer and length, not terminated unless said.
 * - No C++ exception and no C++ type crosses this line; both sides catch everything at it.
 * - Threads: a function of atl_core may be called only from inside a callback that was given the context, on that
 * callback's thread, unless its comment says "any thread".
 * - Layouts: tensors are row-major. Images are (B, C, H, W): batch, channels, rows from the top, columns from the left.
 */
#ifndef ATELIER_ABI_H
#define ATELIER_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ATL_ABI_MAJOR 1
#define ATL_ABI_MINOR 2
#define ATL_EXPORT __attribute__((visibility("default")))

/* ---- Plain values. Their layout is frozen.
 * ------------------------------------------------------------------------------ */

typedef int32_t atl_status;
enum {
  ATL_OK = 0,
  ATL_ERROR_ARGUMENT = 1,    /* a name, handle or value that is not valid here */
  ATL_ERROR_SHAPE = 2,       /* tensors that do not fit an operation */
  ATL_ERROR_PHASE = 3,       /* a call that this phase (build, train, evaluate, sample) does not allow */
  ATL_ERROR_DATA = 4,        /* data that is missing, truncated or corrupt */
  ATL_ERROR_UNSUPPORTED = 5, /* known, but not possible: a retired slot, a gradient that an operation does not have */
  ATL_ERROR_VERSION = 6,     /* the two sides have no version in common */
  ATL_ERROR_INTERNAL = 7     /* anything else, an exception caught at the line included */
};

typedef struct atl_string {
  const char* data;
  uint64_t size;
} atl_string;

typedef struct atl_location { /* a place in the author's source; `file` is NUL-terminated, of static storage */
  const char* file;
  uint32_t line;
} atl_location;

/* A tensor of one recording: (generation << 32) | index. It needs no release; a stale or foreign one is recognized. 0
 * is the poison handle, which every function accepts: after a failure all results are poison, and the host reports the
 * first failure. */
typedef uint64_t atl_tensor;
typedef uint32_t atl_parameter; /* a parameter or a state tensor of the model; valid as long as the model */
typedef uint32_t atl_operation; /* an operation, resolved once; valid as long as the process */
typedef uint32_t atl_loss;      /* a loss that the experiment put into one of the model's slots */
typedef uint32_t atl_features;  /* another run's model, whose features are used */

typedef int32_t atl_dtype;
enum {
  ATL_FLOAT32 = 0,
  ATL_FLOAT64 = 1,
  ATL_INT64 = 2,
  ATL_REAL = 3 /* the run's own: float32, in gradient checks float64 */
};

/* Opaque. Given to callbacks; belongs to the host. */
typedef struct atl_context atl_context;

/* ---- Descriptions: what a component says of itself
 * ------------------------------------------------------------------------ */

typedef int32_t atl_value_type;
enum {
  ATL_BOOLEAN = 0,
  ATL_INTEGER = 1,
  ATL_NUMBER = 2,
  ATL_TEXT = 3,
  ATL_INTEGERS = 4,
  ATL_NUMBERS = 5,
  ATL_TEXTS = 6
};

typedef struct atl_value { /* frozen; lists and texts are borrowed */
  atl_value_type type;
  int32_t boolean;
  int64_t integer;
  double number;
  atl_string text;
  const void* list; /* int64_t, double or atl_string by type */
  uint64_t count;
} atl_value;

enum { ATL_CLOSED = 1, ATL_OPEN = 2 };

typedef struct atl_setting {
  uint64_t size;
  atl_string name;
  atl_string help;
  atl_value default_value;          /* of the setting's type also where `required` */
  int32_t required;                 /* no default: the experiment must give it */
  int32_t has_minimum, has_maximum; /* 0: no bound, ATL_CLOSED, or ATL_OPEN: the bound itself is not allowed */
  double minimum, maximum;          /* of every element of a list; a number is finite in any case */
  const atl_string* choices;        /* of a text, or of each text in a list */
  uint64_t choice_count;
} atl_setting;

typedef struct atl_loss_slot { /* a place in a model for a loss of one role */
  uint64_t size;
  atl_string name;         /* [loss.NAME] in the experiment */
  atl_string role;         /* see the roles below */
  atl_string default_loss; /* "" where the experiment must choose */
  atl_string help;
} atl_loss_slot;

typedef int32_t atl_direction; /* which values of a number are the better ones */
enum {
  ATL_NEITHER_IS_BETTER = 0, /* the number says something, but not how good the model is: an adversary's loss */
  ATL_LARGER_IS_BETTER = 1,
  ATL_SMALLER_IS_BETTER = 2
};

/* What a number that an evaluation reports means. Since minor 2. */
typedef struct atl_measure {
  uint64_t size;
  atl_string name; /* as a model logs it, or as a metric's result is called; empty for the result that is called after
                      its metric, and for the value of a loss */
  atl_direction direction;
  atl_string unit; /* "nats", "bits/dim", "fraction", "classes"; may be empty; of a model "loss.NAME": that of the value
                      of the loss in its slot NAME */
  atl_string help; /* one line */
} atl_measure;

typedef struct atl_description {
  uint64_t size;
  atl_string name;      /* what an experiment says after `use =` */
  atl_string summary;   /* one sentence */
  atl_string reference; /* the paper or formula it follows; may be empty */
  atl_string role;      /* of a loss: its role; else empty */
  const atl_setting* settings;
  uint64_t setting_count;
  const atl_loss_slot* slots; /* of a model */
  uint64_t slot_count;
  /* Since minor 2: of a model, a metric, a loss. Of a number that is reported and not declared, nobody knows which
   * values are better; but a model's "loss" is taken for one that training makes smaller. */
  const atl_measure* measures;
  uint64_t measure_count;
} atl_description;

typedef struct atl_named_value {
  atl_string name;
  atl_value value;
} atl_named_value;

typedef struct atl_settings { /* every setting of the description, checked, defaults filled in */
  uint64_t size;
  const atl_named_value* values;
  uint64_t count;
} atl_settings;

/* ---- Data
 * ----------------------------------------------------------------------------------------------------------------- */

typedef struct atl_field { /* one named array of every sample: "image", "label", "mask", ... */
  uint64_t size;
  atl_string name;
  atl_dtype dtype; /* ATL_FLOAT32 or ATL_INT64 */
  uint32_t rank;
  const int64_t* dims; /* of one sample, without the batch axis; an image is (C, H, W) */
  int64_t classes;     /* of an ATL_INT64 field: values are in [0, classes); 0 where unbounded */
  double low, high;    /* of a float field: the range of its values as the model will see them */
  /* Since minor 2. Of an ATL_INT64 field: the name of each class, in the classes' order; none, or as many as `classes`.
   * The host keeps them in the log, and refuses labels of other classes. */
  const atl_string* class_names;
  uint64_t class_name_count;
} atl_field;

typedef struct atl_data_spec {
  uint64_t size;
  const atl_field* fields;
  uint64_t field_count;
  int64_t train_count, test_count; /* samples in each split */
  const atl_string* files;         /* the files that the data came from; none where it is made. Of samples
                                      that come from files, the hash goes into the log */
  uint64_t file_count;
} atl_data_spec;

enum { ATL_TRAIN = 0, ATL_TEST = 1 };

/* A dataset that another one reads from, given by the host. */
typedef struct atl_source {
  uint64_t size;
  const atl_data_spec* spec;
  /* Any thread. As atl_dataset_v1.read. */
  atl_status (*read)(const struct atl_source* source, int32_t split, int64_t index, void* const* fields);
} atl_source;

/* ---- The core table: what the host offers
 * ----------------------------------------------------------------------------------- */

typedef struct atl_attribute { /* one per attribute of the operation, in its declared order; trailing ones may be left
                                  out */
  atl_value_type type;         /* ATL_INTEGER, ATL_NUMBER or ATL_INTEGERS */
  uint32_t count;              /* of `integers` */
  union {
    int64_t integer;
    double number;
    const int64_t* integers;
  } value;
} atl_attribute;

typedef struct atl_call { /* one recorded operation */
  uint32_t size;
  atl_operation operation;
  const atl_tensor* inputs;
  const atl_attribute* attributes;
  atl_tensor* outputs; /* filled in; poison after a failure */
  uint32_t input_count, attribute_count, output_count;
  uint32_t line;
  const char* file; /* as in atl_location */
} atl_call;

typedef struct atl_tensor_info {
  uint64_t size;
  atl_dtype dtype;
  uint32_t rank;
  int64_t dims[8];
} atl_tensor_info;

typedef int32_t atl_initializer;
enum {
  ATL_INIT_CONSTANT = 0,       /* a */
  ATL_INIT_NORMAL = 1,         /* mean a, standard deviation b */
  ATL_INIT_UNIFORM = 2,        /* in [a, b) */
  ATL_INIT_GLOROT_UNIFORM = 3, /* Glorot & Bengio 2010: U(-r, r), r = a sqrt(6 / (fan_in + fan_out)) */
  ATL_INIT_GLOROT_NORMAL = 4,  /* N(0, a^2 2 / (fan_in + fan_out)) */
  ATL_INIT_HE_UNIFORM = 5,     /* He et al. 2015: U(-r, r), r = a sqrt(3 / fan_in) */
  ATL_INIT_HE_NORMAL = 6,      /* N(0, a^2 / fan_in) */
  ATL_INIT_ORTHOGONAL = 7      /* Saxe et al. 2014: rows of an orthogonal matrix, times a */
};

typedef struct atl_parameter_info {
  uint64_t size;
  atl_string name;  /* "generator.0.weight"; unique within the model */
  atl_string group; /* the parameter group that minimize() names; "" for a state tensor, which has no gradient */
  const int64_t* dims;
  uint32_t rank;
  atl_initializer initializer;
  double a, b;             /* of the initializer */
  int64_t fan_in, fan_out; /* of the layer, for the initializers that use them */
} atl_parameter_info;

typedef int32_t atl_phase;
enum { ATL_PHASE_BUILD = 0, ATL_PHASE_TRAIN = 1, ATL_PHASE_EVALUATE = 2, ATL_PHASE_SAMPLE = 3, ATL_PHASE_DATA = 4 };

typedef struct atl_phase_info {
  uint64_t size;
  atl_phase phase;
  int32_t training;    /* 1 where dropout drops and batch normalization uses the batch: train_step outside another run's
                          model */
  int64_t step;        /* the training step, counted from 1; 0 outside training */
  int64_t total_steps; /* that the experiment asks for */
  double epoch;        /* passes over the training data so far, a fraction within an epoch */
  int64_t batch_size;  /* samples in the current batch */
} atl_phase_info;

/* A network handed to a loss that needs it (adversarial losses): same thread, during the loss's call, as often as
 * wanted. */
typedef struct atl_network {
  uint64_t size;
  void* self;
  atl_string group; /* the parameter group of its weights, "" where it has none of its own */
  atl_status (*call)(void* self, atl_context* context, const atl_tensor* inputs, uint64_t input_count,
                     atl_tensor* output);
} atl_network;

typedef struct atl_core {
  uint64_t size;

  /* Latches a failure; only the first is kept. Any thread that works for the callback. In atelier_plugin, once it has
   * connected, the context is NULL: the library is then refused with this message. */
  void (*fail)(atl_context* context, atl_status status, atl_string message, atl_location location);
  /* A line for the user, through the host's own output. Any thread. */
  void (*inform)(atl_string message);
  /* Resolves a versioned name ("conv2d/1"). Any thread, any time after connect. An unknown name is
   * ATL_ERROR_UNSUPPORTED. */
  atl_status (*operation)(atl_string name, atl_operation* operation);
  atl_status (*phase)(atl_context* context, atl_phase_info* info);

  /* Recording: train, evaluate, sample. */
  atl_status (*apply)(atl_context* context, const atl_call* call);
  atl_status (*describe)(atl_context* context, atl_tensor tensor, atl_tensor_info* info);
  /* A tensor with given values (copied). Values may differ from step to step without a new plan. */
  atl_status (*constant)(atl_context* context, atl_dtype dtype, const int64_t* dims, uint32_t rank, const void* data,
                         atl_location location, atl_tensor* tensor);
  /* Gradients of the scalar `output` (or of the sum of its elements) with respect to recorded tensors; differentiable
   * again. An input that the output does not depend on gets zeros. */
  atl_status (*gradient)(atl_context* context, atl_tensor output, const atl_tensor* inputs, uint64_t input_count,
                         atl_location location, atl_tensor* gradients);
  /* Train only: gradients of the scalar `loss` for the parameters of `group`, clipping as the experiment says, and that
   * group's optimizer update. What is recorded later sees the new values; what was recorded before keeps the old ones.
   */
  atl_status (*minimize)(atl_context* context, atl_string group, atl_tensor loss, atl_location location);
  /* Runs what was recorded so far; the named tensors become leaves, and in evaluate and sample all others are stale.
   * The handles are replaced in place. */
  atl_status (*materialize)(atl_context* context, atl_tensor* tensors, uint64_t count, atl_location location);
  /* Copies the values out, converted to float64; `capacity` counts elements. Runs what was recorded so far, as
   * materialize does; in train_step all tensors stay valid, at a cost that the host warns of once. */
  atl_status (*read)(atl_context* context, atl_tensor tensor, double* values, uint64_t capacity, atl_location location);
  /* Logs the scalar `value` under `name`. In evaluate it is a sum, and the metric is the sum of values over the sum of
   * `count` (a scalar tensor) across batches; in train `count` is poison (0). Deferred: never runs anything. */
  atl_status (*log)(atl_context* context, atl_string name, atl_tensor value, atl_tensor count, atl_location location);
  /* Names a tensor so that `[log] activations` may ask for it. */
  atl_status (*annotate)(atl_context* context, atl_string name, atl_tensor tensor);

  /* Data: train and evaluate. A field of the current batch, with the batch axis in front: (B, ...). The same however
   * often. */
  atl_status (*field)(atl_context* context, atl_string name, atl_location location, atl_tensor* tensor);
  /* Train only: takes another batch, without a new step. */
  atl_status (*next_batch)(atl_context* context, atl_location location);

  /* Parameters: declared in build; used while recording. */
  atl_status (*parameter)(atl_context* context, const atl_parameter_info* info, atl_parameter* parameter);
  atl_status (*use)(atl_context* context, atl_parameter parameter, atl_tensor* tensor); /* its current version */
  /* Train only: gives a parameter or a state tensor a new version; one of a frozen group keeps what it has. */
  atl_status (*assign)(atl_context* context, atl_parameter parameter, atl_tensor value, atl_location location);
  /* The parameters of a group, in declaration order: as many as fit into `capacity`; `count` is how many there are. */
  atl_status (*group)(atl_context* context, atl_string group, atl_parameter* parameters, uint64_t capacity,
                      uint64_t* count);
  /* Train only, for losses: after the next minimize(group) of this step, call `action`, which may use and assign; never
     where the group is frozen, as nothing updates it. */
  atl_status (*after_update)(atl_context* context, atl_string group, void* self,
                             atl_status (*action)(void* self, atl_context* context, atl_string group));

  /* Losses: found in build, called while recording. */
  atl_status (*loss)(atl_context* context, atl_string slot, atl_loss* loss);
  atl_status (*call_loss)(atl_context* context, atl_loss loss, int32_t function, const atl_tensor* inputs,
                          uint64_t input_count, const atl_network* network, atl_location location, atl_tensor* output);

  /* Another run's model, named by its experiment or by a log's path: found in build, frozen and in evaluation mode.
   * apply_features takes images in this run's scaling and gives the named features, differentiable in the images. */
  atl_status (*features)(atl_context* context, atl_string run, atl_features* features);
  atl_status (*apply_features)(atl_context* context, atl_features features, atl_tensor images, const atl_string* names,
                               uint64_t name_count, atl_location location, atl_tensor* outputs);

  /* ---- Since minor 1 */

  /* Metrics only, in batch: a named output (see ATL_OUTPUTS_V1) of the model that is evaluated, for the current batch.
   * A name that the model does not have fails, in words that name both sides. */
  atl_status (*model_output)(atl_context* context, atl_string name, int64_t draws, atl_location location,
                             atl_tensor* output);
} atl_core;

/* ---- Component kinds: interfaces by versioned name
 * ------------------------------------------------------------------------------ */

#define ATL_MODEL_V1 "atelier.model/1"
typedef struct atl_model_v1 {
  uint64_t size;
  /* Build: declares parameters, finds losses. One thread. `spec` and `settings` are borrowed for the call. */
  atl_status (*create)(atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self);
  void (*destroy)(void* self);
  /* These record; one thread at a time for each model. evaluate is called once a batch. */
  atl_status (*train_step)(void* self, atl_context* context);
  atl_status (*evaluate)(void* self, atl_context* context);
  /* (n, C, H, W), in the range that the experiment scaled the data to. Draws count from the absolute image index. Since
   * minor 1: a model that makes no images of its own, a classifier, leaves the poison handle, 0. */
  atl_status (*sample)(void* self, atl_context* context, int64_t n, atl_tensor* images);
  /* A further interface of this model ("atelier.features/1"), or NULL where it has none: the one NULL of this contract.
   * Any thread. Since minor 2 also "atelier.metric/1", for what an evaluation reports that is no mean over samples, and
   * is made of sums over all batches: self is the model's, create and destroy are not called, and the results are
   * called by their own names. */
  const void* (*extension)(void* self, atl_string name);
} atl_model_v1;

#define ATL_FEATURES_V1 "atelier.features/1"
typedef struct atl_features_v1 {
  uint64_t size;
  /* The names that apply knows; borrowed as long as the model. Any thread. */
  atl_status (*names)(void* self, const atl_string** names, uint64_t* count);
  atl_status (*apply)(void* self, atl_context* context, atl_tensor images, const atl_string* names, uint64_t name_count,
                      atl_tensor* outputs);
} atl_features_v1;

/* Named values of a model for metrics; what the names mean stands in <atelier/model.hpp>. Since minor 1. */
#define ATL_OUTPUTS_V1 "atelier.outputs/1"
typedef struct atl_outputs_v1 {
  uint64_t size;
  /* As atl_features_v1.names. */
  atl_status (*names)(void* self, const atl_string** names, uint64_t* count);
  /* Evaluate: records. `draws` is the length of the axis of random draws of an output that has one. */
  atl_status (*apply)(void* self, atl_context* context, atl_string name, int64_t draws, atl_tensor* output);
} atl_outputs_v1;

/* Pictures of what a model does, beside plain samples: interpolations, reconstructions, animations. Since minor 1. */
#define ATL_VIEWS_V1 "atelier.views/1"
typedef struct atl_view {
  uint64_t size;
  atl_string name; /* "interpolation" */
  atl_string help;
  int32_t uses_data; /* a batch of n samples of the test split is there, as in evaluate */
  int32_t animation; /* the images of a strip follow each other in time */
} atl_view;
typedef struct atl_views_v1 {
  uint64_t size;
  /* Borrowed as long as the model. Any thread. */
  atl_status (*list)(void* self, const atl_view** views, uint64_t* count);
  /* Sample: n strips of k images, (n, k, C, H, W), k at the view's choice; C is 1 or 3; values in the range that the
   * experiment scaled the data to. */
  atl_status (*draw)(void* self, atl_context* context, atl_string name, int64_t n, atl_tensor* strips);
} atl_views_v1;

/* Losses by role. `function` and the inputs of atl_loss_v1.call, by role; every result but `image` and `per_sample` is
 * a scalar: adversarial     0 discriminator(network; real, fake)   1 generator(network; fake)      the network gives
 * logits (B, 1) reconstruction  0 loss(output, target): the sum over each sample's elements, the mean over the batch 1
 * image(output): the decoder's raw output turned into an image 2 per_sample(output, target): (B) divergence      0
 * loss(mean, log_variance): the mean over the batch    2 per_sample(mean, log_variance): (B) classification  0
 * loss(logits, labels): the mean over the batch        2 per_sample(logits, labels): (B) */
enum {
  ATL_ADVERSARIAL_DISCRIMINATOR = 0,
  ATL_ADVERSARIAL_GENERATOR = 1,
  ATL_LOSS_MEAN = 0,
  ATL_LOSS_IMAGE = 1,
  ATL_LOSS_PER_SAMPLE = 2
};

#define ATL_LOSS_INTERFACE_V1 "atelier.loss/1"
typedef struct atl_loss_v1 {
  uint64_t size;
  atl_status (*create)(atl_context* context, const atl_data_spec* spec, const atl_settings* settings,
                       void** self); /* build */
  void (*destroy)(void* self);
  atl_status (*call)(void* self, atl_context* context, int32_t function, const atl_tensor* inputs, uint64_t input_count,
                     const atl_network* network,
                     atl_tensor* output); /* network: NULL-free; its size is 0 where none was given */
} atl_loss_v1;

#define ATL_OPTIMIZER_V1 "atelier.optimizer/1"
enum { ATL_MAX_SCALARS = 16, ATL_MAX_SLOTS = 4 };
typedef struct atl_update {
  uint64_t size;
  int64_t t;            /* updates of this group so far, this one included: 1, 2, ... */
  double learning_rate; /* of this update, after the schedule */
} atl_update;
typedef struct atl_optimizer_v1 {
  uint64_t size;
  atl_status (*create)(atl_context* context, const atl_settings* settings, void** self);
  void (*destroy)(void* self);
  /* Names of the arrays kept beside each parameter ("m", "v"), zero at the start; at most ATL_MAX_SLOTS. Borrowed. Any
   * thread. */
  atl_status (*slots)(void* self, const atl_string** names, uint64_t* count);
  /* Computes what is the same for all elements, once an update: a function of `update` and the settings alone, as self
   * is made anew where a run is resumed. One thread. */
  atl_status (*begin_update)(void* self, atl_context* context, const atl_update* update,
                             double scalars[ATL_MAX_SCALARS]);
  /* Elementwise over a block of one parameter, in canonical element order. Any thread, concurrently. A failure ends the
   * run. */
  atl_status (*update)(void* self, atl_context* context, const double* scalars, uint64_t count, float* parameter,
                       const float* gradient, float* const* slots);
} atl_optimizer_v1;

#define ATL_DATASET_V1 "atelier.dataset/1"
typedef struct atl_environment { /* where a dataset finds things; borrowed for the call */
  uint64_t size;
  atl_string base_directory;          /* relative paths in settings are relative to this */
  const atl_string* data_directories; /* searched in order */
  uint64_t data_directory_count;
  const atl_source*
      source; /* the dataset that the setting `source` names; its size is 0 where none. Valid as long as self */
} atl_environment;
typedef struct atl_dataset_v1 {
  uint64_t size;
  atl_status (*create)(atl_context* context, const atl_settings* settings, const atl_environment* environment,
                       void** self);
  void (*destroy)(void* self);
  /* Borrowed as long as self. Any thread. Float fields carry their own low and high; the host scales from these. */
  atl_status (*spec)(void* self, const atl_data_spec** spec);
  /* Writes one sample: fields[i] has room for the elements of spec field i. The same bits whenever called. Any thread,
   * concurrently. */
  atl_status (*read)(void* self, atl_context* context, int32_t split, int64_t index, void* const* fields);
  /* Since minor 1. The group of a training sample: near-duplicates share one, and a validation split takes whole
   * groups. Any thread. */
  atl_status (*group)(void* self, int64_t index, int64_t* group);
} atl_dataset_v1;

/* What is measured of a trained model beyond its own evaluation. Since minor 1. */
#define ATL_METRIC_V1 "atelier.metric/1"
typedef struct atl_array { /* frozen; a named array of numbers, float64, in row-major order; rank 0 is one number */
  atl_string name;
  uint32_t rank;
  const int64_t* dims;
} atl_array;
typedef struct atl_metric_v1 {
  uint64_t size;
  /* Build: may find other runs' models. `spec` is that of the data as the model sees it. */
  atl_status (*create)(atl_context* context, const atl_data_spec* spec, const atl_settings* settings, void** self);
  void (*destroy)(void* self);
  /* What is added up over the batches, element by element in the batches' order, and what finish makes of it. A result
   * of rank 0 is a number of the log's metrics, called after its metric and, where its name is not empty, after itself;
   * others are arrays of the log. A length of -1 in `sums` is what the first batch gives it. Borrowed as long as self.
   * Any thread. */
  atl_status (*sums)(void* self, const atl_array** arrays, uint64_t* count);
  atl_status (*results)(void* self, const atl_array** arrays, uint64_t* count);
  /* How many images the model shall generate for this metric: the field "image" of its batches is then what the model
   * has made, and there is no other. 0: the batches are those of the evaluated split. Any thread. */
  int64_t (*generated)(void* self);
  /* Evaluate: records one batch, and gives a tensor for each of `sums`, of its shape. */
  atl_status (*batch)(void* self, atl_context* context, atl_tensor* outputs);
  /* After the last batch. sums[i] has lengths[i] elements, results[i] those of its array; results begin as NaN. */
  atl_status (*finish)(void* self, atl_context* context, const double* const* sums, const uint64_t* lengths,
                       double* const* results);
} atl_metric_v1;

/* ---- Loading
 * ---------------------------------------------------------------------------------------------------------------------
 */

typedef struct atl_component {
  uint64_t size;
  atl_string interface_name; /* ATL_MODEL_V1, ... */
  const atl_description* description;
  const void* table; /* atl_model_v1, ... */
} atl_component;

typedef struct atl_plugin { /* filled in by the plugin; kept by the host until it unloads the plugin */
  uint64_t size;
  atl_string name;
  atl_string version;
  const atl_component* const* components;
  uint64_t component_count;
} atl_plugin;

typedef struct atl_host {
  uint64_t size;
  uint32_t major, minor; /* the contract that the host speaks */
  atl_string version;    /* of the program, for messages */
  /* The core table, if the host's contract has this major and its minor is at least `oldest_minor`; otherwise
   * ATL_ERROR_VERSION, and the host reports both sides' versions. `newest_minor` is what the plugin was built with. */
  atl_status (*connect)(const struct atl_host* host, uint32_t major, uint32_t oldest_minor, uint32_t newest_minor,
                        const atl_core** core);
} atl_host;

/* The one function that a plugin exports. Called on one thread, right after loading; a host that loads the plugin again
 * calls it again, and gets the same components. */
ATL_EXPORT atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin);

#ifdef __cplusplus
}
#endif
#endif
