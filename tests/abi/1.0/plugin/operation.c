/* y = max(|x| - amount * level, 0) sign(x), of which each sample has its own x and all share one level; z counts what
 * is left, by sample, beyond each of `steps` further numbers. */
#include "released.h"

static const atl_operand inputs[] = {
    {.size = sizeof(atl_operand), .name = TEXT("x"), .dtype = ATL_REAL, .how = ATL_PER_SAMPLE},
    {.size = sizeof(atl_operand), .name = TEXT("level"), .dtype = ATL_REAL, .how = ATL_SHARED}};
static const atl_operand outputs[] = {
    {.size = sizeof(atl_operand), .name = TEXT("y"), .dtype = ATL_REAL, .how = ATL_PER_SAMPLE},
    {.size = sizeof(atl_operand), .name = TEXT("z"), .dtype = ATL_INT64, .how = ATL_PER_SAMPLE}};
static const int64_t no_steps[] = {0};
static const atl_operation_attribute attributes[] = {
    {.size = sizeof(atl_operation_attribute),
     .name = TEXT("amount"),
     .default_value = {.type = ATL_NUMBER, .number = 0.1},
     .may_change = 1,
     .reserved = 0},
    {.size = sizeof(atl_operation_attribute),
     .name = TEXT("keep"),
     .default_value = {.type = ATL_INTEGER, .integer = 0}},
    {.size = sizeof(atl_operation_attribute),
     .name = TEXT("steps"),
     .default_value = {.type = ATL_INTEGERS, .list = no_steps, .count = 1}}};

static atl_status infer(atl_context* context, const atl_attribute* given, uint64_t given_count,
                        const atl_tensor_info* in, uint64_t in_count, atl_tensor_info* out, uint64_t out_count) {
  const atl_tensor_info* const level = (const atl_tensor_info*)((const char*)in + in->size);
  atl_tensor_info* const z = (atl_tensor_info*)((char*)out + out->size);
  if (given_count != 3 || in_count != 2 || out_count != 2 || in->rank != 2 || level->rank != 1 || level->dims[0] != 1) {
    core->fail(context, ATL_ERROR_SHAPE, text("expected x (B, N) and level (1)"), HERE);
    return ATL_ERROR_SHAPE;
  }
  out->rank = z->rank = 2;
  memcpy(out->dims, in->dims, 2 * sizeof *out->dims);
  z->dims[0] = in->dims[0];
  z->dims[1] = given[2].count;
  return ATL_OK;
}

/* Elements of a buffer without gaps, at its start. */
static void* at(const atl_buffer* buffer) {
  const int sound = buffer->device_type == 1 && buffer->device_id == 0 && buffer->lanes == 1 && buffer->rank >= 1 &&
                    (buffer->type_code == 0 || buffer->type_code == 2) && buffer->strides == NULL;
  return sound ? (char*)buffer->data + buffer->byte_offset : NULL;
}
static int is_double(const atl_buffer* buffer) {
  return buffer->bits == 64;
}
static double get(const atl_buffer* buffer, int64_t i) {
  return is_double(buffer) ? ((const double*)at(buffer))[i] : (double)((const float*)at(buffer))[i];
}
static void put(const atl_buffer* buffer, int64_t i, double value) {
  if (is_double(buffer)) {
    ((double*)at(buffer))[i] = value;
  } else {
    ((float*)at(buffer))[i] = (float)value;
  }
}
static double magnitude(double x) {
  return x < 0 ? -x : x;
}

static int complete(const atl_operation_call* call, int with_gradients) {
  return call->size >= sizeof *call && call->attribute_count == 3 && call->input_count == 2 &&
         call->output_count == 2 &&
         (!with_gradients || (call->output_gradients != NULL && call->input_gradients != NULL));
}

static atl_status forward(atl_context* context, const atl_operation_call* call) {
  (void)context;
  if (!complete(call, 0)) return ATL_ERROR_INTERNAL;
  const atl_buffer* const x = &call->inputs[0];
  const double least = call->attributes[0].value.number * get(&call->inputs[1], 0);
  const int keep = call->attributes[1].value.integer != 0;
  const int64_t width = x->dims[1], steps = call->attributes[2].count;
  for (int64_t n = 0; n < x->dims[0]; ++n) {
    int64_t* const z = (int64_t*)at(&call->outputs[1]) + n * steps;
    for (int64_t k = 0; k < steps; ++k) z[k] = 0;
    for (int64_t i = n * width; i < (n + 1) * width; ++i) {
      const double size = magnitude(get(x, i)), left = size > least ? size - (keep ? 0 : least) : 0;
      put(&call->outputs[0], i, get(x, i) < 0 ? -left : left);
      for (int64_t k = 0; k < steps; ++k) z[k] += left > (double)call->attributes[2].value.integers[k];
    }
  }
  return ATL_OK;
}

static atl_status gradient(atl_context* context, const atl_operation_call* call) {
  (void)context;
  if (!complete(call, 1)) return ATL_ERROR_INTERNAL;
  const atl_buffer *const x = &call->inputs[0], *const dy = &call->output_gradients[0];
  const atl_buffer *const dx = &call->input_gradients[0], *const dlevel = &call->input_gradients[1];
  const double amount = call->attributes[0].value.number, least = amount * get(&call->inputs[1], 0);
  const int keep = call->attributes[1].value.integer != 0;
  double sum = 0;
  for (int64_t i = 0; i < x->dims[0] * x->dims[1]; ++i) {
    const int through = magnitude(get(x, i)) > least;
    if (dx->dims[0] > 0) put(dx, i, through ? get(dy, i) : 0);
    if (through && !keep) sum -= amount * get(dy, i) * (get(x, i) < 0 ? -1 : 1);
  }
  if (dlevel->dims[0] > 0) put(dlevel, 0, sum);
  return ATL_OK;
}

const atl_operation_v1 threshold_table = {.size = sizeof threshold_table,
                                          .inputs = inputs,
                                          .input_count = 2,
                                          .outputs = outputs,
                                          .output_count = 2,
                                          .attributes = attributes,
                                          .attribute_count = 3,
                                          .infer = infer,
                                          .forward = forward,
                                          .gradient = gradient,
                                          .has_gradient = 1,
                                          .reserved = 0};
