/* What the model offers beside samples: features, outputs, views, and an evaluation of its own. */
#include <math.h>

#include "model.h"

/* ---- Features, for another run's loss */

static const atl_string feature_names[] = {TEXT("code"), TEXT("pixels")};

static atl_status names_of_features(const void* self, const atl_string** names, uint64_t* count) {
  (void)self;
  *names = feature_names;
  *count = COUNT(feature_names);
  return ATL_OK;
}

static atl_status apply_features(const void* self, atl_context* context, atl_tensor samples, const atl_string* names,
                                 uint64_t name_count, atl_tensor* outputs) {
  for (uint64_t i = 0; i < name_count; ++i) {
    outputs[i] = is(names[i], "code") ? encode(self, context, samples) : unary(context, "square/1", samples);
  }
  return ATL_OK;
}

const atl_features_v1 features_table = {sizeof features_table, names_of_features, apply_features};

/* ---- Outputs, for metrics */

static const atl_string output_names[] = {TEXT("posterior_mean"), TEXT("log_importance_weights")};

static atl_status names_of_outputs(const void* self, const atl_string** names, uint64_t* count) {
  (void)self;
  *names = output_names;
  *count = COUNT(output_names);
  return ATL_OK;
}

static atl_status apply_output(const void* self, atl_context* context, atl_string name, int64_t draws,
                               atl_tensor* output) {
  const atl_tensor code = encode(self, context, field(context, "image"));
  *output = code;
  if (is(name, "log_importance_weights")) { /* (B, draws) */
    atl_tensor_info info = {.size = sizeof info};
    core->describe(context, code, &info);
    const int64_t shape[] = {info.dims[0], draws};
    *output = along(context, "random_normal/1", 0, shape, 2);
  }
  return ATL_OK;
}

const atl_outputs_v1 outputs_table = {sizeof outputs_table, names_of_outputs, apply_output};

/* ---- Views */

static const atl_view views[] = {{.size = sizeof(atl_view),
                                  .name = TEXT("reconstruction"),
                                  .help = TEXT("an image, and what is made of it"),
                                  .field = TEXT("image"),
                                  .uses_data = 1,
                                  .animation = 0},
                                 {.size = sizeof(atl_view),
                                  .name = TEXT("animation"),
                                  .help = TEXT("an image that fades"),
                                  .field = TEXT("image"),
                                  .uses_data = 0,
                                  .animation = 1}};

static atl_status list(const void* self, const atl_view** out, uint64_t* count) {
  (void)self;
  *out = views;
  *count = COUNT(views);
  return ATL_OK;
}

static atl_status draw(const void* self, atl_context* context, atl_string name, int64_t n, atl_tensor* strips) {
  const atl_attribute axis = integer(1);
  atl_tensor parts[3] = {0};
  uint32_t count = 2;
  if (is(name, "reconstruction")) {
    parts[0] = field(context, "image");
    parts[1] = decode(self, context, encode(self, context, parts[0]));
  } else {
    const atl_status status = sample(self, context, n, &parts[0]);
    if (status != ATL_OK) return status;
    for (count = 1; count < COUNT(parts); ++count) parts[count] = scaled(context, parts[count - 1], 0.5);
  }
  *strips = record(context, "stack/1", parts, count, &axis, 1, __LINE__); /* (n, k, C, H, W) */
  return ATL_OK;
}

const atl_views_v1 views_table = {sizeof views_table, list, draw};

/* ---- The codes of an evaluation: their mean, and its norm. `self` is the model's. */

static const int64_t of_code[] = {CODE};
static const atl_collected collected[] = {
    {.size = sizeof(atl_collected), .name = TEXT("sum"), .dims = of_code, .rank = 1, .how = ATL_ADD},
    {.size = sizeof(atl_collected), .name = TEXT("samples"), .dims = of_code, .rank = 0, .how = ATL_ADD}};
static const atl_pass passes[] = {{.size = sizeof(atl_pass),
                                   .data = ATL_EVALUATED_SPLIT,
                                   .generates = 0,
                                   .samples = 0,
                                   .collected = collected,
                                   .collected_count = 2}};
static const atl_array results[] = {
    {.size = sizeof(atl_array), .name = TEXT("code_norm"), .dims = of_code, .rank = 0, .reserved = 0},
    {.size = sizeof(atl_array), .name = TEXT("code_mean"), .dims = of_code, .rank = 1, .reserved = 0}};

static atl_status list_passes(const void* self, const atl_pass** out, uint64_t* count) {
  (void)self;
  *out = passes;
  *count = 1;
  return ATL_OK;
}

static atl_status list_results(const void* self, const atl_array** out, uint64_t* count) {
  (void)self;
  *out = results;
  *count = COUNT(results);
  return ATL_OK;
}

static atl_status batch(const void* self, atl_context* context, uint64_t pass, atl_tensor* outputs) {
  const atl_tensor code = encode(self, context, field(context, "image"));
  atl_tensor_info info = {.size = sizeof info};
  core->describe(context, code, &info);
  const atl_attribute samples = number((double)info.dims[0]);
  outputs[0] = ALONG(context, "sum/1", code, 0);
  outputs[1] = record(context, "scalar/1", NULL, 0, &samples, 1, __LINE__);
  return pass == 0 ? ATL_OK : ATL_ERROR_INTERNAL;
}

static atl_status end_pass(void* me, atl_context* context, uint64_t pass, const double* const* values,
                           const uint64_t* lengths) {
  model* const self = me;
  (void)context;
  if (pass != 0 || lengths[0] != CODE || lengths[1] != 1) return ATL_ERROR_INTERNAL;
  for (int i = 0; i < CODE; ++i) self->sum[i] = values[0][i] / values[1][0];
  return ATL_OK;
}

static atl_status finish(const void* me, atl_context* context, double* const* out) {
  const model* const self = me;
  (void)context;
  double square = 0;
  for (int i = 0; i < CODE; ++i) {
    square += self->sum[i] * self->sum[i];
    out[1][i] = self->sum[i];
  }
  out[0][0] = sqrt(square);
  return ATL_OK;
}

const atl_metric_v1 codes_table = {.size = sizeof codes_table,
                                   .passes = list_passes,
                                   .results = list_results,
                                   .batch = batch,
                                   .end_pass = end_pass,
                                   .finish = finish};
