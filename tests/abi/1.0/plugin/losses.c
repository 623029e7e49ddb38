/* A reconstruction loss that keeps nothing, and an adversarial one that calls the network and holds its weights small
 * after each update. */
#include "released.h"

static atl_status create_nothing(atl_context* context, const atl_data_spec* spec, const atl_settings* settings,
                                 void** self) {
  (void)context, (void)settings, (void)self;
  return spec->size >= sizeof *spec ? ATL_OK : ATL_ERROR_INTERNAL;
}
static void destroy_nothing(void* self) {
  (void)self;
}

static atl_status squares(const void* self, atl_context* context, int32_t function, const atl_tensor* inputs,
                          uint64_t input_count, const atl_network* network, atl_tensor* output) {
  (void)self;
  if (network->size != 0) return ATL_ERROR_ARGUMENT; /* none was given */
  if (function == ATL_LOSS_IMAGE) {
    *output = inputs[0];
    return ATL_OK;
  }
  if (input_count != 2) return ATL_ERROR_ARGUMENT;
  const atl_tensor square = unary(context, "square/1", binary(context, "sub/1", inputs[0], inputs[1]));
  const atl_tensor each = ALONG(context, "sum/1", square, 1, 2, 3); /* (B, C, H, W) to (B) */
  *output = function == ATL_LOSS_MEAN ? unary(context, "mean/1", each) : each;
  return function == ATL_LOSS_MEAN || function == ATL_LOSS_PER_SAMPLE ? ATL_OK : ATL_ERROR_UNSUPPORTED;
}

const atl_loss_v1 squares_table = {sizeof squares_table, create_nothing, destroy_nothing, squares};

/* ---- log(1 + e^-D(real)) + log(1 + e^D(fake)), the weights in [-limit, limit] */

typedef struct critic {
  double limit;
} critic;

static atl_status create_critic(atl_context* context, const atl_data_spec* spec, const atl_settings* settings,
                                void** out) {
  (void)context, (void)spec;
  critic* const self = malloc(sizeof *self);
  if (self == NULL) return ATL_ERROR_MEMORY;
  self->limit = setting(settings, "limit")->number;
  *out = self;
  return ATL_OK;
}

static atl_status hold(void* me, atl_context* context, atl_string group) {
  const critic* const self = me;
  atl_parameter parameters[8];
  uint64_t count = 0;
  core->group(context, group, parameters, COUNT(parameters), &count);
  const atl_attribute limits[] = {number(-self->limit), number(self->limit)};
  for (uint64_t i = 0; i < count && i < COUNT(parameters); ++i) {
    atl_tensor value = 0;
    core->use(context, parameters[i], &value);
    core->assign(context, parameters[i], record(context, "clamp/1", &value, 1, limits, 2, __LINE__), HERE);
  }
  return ATL_OK;
}

static atl_status call_critic(const void* self, atl_context* context, int32_t function, const atl_tensor* inputs,
                              uint64_t input_count, const atl_network* network, atl_tensor* output) {
  atl_tensor logits[2] = {0};
  for (uint64_t i = 0; i < input_count && i < 2; ++i) network->call(network, context, &inputs[i], 1, &logits[i]);
  if (function == ATL_ADVERSARIAL_GENERATOR) {
    *output = unary(context, "mean/1", unary(context, "softplus/1", unary(context, "neg/1", logits[0])));
    return ATL_OK;
  }
  if (function != ATL_ADVERSARIAL_DISCRIMINATOR) return ATL_ERROR_UNSUPPORTED;
  const atl_tensor real = unary(context, "mean/1", unary(context, "softplus/1", unary(context, "neg/1", logits[0])));
  const atl_tensor fake = unary(context, "mean/1", unary(context, "softplus/1", logits[1]));
  *output = binary(context, "add/1", real, fake);
  return core->after_update(context, network->group, (void*)self, hold);
}

const atl_loss_v1 critic_table = {sizeof critic_table, create_critic, free, call_critic};
