/* The core table: what the host offers to every plugin. Its functions may be called only from inside a callback that
 * was given the context, on that callback's thread, unless a comment says "any thread". */
#ifndef ATELIER_ABI_CORE_H
#define ATELIER_ABI_CORE_H

#include <atelier/abi/base.h>

typedef struct atl_call { /* one recorded operation; sdk/operations.md lists them */
  uint64_t size;
  atl_operation operation;
  uint32_t line;
  const char* file; /* as in atl_location */
  const atl_tensor* inputs;
  const atl_attribute* attributes;
  atl_tensor* outputs; /* filled in; poison after a failure */
  uint32_t input_count, attribute_count, output_count;
  uint32_t reserved; /* 0 */
} atl_call;
ATL_LAYOUT(atl_call, size, 0);
ATL_LAYOUT(atl_call, operation, 8);
ATL_LAYOUT(atl_call, line, 12);
ATL_LAYOUT(atl_call, file, 16);
ATL_LAYOUT(atl_call, inputs, 24);
ATL_LAYOUT(atl_call, attributes, 32);
ATL_LAYOUT(atl_call, outputs, 40);
ATL_LAYOUT(atl_call, input_count, 48);
ATL_LAYOUT(atl_call, attribute_count, 52);
ATL_LAYOUT(atl_call, output_count, 56);
ATL_LAYOUT(atl_call, reserved, 60);
ATL_SIZE(atl_call, 64);

typedef int32_t atl_initializer;
enum {
  ATL_INIT_CONSTANT = 0,       /* a */
  ATL_INIT_NORMAL = 1,         /* mean a, standard deviation b */
  ATL_INIT_UNIFORM = 2,        /* in [a, b) */
  ATL_INIT_GLOROT_UNIFORM = 3, /* Glorot & Bengio 2010: U(-r, r), r = a sqrt(6 / (fan_in + fan_out)) */
  ATL_INIT_GLOROT_NORMAL = 4,  /* N(0, a^2 2 / (fan_in + fan_out)) */
  ATL_INIT_HE_UNIFORM = 5,     /* He et al. 2015: U(-r, r), r = a sqrt(3 / fan_in) */
  ATL_INIT_HE_NORMAL = 6,      /* N(0, a^2 / fan_in) */
  ATL_INIT_ORTHOGONAL = 7,     /* Saxe et al. 2014: rows of an orthogonal matrix, times a */
  ATL_INIT_VALUES = 8,         /* `values` */
  ATL_INIT_FILE = 9            /* the tensor `file_tensor` of the safetensors file `file` */
};

typedef struct atl_parameter_info {
  uint64_t size;
  atl_string name;  /* "generator.0.weight"; unique within the model */
  atl_string group; /* the parameter group that minimize() names; "" for a state tensor, which has no gradient */
  const int64_t* dims;
  uint32_t rank;
  atl_dtype dtype; /* ATL_REAL; of a state tensor also ATL_INT64, which starts from a constant or from values */
  atl_initializer initializer;
  uint32_t reserved;       /* 0 */
  double a, b;             /* of the initializer */
  int64_t fan_in, fan_out; /* of the layer, for the initializers that use them */
  const void* values;      /* of ATL_INIT_VALUES: float of an ATL_REAL, else int64_t, one for each element; copied */
  atl_string file;         /* of ATL_INIT_FILE; relative paths are relative to the experiment's folder */
  atl_string file_tensor;
} atl_parameter_info;
ATL_LAYOUT(atl_parameter_info, size, 0);
ATL_LAYOUT(atl_parameter_info, name, 8);
ATL_LAYOUT(atl_parameter_info, group, 24);
ATL_LAYOUT(atl_parameter_info, dims, 40);
ATL_LAYOUT(atl_parameter_info, rank, 48);
ATL_LAYOUT(atl_parameter_info, dtype, 52);
ATL_LAYOUT(atl_parameter_info, initializer, 56);
ATL_LAYOUT(atl_parameter_info, reserved, 60);
ATL_LAYOUT(atl_parameter_info, a, 64);
ATL_LAYOUT(atl_parameter_info, b, 72);
ATL_LAYOUT(atl_parameter_info, fan_in, 80);
ATL_LAYOUT(atl_parameter_info, fan_out, 88);
ATL_LAYOUT(atl_parameter_info, values, 96);
ATL_LAYOUT(atl_parameter_info, file, 104);
ATL_LAYOUT(atl_parameter_info, file_tensor, 120);
ATL_SIZE(atl_parameter_info, 136);

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
ATL_LAYOUT(atl_phase_info, size, 0);
ATL_LAYOUT(atl_phase_info, phase, 8);
ATL_LAYOUT(atl_phase_info, training, 12);
ATL_LAYOUT(atl_phase_info, step, 16);
ATL_LAYOUT(atl_phase_info, total_steps, 24);
ATL_LAYOUT(atl_phase_info, epoch, 32);
ATL_LAYOUT(atl_phase_info, batch_size, 40);
ATL_SIZE(atl_phase_info, 48);

/* A network handed to a loss that needs it (adversarial losses): same thread, during the loss's call, as often as
 * wanted. */
typedef struct atl_network {
  uint64_t size;
  void* maker_data; /* of whoever made this struct */
  atl_string group; /* the parameter group of its weights, "" where it has none of its own */
  atl_status (*call)(const struct atl_network* network, atl_context* context, const atl_tensor* inputs,
                     uint64_t input_count, atl_tensor* output);
} atl_network;
ATL_LAYOUT(atl_network, size, 0);
ATL_LAYOUT(atl_network, maker_data, 8);
ATL_LAYOUT(atl_network, group, 16);
ATL_LAYOUT(atl_network, call, 32);
ATL_SIZE(atl_network, 40);

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
  /* A tensor with given values (copied), ATL_FLOAT32, ATL_INT64, or ATL_REAL where they are of the run's own type.
   * Values may differ from step to step without a new plan. */
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
  /* Names a tensor of any type so that `[log] activations` may ask for it. */
  atl_status (*annotate)(atl_context* context, atl_string name, atl_tensor tensor);

  /* Data: train and evaluate, and views that use data. A field of the current batch, with the batch axis in front:
   * (B, ...). The same however often. */
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
  /* As it was declared; texts and dims are borrowed as long as the model. Values and files are left out. */
  atl_status (*describe_parameter)(atl_context* context, atl_parameter parameter, atl_parameter_info* info);
  /* Train only, for losses: after the next minimize(group) of this step, call `action`, which may use and assign; never
     where the group is frozen, as nothing updates it. */
  atl_status (*after_update)(atl_context* context, atl_string group, void* self,
                             atl_status (*action)(void* self, atl_context* context, atl_string group));

  /* Losses: found in build, called while recording. A network of size 0 is none. */
  atl_status (*loss)(atl_context* context, atl_string slot, atl_loss* loss);
  atl_status (*call_loss)(atl_context* context, atl_loss loss, int32_t function, const atl_tensor* inputs,
                          uint64_t input_count, const atl_network* network, atl_location location, atl_tensor* output);

  /* Another run's model, named by its experiment or by a log's path: found in build, frozen and in evaluation mode.
   * apply_features takes samples in this run's scaling and gives the named features, differentiable in the samples. */
  atl_status (*features)(atl_context* context, atl_string run, atl_features* features);
  atl_status (*apply_features)(atl_context* context, atl_features features, atl_tensor samples, const atl_string* names,
                               uint64_t name_count, atl_location location, atl_tensor* outputs);

  /* Metrics only, in batch. A named output (see ATL_OUTPUTS_V1) of the model that is evaluated, for the current batch;
   * a name that the model does not have fails, in words that name both sides. And the samples that the model has made
   * for this batch, where the pass asks for some. */
  atl_status (*model_output)(atl_context* context, atl_string name, int64_t draws, atl_location location,
                             atl_tensor* output);
  atl_status (*generated)(atl_context* context, atl_location location, atl_tensor* samples);

  /* Recorded optimizers only, in update: the gradients of the loss, as `gradients` there, at other values of the
   * group's parameters, one for each in their order. All else that the loss depends on, random draws included, is the
   * same. */
  atl_status (*gradients_at)(atl_context* context, const atl_tensor* values, atl_tensor* gradients, uint64_t count,
                             atl_location location);
} atl_core;
ATL_LAYOUT(atl_core, size, 0);
ATL_LAYOUT(atl_core, fail, 8);
ATL_LAYOUT(atl_core, inform, 16);
ATL_LAYOUT(atl_core, operation, 24);
ATL_LAYOUT(atl_core, phase, 32);
ATL_LAYOUT(atl_core, apply, 40);
ATL_LAYOUT(atl_core, describe, 48);
ATL_LAYOUT(atl_core, constant, 56);
ATL_LAYOUT(atl_core, gradient, 64);
ATL_LAYOUT(atl_core, minimize, 72);
ATL_LAYOUT(atl_core, materialize, 80);
ATL_LAYOUT(atl_core, read, 88);
ATL_LAYOUT(atl_core, log, 96);
ATL_LAYOUT(atl_core, annotate, 104);
ATL_LAYOUT(atl_core, field, 112);
ATL_LAYOUT(atl_core, next_batch, 120);
ATL_LAYOUT(atl_core, parameter, 128);
ATL_LAYOUT(atl_core, use, 136);
ATL_LAYOUT(atl_core, assign, 144);
ATL_LAYOUT(atl_core, group, 152);
ATL_LAYOUT(atl_core, describe_parameter, 160);
ATL_LAYOUT(atl_core, after_update, 168);
ATL_LAYOUT(atl_core, loss, 176);
ATL_LAYOUT(atl_core, call_loss, 184);
ATL_LAYOUT(atl_core, features, 192);
ATL_LAYOUT(atl_core, apply_features, 200);
ATL_LAYOUT(atl_core, model_output, 208);
ATL_LAYOUT(atl_core, generated, 216);
ATL_LAYOUT(atl_core, gradients_at, 224);
ATL_SIZE(atl_core, 232);

#endif
