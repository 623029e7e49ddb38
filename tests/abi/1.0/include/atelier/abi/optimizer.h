/* Optimizers: elementwise ones, whose loop runs over a block of one parameter at a time, and recorded ones, which see
 * whole parameters and record an update from the operations that models are made of. */
#ifndef ATELIER_ABI_OPTIMIZER_H
#define ATELIER_ABI_OPTIMIZER_H

#include <atelier/abi/core.h>

enum { ATL_MAX_SCALARS = 16, ATL_MAX_SLOTS = 4, ATL_MAX_CONSTANTS = 4 };

typedef struct atl_update {
  uint64_t size;
  int64_t t;            /* updates of this group so far, this one included: 1, 2, ... */
  double learning_rate; /* of this update, after the schedule */
} atl_update;
ATL_LAYOUT(atl_update, size, 0);
ATL_LAYOUT(atl_update, t, 8);
ATL_LAYOUT(atl_update, learning_rate, 16);
ATL_SIZE(atl_update, 24);

#define ATL_OPTIMIZER_V1 "atelier.optimizer/1"
typedef struct atl_optimizer_v1 {
  uint64_t size;
  atl_status (*create)(atl_context* context, const atl_settings* settings, void** self);
  void (*destroy)(void* self);
  /* Names of the arrays kept beside each parameter ("m", "v"), zero at the start; at most ATL_MAX_SLOTS. Borrowed as
   * long as self. Any thread. */
  atl_status (*slots)(const void* self, const atl_string** names, uint64_t* count);
  /* What is this parameter's own in every update of it: a weight decay that spares biases. Called once for each; a
   * function of the parameter's name, group, shape and the settings. Constants begin as zeros. One thread. */
  atl_status (*prepare)(const void* self, atl_context* context, const atl_parameter_info* parameter,
                        double constants[ATL_MAX_CONSTANTS]);
  /* Computes what is the same for all elements, once an update: a function of `update` and the settings alone, as self
   * is made anew where a run is resumed, and as it is called for the next update while this one runs. One thread. */
  atl_status (*begin_update)(const void* self, atl_context* context, const atl_update* update,
                             double scalars[ATL_MAX_SCALARS]);
  /* Elementwise over a block of one parameter, in canonical element order. Any thread, concurrently. A failure ends the
   * run. */
  atl_status (*update)(const void* self, atl_context* context, const double* scalars, const double* constants,
                       uint64_t count, float* parameter, const float* gradient, float* const* slots);
  /* The same for a run in double precision. */
  atl_status (*update_float64)(const void* self, atl_context* context, const double* scalars, const double* constants,
                               uint64_t count, double* parameter, const double* gradient, double* const* slots);
} atl_optimizer_v1;
ATL_LAYOUT(atl_optimizer_v1, size, 0);
ATL_LAYOUT(atl_optimizer_v1, create, 8);
ATL_LAYOUT(atl_optimizer_v1, destroy, 16);
ATL_LAYOUT(atl_optimizer_v1, slots, 24);
ATL_LAYOUT(atl_optimizer_v1, prepare, 32);
ATL_LAYOUT(atl_optimizer_v1, begin_update, 40);
ATL_LAYOUT(atl_optimizer_v1, update, 48);
ATL_LAYOUT(atl_optimizer_v1, update_float64, 56);
ATL_SIZE(atl_optimizer_v1, 64);

typedef struct atl_slot { /* an array kept beside one parameter */
  uint64_t size;
  atl_string name;
  const int64_t* dims;
  uint32_t rank;
  atl_dtype dtype; /* ATL_REAL or ATL_INT64 */
  double initial;  /* of every element */
} atl_slot;
ATL_LAYOUT(atl_slot, size, 0);
ATL_LAYOUT(atl_slot, name, 8);
ATL_LAYOUT(atl_slot, dims, 24);
ATL_LAYOUT(atl_slot, rank, 32);
ATL_LAYOUT(atl_slot, dtype, 36);
ATL_LAYOUT(atl_slot, initial, 40);
ATL_SIZE(atl_slot, 48);

typedef struct atl_group_update { /* what an update of one group works on; borrowed for the call */
  uint64_t size;
  atl_string group;
  const atl_update* update;
  const atl_parameter* parameters; /* in declaration order */
  const atl_tensor* gradients;     /* clipped as the experiment says */
  uint64_t count;
  const atl_parameter* const* slots; /* slots[i]: those of parameter i, in their order: use and assign them */
  const uint64_t* slot_counts;
} atl_group_update;
ATL_LAYOUT(atl_group_update, size, 0);
ATL_LAYOUT(atl_group_update, group, 8);
ATL_LAYOUT(atl_group_update, update, 24);
ATL_LAYOUT(atl_group_update, parameters, 32);
ATL_LAYOUT(atl_group_update, gradients, 40);
ATL_LAYOUT(atl_group_update, count, 48);
ATL_LAYOUT(atl_group_update, slots, 56);
ATL_LAYOUT(atl_group_update, slot_counts, 64);
ATL_SIZE(atl_group_update, 72);

#define ATL_RECORDED_OPTIMIZER_V1 "atelier.recorded_optimizer/1"
typedef struct atl_recorded_optimizer_v1 {
  uint64_t size;
  atl_status (*create)(atl_context* context, const atl_settings* settings, void** self);
  void (*destroy)(void* self);
  /* The slots of one parameter. Borrowed as long as self, or until called for another parameter. One thread. */
  atl_status (*slots)(void* self, atl_context* context, const atl_parameter_info* parameter, const atl_slot** slots,
                      uint64_t* count);
  /* Train: records the update, with `assign` of parameters and slots. Pure, as a model's train_step. One thread. */
  atl_status (*update)(const void* self, atl_context* context, const atl_group_update* update);
} atl_recorded_optimizer_v1;
ATL_LAYOUT(atl_recorded_optimizer_v1, size, 0);
ATL_LAYOUT(atl_recorded_optimizer_v1, create, 8);
ATL_LAYOUT(atl_recorded_optimizer_v1, destroy, 16);
ATL_LAYOUT(atl_recorded_optimizer_v1, slots, 24);
ATL_LAYOUT(atl_recorded_optimizer_v1, update, 32);
ATL_SIZE(atl_recorded_optimizer_v1, 40);

#endif
