/* A plugin that uses all of the contract 1.0, in plain C: every function of the core table, every interface, every
 * struct's every member. It is built against the headers as they were released, and never changes. */
#ifndef RELEASED_H
#define RELEASED_H

#include <atelier/abi.h>
#include <stdlib.h>
#include <string.h>

extern const atl_core* core; /* since the host has connected */

/* The tables of the components, and of what the model offers beside. */
extern const atl_model_v1 model_table;
extern const atl_features_v1 features_table;
extern const atl_outputs_v1 outputs_table;
extern const atl_views_v1 views_table;
extern const atl_metric_v1 codes_table;
extern const atl_loss_v1 squares_table, critic_table;
extern const atl_optimizer_v1 momentum_table;
extern const atl_recorded_optimizer_v1 sharpness_table;
extern const atl_dataset_v1 data_table, brighter_table;
extern const atl_metric_v1 distance_table;
extern const atl_operation_v1 threshold_table;

#define HERE              \
  (atl_location) {        \
    __FILE__, __LINE__, 0 \
  }
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

static inline atl_string text(const char* letters) {
  return (atl_string){letters, strlen(letters)};
}
static inline int is(atl_string name, const char* letters) {
  return name.size == strlen(letters) && memcmp(name.data, letters, name.size) == 0;
}

static inline atl_attribute number(double value) {
  return (atl_attribute){.type = ATL_NUMBER, .value = {.number = value}};
}
static inline atl_attribute integer(int64_t value) {
  return (atl_attribute){.type = ATL_INTEGER, .value = {.integer = value}};
}
static inline atl_attribute integers(const int64_t* values, uint32_t count) {
  return (atl_attribute){.type = ATL_INTEGERS, .count = count, .value = {.integers = values}};
}

/* Records an operation of one result; a failure is latched by the host, and makes poison of what follows. */
static inline atl_tensor record(atl_context* context, const char* name, const atl_tensor* inputs, uint32_t input_count,
                                const atl_attribute* attributes, uint32_t attribute_count, uint32_t line) {
  atl_tensor output = 0;
  atl_call call = {.size = sizeof call,
                   .line = line,
                   .file = __FILE__,
                   .inputs = inputs,
                   .attributes = attributes,
                   .outputs = &output,
                   .input_count = input_count,
                   .attribute_count = attribute_count,
                   .output_count = 1,
                   .reserved = 0};
  core->operation(text(name), &call.operation);
  core->apply(context, &call);
  return output;
}
static inline atl_tensor unary(atl_context* context, const char* name, atl_tensor x) {
  return record(context, name, &x, 1, NULL, 0, __LINE__);
}
static inline atl_tensor binary(atl_context* context, const char* name, atl_tensor a, atl_tensor b) {
  return record(context, name, (atl_tensor[]){a, b}, 2, NULL, 0, __LINE__);
}
static inline atl_tensor scaled(atl_context* context, atl_tensor x, double factor) {
  const atl_attribute value = number(factor);
  return binary(context, "mul/1", x, record(context, "scalar/1", NULL, 0, &value, 1, __LINE__));
}
static inline atl_tensor along(atl_context* context, const char* name, atl_tensor x, const int64_t* list,
                               uint32_t count) {
  const atl_attribute attribute = integers(list, count);
  return record(context, name, &x, x != 0, &attribute, 1, __LINE__); /* none is made of numbers alone: random_normal */
}
#define ALONG(context, name, x, ...) \
  along(context, name, x, (int64_t[]){__VA_ARGS__}, (uint32_t)COUNT(((int64_t[]){__VA_ARGS__})))

/* The setting of this name; the host has checked that it is there and has its type. */
static inline const atl_value* setting(const atl_settings* settings, const char* name) {
  for (uint64_t i = 0; settings->size >= sizeof *settings && i < settings->count; ++i) {
    if (is(settings->values[i].name, name)) return &settings->values[i].value;
  }
  return NULL;
}

#endif
