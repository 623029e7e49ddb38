/* Momentum, element by element, with a decay that spares biases; and two evaluations a step of whole parameters
 * (Foret et al. 2021, Sharpness-Aware Minimization, without the norm). */
#include "released.h"

typedef struct rule {
  double decay, reach;
  int64_t dims[ATL_MAX_RANK];
  atl_slot slots[2];
} rule;

static atl_status create(atl_context* context, const atl_settings* settings, void** out) {
  (void)context;
  rule* const self = calloc(1, sizeof *self);
  if (self == NULL) return ATL_ERROR_MEMORY;
  const atl_value* const decay = setting(settings, "decay");
  const atl_value* const reach = setting(settings, "reach");
  self->decay = decay == NULL ? 0 : decay->number;
  self->reach = reach == NULL ? 0 : reach->number;
  *out = self;
  return ATL_OK;
}

static atl_status slots(const void* self, const atl_string** names, uint64_t* count) {
  static const atl_string kept[] = {TEXT("v")};
  (void)self;
  *names = kept;
  *count = COUNT(kept);
  return *count <= ATL_MAX_SLOTS ? ATL_OK : ATL_ERROR_INTERNAL;
}

static atl_status prepare(const void* self, atl_context* context, const atl_parameter_info* parameter,
                          double constants[ATL_MAX_CONSTANTS]) {
  (void)context;
  constants[ATL_MAX_CONSTANTS - 1] = parameter->rank < 2 ? 0 : ((const rule*)self)->decay;
  return ATL_OK;
}

static atl_status begin_update(const void* self, atl_context* context, const atl_update* update,
                               double scalars[ATL_MAX_SCALARS]) {
  (void)self, (void)context;
  if (update->size < sizeof *update) return ATL_ERROR_VERSION;
  scalars[0] = update->learning_rate;
  scalars[ATL_MAX_SCALARS - 1] = update->t == 1 ? 1.0 : 0.5; /* how much of a gradient is new */
  return ATL_OK;
}

/* v = 0.9 v + share (g + decay w);  w -= learning rate * v */
#define MOMENTUM(name, real)                                                                                     \
  static atl_status name(const void* self, atl_context* context, const double* scalars, const double* constants, \
                         uint64_t count, real* parameter, const real* gradient, real* const* slot) {             \
    (void)self, (void)context;                                                                                   \
    const real rate = (real)scalars[0], share = (real)scalars[ATL_MAX_SCALARS - 1];                              \
    const real decay = (real)constants[ATL_MAX_CONSTANTS - 1];                                                   \
    for (uint64_t i = 0; i < count; ++i) {                                                                       \
      slot[0][i] = (real)0.9 * slot[0][i] + share * (gradient[i] + decay * parameter[i]);                        \
      parameter[i] -= rate * slot[0][i];                                                                         \
    }                                                                                                            \
    return ATL_OK;                                                                                               \
  }
MOMENTUM(update, float)
MOMENTUM(update_float64, double)

const atl_optimizer_v1 momentum_table = {sizeof momentum_table, create, free,          slots, prepare,
                                         begin_update,          update, update_float64};

/* ---- Recorded: the gradients at w + reach g */

static atl_status slots_of(void* me, atl_context* context, const atl_parameter_info* parameter, const atl_slot** out,
                           uint64_t* count) {
  static const int64_t one[] = {1};
  rule* const self = me;
  (void)context;
  memcpy(self->dims, parameter->dims, parameter->rank * sizeof *self->dims);
  self->slots[0] = (atl_slot){.size = sizeof(atl_slot),
                              .name = text("trace"),
                              .dims = self->dims,
                              .rank = parameter->rank,
                              .dtype = ATL_REAL,
                              .initial = 0.125};
  self->slots[1] = (atl_slot){
      .size = sizeof(atl_slot), .name = text("updates"), .dims = one, .rank = 1, .dtype = ATL_INT64, .initial = 0};
  *out = self->slots;
  *count = 2;
  return ATL_OK;
}

static atl_status record_update(const void* me, atl_context* context, const atl_group_update* update) {
  const rule* const self = me;
  enum { MOST = 8 };
  atl_tensor values[MOST], gradients[MOST];
  if (update->size < sizeof *update || update->group.size == 0 || update->count > MOST) return ATL_ERROR_INTERNAL;
  for (uint64_t i = 0; i < update->count; ++i) {
    atl_tensor value = 0;
    core->use(context, update->parameters[i], &value);
    values[i] = binary(context, "add/1", value, scaled(context, update->gradients[i], self->reach));
  }
  const atl_status status = core->gradients_at(context, values, gradients, update->count, HERE);
  for (uint64_t i = 0; status == ATL_OK && i < update->count; ++i) {
    atl_parameter_info info = {.size = sizeof info};
    core->describe_parameter(context, update->parameters[i], &info);
    if (info.group.size != update->group.size || update->slot_counts[i] != 2) return ATL_ERROR_INTERNAL;
    atl_tensor value = 0, trace = 0, updates = 0;
    const atl_parameter* const slot = update->slots[i];
    core->use(context, update->parameters[i], &value);
    core->use(context, slot[0], &trace);
    core->use(context, slot[1], &updates);
    trace = binary(context, "add/1", scaled(context, trace, 0.5), gradients[i]);
    core->assign(context, slot[0], trace, HERE);
    const int64_t ones[] = {1}, shape[] = {1};
    atl_tensor one = 0;
    core->constant(context, ATL_INT64, shape, 1, ones, HERE, &one);
    core->assign(context, slot[1], binary(context, "add/1", updates, one), HERE);
    const atl_tensor step = scaled(context, trace, update->update->learning_rate);
    core->assign(context, update->parameters[i], binary(context, "sub/1", value, step), HERE);
  }
  return status;
}

const atl_recorded_optimizer_v1 sharpness_table = {sizeof sharpness_table, create, free, slots_of, record_update};
